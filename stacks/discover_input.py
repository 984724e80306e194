"""A stack file that may be half written, read as far as machines can be found by it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from stacks.config import model_from, named, sections_of_file
from stacks.model import StackModel
from stacks.sealed import out_of_sight

NOT_WRITTEN: Mapping[str, Any] = {"name": "not-written", "scenario": "basic-https"}
"""Stands for what a stack file must say of its cluster, and does not yet."""


def half_written(path: Path) -> tuple[dict[str, Any], StackModel]:
    """Return the sections of a stack file as they are written, and the model of them with what may be left out here.

    A node needs a name or an address; rules across sections are those of `check`, and not looked at.

    Raises:
        ConfigurationRefused: it cannot be read, or says what it cannot say even so; with every mistake.
    """
    sections = sections_of_file(path)
    filled = {**sections, **_filled(sections)}
    try:
        return sections, StackModel.model_validate(out_of_sight(filled))
    except ValidationError:
        return sections, model_from(filled, where=named(path))


def _filled(sections: Mapping[str, Any]) -> dict[str, Any]:
    cluster, nodes = sections.get("cluster", {}), sections.get("nodes")
    found: dict[str, Any] = {"cluster": {**NOT_WRITTEN, **cluster} if isinstance(cluster, Mapping) else cluster}
    if isinstance(nodes, list):
        found["nodes"] = [_filled_node(node) if isinstance(node, Mapping) else node for node in nodes]
    return found


def _filled_node(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return a node with its name in place of its address, or the other way round, until its machine was asked."""
    ends = {"name": node.get("address"), "address": node.get("name")}
    ends["name"] = str(ends["name"] or "").replace(":", "-") or None
    return {**{key: value for key, value in ends.items() if value is not None}, **node}
