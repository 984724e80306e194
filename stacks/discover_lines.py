"""Lines of a stack file for what machines told, to be put in the place of those that are there."""

import io
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scalarstring import SingleQuotedScalarString

from components.nodes.spec import NodeSpec
from stacks.config import PREFIX
from stacks.inventory import PATHS

ORDER = tuple(NodeSpec.model_fields)
TEXT = "tag:yaml.org,2002:str"
WIDE = 4096
"""Columns in which every entry is one line."""


def sections_to_write(
    sections: Mapping[str, Any], names: Sequence[str], added: Sequence[Mapping[str, Any]], cluster_name: str
) -> dict[str, Any]:
    """Return the sections of a stack file that get something more; what is written in them stays as it is.

    Args:
        sections: what is written.
        names: the nodes' names.
        added: what is to be added to each node.
        cluster_name: the cluster's name, as its nodes have it; empty where they have none, or several.
    """
    cluster, common = sections.get("cluster") or {}, sections.get("machine") or {}
    shared, own = _shared(names, added)
    found: dict[str, Any] = {}
    if cluster_name and "name" not in cluster:
        found["cluster"] = {"name": cluster_name, **cluster}
    if shared:
        found["machine"] = {**common, **shared}
    if any(own):
        found["nodes"] = [_together(node, more) for node, more in zip(sections["nodes"], own, strict=True)]
    return found


def as_lines(sections: Mapping[str, Any]) -> list[str]:
    """Return sections as a stack file has them below `config:`; a node is one line."""
    lines = []
    for name, value in sections.items():
        if isinstance(value, list):
            lines += [f"  {PREFIX}{name}:", *(f"    - {_flow(entry)}" for entry in value)]
        else:
            lines.append(f"  {PREFIX}{name}: {_flow(value)}")
    return lines


def _together(node: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    found = {**node, **more}
    if node.get("machine") and "machine" in more:
        found["machine"] = {**node["machine"], **more["machine"]}
    return {key: found[key] for key in sorted(found, key=lambda key: ORDER.index(key) if key in ORDER else len(ORDER))}


def _shared(
    names: Sequence[str], added: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, Any], tuple[dict[str, Any], ...]]:
    """Return what is the same for the machines of all nodes, and what is left of each node."""
    machines = [
        {key: _with_name_left_out(key, value, name) for key, value in one.get("machine", {}).items()}
        for name, one in zip(names, added, strict=True)
    ]
    first = machines[0] if machines else {}
    shared = {key: value for key, value in first.items() if all(one.get(key) == value for one in machines)}
    left = []
    for one in added:
        machine = {key: value for key, value in one.get("machine", {}).items() if key not in shared}
        others = {key: value for key, value in one.items() if key != "machine"}
        left.append({**others, **({"machine": machine} if machine else {})})
    return shared, tuple(left)


def _with_name_left_out(key: str, value: str, name: str) -> str:
    """Return a path with `{name}` for the folder that is called like the node."""
    if key not in PATHS:
        return value
    return str(PurePosixPath(*("{name}" if part == name else part for part in PurePosixPath(value).parts)))


def _flow(value: Any) -> str:
    yaml, stream = YAML(), io.StringIO()
    yaml.width = WIDE
    yaml.dump(_in_flow(value), stream)
    return stream.getvalue().removesuffix("...\n").strip()


def _in_flow(value: Any) -> Any:
    if isinstance(value, Mapping):
        pairs = CommentedMap((key, _in_flow(entry)) for key, entry in value.items())
        pairs.fa.set_flow_style()
        return pairs
    if isinstance(value, (list, tuple)):
        entries = CommentedSeq(_in_flow(entry) for entry in value)
        entries.fa.set_flow_style()
        return entries
    return SingleQuotedScalarString(value) if isinstance(value, str) and _is_more_than_a_text(value) else value


def _is_more_than_a_text(value: str) -> bool:
    """Tell whether a reader of YAML 1.1, as Pulumi's may be, takes it for another thing, such as `yes` or `1:30`."""
    return value != "" and VersionedResolver(version=(1, 1)).resolve(ScalarNode, value, (True, False)) != TEXT
