"""Paths in a stack file: nobody is there to expand them."""

import re

_NOT_A_PATH = re.compile(r"~.*|.*(\$\w|\$\{|\$\().*")
_PLACEHOLDER = re.compile(r"\{(?!name\})[^}]*\}?")


def slip_in(path: str) -> str:
    """Return what would be right where a path is none; an empty text where it is one."""
    if not path.strip():
        return "write a path, or leave it out"
    if _NOT_A_PATH.fullmatch(path):
        return "write the path out: `~` and variables are not expanded"
    return "the only placeholder is `{name}`, the node's name" if _PLACEHOLDER.search(path) else ""
