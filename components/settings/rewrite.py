"""The second way to edit a file, for forms that ranges cannot follow: change the parsed file, write it anew.

It keeps all comments, but not the spacing of other lines: it only comes in where :mod:`edits` must give up.
"""

import io
import re
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Pairs
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from components.settings.edits import Unsuited
from components.settings.flat import Place
from components.settings.lines import line_break, line_end, with_line_breaks
from components.settings.scalars import Value
from components.settings.yaml_text import Document, Entry, Mapping, Scalar, Sequence, YamlNode, parse

_COMMENT = re.compile(r"#[^\r\n]*")
# Values with odd tags (`!!int ""`, `!!set x`) make its constructors fail in ways of their own.
_RUAMEL_ERRORS = (YAMLError, LookupError, ValueError, TypeError, AttributeError, AssertionError)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do to a file: places that get another value, places that go, keys that come."""

    replaced: tuple[tuple[Place, Value], ...]
    gone: tuple[Place, ...]
    added: Pairs[str, Value]


def rewrite(document: Document, plan: Plan, header: str | None) -> str:
    """Return the file as ruamel writes it after the changes of the plan.

    Raises:
        Unsuited: ruamel cannot read the file, or a comment would be lost.
        ConfigurationRefused: what it wrote is not valid YAML.
    """
    yaml = YAML()
    yaml.composer.warn_double_anchors = False  # Elasticsearch does not mind either
    yaml.preserve_quotes = True
    yaml.width = 2**31
    yaml.explicit_start = document.marked
    try:
        root = yaml.load(with_line_breaks(document.text, "\n"))
        if not isinstance(root, CommentedMap):
            raise Unsuited
        _change(root, plan, header)
        out = io.StringIO()
        yaml.dump(root, out)
    except _RUAMEL_ERRORS as error:
        raise Unsuited from error
    text = with_line_breaks(out.getvalue(), line_break(document.text))
    if not _has_all(_comments(document, plan), _comments(parse(text, where="the rewritten file"))):
        raise Unsuited
    return text


def _change(root: CommentedMap, plan: Plan, header: str | None) -> None:
    for place, value in plan.replaced:
        _parent(root, place.trail)[_key(_parent(root, place.trail), place.entry)] = _typed(value)
    for place in plan.gone:
        _remove(root, place.trail)
    for number, (key, value) in enumerate(plan.added.items()):
        if key in root:
            raise Unsuited
        root[key] = _typed(value)
        if number == 0 and header:
            root.yaml_set_comment_before_after_key(key, before=header.removeprefix("#").strip())


def _parent(root: CommentedMap, trail: tuple[Entry, ...]) -> CommentedMap:
    for entry in trail[:-1]:
        root = root[_key(root, entry)]
    return root


def _key(mapping: CommentedMap, entry: Entry) -> object:
    """Return the key as ruamel holds it, which makes a number of ``0``."""
    for key in mapping:
        if str(key) == entry.key.text:
            return key
    raise Unsuited


def _remove(root: CommentedMap, trail: tuple[Entry, ...]) -> None:
    parent = _parent(root, trail)
    del parent[_key(parent, trail[-1])]
    if not parent and len(trail) > 1:
        _remove(root, trail[:-1])


def _typed(value: Value) -> object:
    if isinstance(value, tuple):
        return [DoubleQuotedScalarString(each) for each in value]
    return value == "true" if value in {"true", "false"} else DoubleQuotedScalarString(value)


def _has_all(kept: Iterable[str], found: Iterator[str]) -> bool:
    """Tell whether all of ``kept`` come in ``found``, in their order."""
    return all(any(line == other for other in found) for line in kept)


def _comments(document: Document, plan: Plan | None = None) -> Iterator[str]:
    """Yield the comments of a file, without those that stand with what the plan takes out or replaces."""
    text, masked = document.text, list(document.text)
    spans = [(scalar.start, scalar.end) for scalar in _scalars(document.root)]
    if plan is not None:
        spans += [(each.entry.key.start, each.entry.value.end) for each, _ in plan.replaced]
        spans += [(each.entry.key.start, line_end(text, each.entry.value.end)) for each in plan.gone]
    for start, end in spans:
        masked[start:end] = " " * (end - start)
    yield from (found.group().rstrip() for found in _COMMENT.finditer("".join(masked)))


def _scalars(yaml_node: YamlNode | None) -> Iterator[Scalar]:
    if isinstance(yaml_node, Scalar):
        yield yaml_node
    elif isinstance(yaml_node, Sequence):
        for item in yaml_node.items:
            yield from _scalars(item)
    elif isinstance(yaml_node, Mapping):
        for entry in yaml_node.entries:
            yield entry.key
            yield from _scalars(entry.value)
