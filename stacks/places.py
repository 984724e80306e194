"""On which line of a stack file a key stands."""

import re
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, SequenceNode

from stacks.model import NAMESPACE


def line_of(text: str, key: str) -> int | None:
    """Return the line of a key; where it is missing, of what it is missing in.

    Args:
        text: the stack file.
        key: its config path, such as `nodes[2].address`, or a section as it is written there.

    Returns:
        The line, counted from 1; None where nothing of it is there, or the file is no YAML.
    """
    root = _composed(text)
    if root is None:
        return None
    found = _entry(root, "config")
    config = None if found is None else found[1]
    first, *rest = re.split(r"(?=\[)|\.", key, maxsplit=1)
    for above, name in ((config, f"{NAMESPACE}:{first}"), (config, key), (root, key), (config, _astray(config, first))):
        section = _entry(above, name)
        if section is not None:
            line, node = section
            return _below(node, rest[0] if rest else "", line)
    return None if found is None else found[0]


@lru_cache(maxsize=1)
def _composed(text: str) -> Any:
    try:
        return YAML(typ="safe", pure=True).compose(text)
    except YAMLError:
        return None


def _astray(config: Any, section: str) -> str:
    """Return the key that stands for a section, where its prefix has a slip or is missing."""
    return next((key for key in _keys(config) if key.rpartition(":")[2] == section), section)


def _below(node: Any, path: str, line: int) -> int:
    """Return the line of what a path leads to; of the last step that is there, where the rest is not."""
    while path:
        step = _item(node, path) or _longest_key(node, path)
        if step is None:
            break
        line, node, path = step
    return line


def _item(node: Any, path: str) -> tuple[int, Any, str] | None:
    found = re.match(r"\[(\d+)\]\.?", path)
    if found is None or not isinstance(node, SequenceNode) or int(found[1]) >= len(node.value):
        return None
    item = node.value[int(found[1])]
    return item.start_mark.line + 1, item, path[found.end() :]


def _longest_key(node: Any, path: str) -> tuple[int, Any, str] | None:
    """Return the entry whose key the path begins with; a key such as a node's name may have dots in it."""
    fitting = [key for key in _keys(node) if re.match(rf"{re.escape(key)}(\.|\[|$)", path)]
    if not fitting:
        return None
    key = max(fitting, key=len)
    entry = _entry(node, key)
    return None if entry is None else (*entry, path[len(key) :].removeprefix("."))


def _keys(node: Any) -> list[str]:
    return [str(key.value) for key, _ in node.value] if isinstance(node, MappingNode) else []


def _entry(node: Any, name: str) -> tuple[int, Any] | None:
    """Return the line of a key, and what it holds; None where it is not there."""
    pairs = node.value if isinstance(node, MappingNode) else []
    return next(((key.start_mark.line + 1, value) for key, value in pairs if key.value == name), None)
