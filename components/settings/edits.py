"""Edits of a YAML file that touch only the ranges they must: a value in its place, or the lines of a key."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from components.settings.flat import Place
from components.settings.lines import (
    ends_line,
    is_blank_or_comment,
    line_break,
    line_end,
    line_start,
    next_line,
    whole_lines,
)
from components.settings.scalars import Value, write_list, write_scalar
from components.settings.yaml_text import Alias, Document, Entry, Mapping, Scalar, Sequence, YamlNode

_BEHIND = re.compile(r"(?P<blanks>[ \t]*)(?P<sign>(?<![ \t])#)?")
_ITEM_HEAD = re.compile(r"[ \t]*-[ \t]+")
_BLOCK_HEAD = re.compile(r"[|>][-+0-9]*")


class Unsuited(Exception):
    """This structure cannot be edited by ranges; never leaves the room."""


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Put ``text`` in the place of the characters from ``start`` to ``end``."""

    start: int
    end: int
    text: str


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Return the text after all edits, whose offsets all mean the text as it was.

    Raises:
        Unsuited: two edits overlap.
    """
    pieces: list[str] = []
    reached = 0
    for edit in sorted(edits):
        if edit.start < reached:
            raise Unsuited
        pieces += [text[reached : edit.start], edit.text]
        reached = edit.end
    return "".join([*pieces, text[reached:]])


def written(value: Value, *, flow: bool, like: str = "") -> str:
    """Return a value as one line of YAML; ``like`` is the quote that stood around the value before it."""
    return write_list(value) if isinstance(value, tuple) else write_scalar(value, flow=flow, like=like)


def replace(text: str, place: Place, value: Value) -> Iterator[Edit]:
    """Yield the edits that put another value into a place, in the form that the place has.

    Spacing and the comment behind the value stay. A list in block style stays one: items that stay keep their
    lines and comments.

    Raises:
        Unsuited: the value stands in a form that this cannot follow.
    """
    old = place.entry.value
    if isinstance(old, Sequence) and not old.flow:
        yield from _replace_block_list(text, place.entry, old, value)
    elif isinstance(old, Scalar) and old.style in {"|", ">"}:
        yield from _replace_block_text(text, old, value)
    else:
        like = old.style if isinstance(old, Scalar) else ""
        new = written(value, flow=place.entry.in_flow, like=like)
        yield Edit(old.start, old.end, new)
        yield from _space_behind(text, old.end, is_plain=new[0] not in "'\"[")


def _space_behind(text: str, offset: int, *, is_plain: bool) -> Iterator[Edit]:
    """Make what follows a value fit the new one: tabs fit behind plain text only, a bare ``#`` behind quotes only."""
    behind = _BEHIND.match(text, offset)
    if behind and (behind["sign"] if is_plain else "\t" in behind["blanks"]):
        yield Edit(*behind.span("blanks"), behind["blanks"].replace("\t", " ") or " ")


def _replace_block_text(text: str, old: Scalar, value: Value) -> Iterator[Edit]:
    head = _BLOCK_HEAD.match(text, old.start)
    if head is None:  # a tag or an anchor stands before it
        raise Unsuited
    yield Edit(head.start(), head.end(), written(value, flow=False))
    body = next_line(text, head.end())
    if body < old.end:
        yield Edit(body, next_line(text, old.end), "")


def _replace_block_list(text: str, entry: Entry, old: Sequence, value: Value) -> Iterator[Edit]:
    if isinstance(value, tuple) and value:
        yield from _change_items(text, old, value)
        return
    lines = whole_lines(text, old.start, old.end)
    if lines is None:
        raise Unsuited
    colon = _colon(text, entry)
    yield Edit(colon, colon, f" {written(value, flow=False)}")
    yield Edit(*lines, "")


def _colon(text: str, entry: Entry) -> int:
    """Return where the value of a key in block style may begin: after its colon."""
    colon = re.compile(r"[ \t]*:").match(text, entry.key.end)
    if colon is None:
        raise Unsuited
    return colon.end()


def _change_items(text: str, old: Sequence, value: tuple[str, ...]) -> Iterator[Edit]:
    items = [_Item.of(text, item) for item in old.items if isinstance(item, Scalar | Alias)]
    shape = SequenceMatcher(None, [item.value for item in items], value, autojunk=False)
    for kind, first, last, new_first, new_last in shape.get_opcodes():
        if kind == "equal":
            continue
        paired = min(last - first, new_last - new_first)
        for item, new in zip(items[first : first + paired], value[new_first:], strict=False):
            yield Edit(item.start, item.end, write_scalar(new, flow=False, like=item.style))
        for item in items[first + paired : last]:
            yield Edit(item.line, next_line(text, item.end), "")
        yield from _insert_items(text, items, first + paired, value[new_first + paired : new_last])


def _insert_items(text: str, items: list["_Item"], index: int, new: tuple[str, ...]) -> Iterator[Edit]:
    if not new:
        return
    eol = line_break(text)
    lines = "".join(f"{items[0].head}{write_scalar(value, flow=False)}{eol}" for value in new)
    if index < len(items):
        yield Edit(items[index].line, items[index].line, lines)
        return
    end = next_line(text, items[-1].end)
    glue = "" if ends_line(text[:end]) else eol
    yield Edit(end, end, glue + lines)


@dataclass(frozen=True, slots=True)
class _Item:
    """An item of a list in block style, on lines of its own; ``head`` is what stands before it: ``  - ``."""

    value: str
    style: str
    head: str
    line: int
    start: int
    end: int

    @classmethod
    def of(cls, text: str, part: Scalar | Alias) -> "_Item":
        line = line_start(text, part.start)
        head = text[line : part.start]
        if not _ITEM_HEAD.fullmatch(head):
            raise Unsuited
        value, style = (part.name, "") if isinstance(part, Alias) else (part.text, part.style)
        if style in {"|", ">"}:
            raise Unsuited
        return cls(value, style, head, line, part.start, part.end)


def erase(document: Document, gone: frozenset[int]) -> Iterator[Edit]:
    """Yield the edits that take out the keys beginning at the offsets ``gone``, and every mapping they empty.

    A key takes its own lines with it, and the comment behind it. Comments and blank lines of their own stay,
    also those between an emptied mapping's keys, because nothing tells whose they are.

    Raises:
        Unsuited: a key shares its line with something this cannot part it from.
    """
    if isinstance(document.root, Mapping):
        for start, end in _erased(document.text, document.root, gone):
            yield Edit(start, end, "")


def _is_dead(entry: Entry, gone: frozenset[int]) -> bool:
    inner = entry.value.entries if isinstance(entry.value, Mapping) else ()
    return entry.key.start in gone or (bool(inner) and all(_is_dead(each, gone) for each in inner))


def _erased(text: str, mapping: Mapping, gone: frozenset[int]) -> Iterator[tuple[int, int]]:
    if mapping.flow:
        yield from _erased_in_flow(text, mapping, gone)
        return
    is_below_text = False
    for entry in mapping.entries:
        if _is_dead(entry, gone):
            taken = list(_taken(text, entry, gone))
            yield from taken
            if is_below_text:
                yield from _moved_out(text, entry, taken)
        else:
            is_below_text = is_block_text(entry.value)
            if isinstance(entry.value, Mapping):
                yield from _erased(text, entry.value, gone)


def _taken(text: str, entry: Entry, gone: frozenset[int]) -> Iterator[tuple[int, int]]:
    value = entry.value
    if not isinstance(value, Mapping) or value.flow:
        yield _lines(text, entry.key.start, value.end)
        return
    if value.start != value.entries[0].key.start:  # a tag or an anchor stands before it
        raise Unsuited
    yield _lines(text, entry.key.start, _colon(text, entry))
    yield from _erased(text, value, gone)


def _moved_out(text: str, entry: Entry, taken: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the blanks that a comment must lose with its key, lest it become part of the text in block style above."""
    offset = line_start(text, entry.key.start)
    column = entry.key.start - offset
    while offset < len(text):
        line = text[offset : line_end(text, offset)]
        if not any(start <= offset < end for start, end in taken):
            if not is_blank_or_comment(line):
                return
            blanks = len(line) - len(line.lstrip(" \t"))
            if column < blanks < len(line):
                yield offset + column, offset + blanks
        offset = next_line(text, offset)


def is_block_text(yaml_node: YamlNode) -> bool:
    """Tell whether something ends with a text in block style (``|`` or ``>``)."""
    while isinstance(yaml_node, Mapping | Sequence):
        inner = [entry.value for entry in yaml_node.entries] if isinstance(yaml_node, Mapping) else yaml_node.items
        if yaml_node.flow or not inner:
            return False
        yaml_node = inner[-1]
    return isinstance(yaml_node, Scalar) and yaml_node.style in {"|", ">"}


def _lines(text: str, start: int, end: int) -> tuple[int, int]:
    lines = whole_lines(text, start, end)
    if lines is None:
        raise Unsuited
    return lines


def _erased_in_flow(text: str, mapping: Mapping, gone: frozenset[int]) -> Iterator[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for entry in mapping.entries:
        if _is_dead(entry, gone):
            start, end = entry.key.start, _after_comma(text, entry.value.end)
            if ranges and not text[ranges[-1][1] : start].strip(" \t"):
                start = ranges.pop()[0]
            ranges.append((start, end))
        elif isinstance(entry.value, Mapping):
            yield from _erased(text, entry.value, gone)
    for start, end in ranges:
        yield whole_lines(text, start, end) or _with_blanks(text, start, end)


def _after_comma(text: str, offset: int) -> int:
    """Return the offset behind the comma that follows a value, or behind the value where none does."""
    comma = re.compile(r"(?:[ \t\r\n]|(?<=[ \t\r\n])#[^\r\n]*)*,").match(text, offset)
    return comma.end() if comma else offset


def _with_blanks(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a range in a line by the blanks behind it, or by the comma before it where none stands behind."""
    if text[end - 1] == ",":
        return start, end + len(text[end:]) - len(text[end:].lstrip(" \t"))
    before = text[:start].rstrip(" \t")
    return (len(before) - 1, end) if before.endswith(",") else (start, end)
