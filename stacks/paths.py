"""Paths in a stack file: nobody is there to expand them."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from stacks.inventory import PATHS
from stacks.mistakes import Mistake

_NOT_A_PATH = re.compile(r"~.*|.*(\$\w|\$\{|\$\().*")
_PLACEHOLDER = re.compile(r"\{(?!name\})[^}]*\}?")


def mistakes_in_paths(place: str, holder: Any, keys: Sequence[str] = PATHS) -> Iterator[Mistake]:
    """Find the paths of a node's or a Kibana's machine that are not written out.

    Args:
        place: where they stand, such as `nodes[2].machine`.
        holder: the model with the paths as attributes; None where there is none.
        keys: which of its attributes are paths.
    """
    for key in keys:
        path = getattr(holder, key, None)  # a Kibana has no password of a keystore
        slip = "" if path is None else _slip_in(path)
        if slip:
            yield Mistake(f"{place}.{key}", f"is `{path}`" if path else "is an empty text", slip)


def _slip_in(path: str) -> str:
    """Return what would be right where a path is none; an empty text where it is one."""
    if not path.strip():
        return "write a path, or leave it out"
    if _NOT_A_PATH.fullmatch(path):
        return "write the path out: `~` and variables are not expanded"
    return "the only placeholder is `{name}`, the node's name" if _PLACEHOLDER.search(path) else ""
