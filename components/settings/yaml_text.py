"""A YAML file as a tree of ranges: what stands where, so that an edit can leave everything else alone.

The tree follows the events of the parser, not a resolved document, because Elasticsearch does so too: an
alias stays an alias, a key stays the text it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.scanner import Scanner, ScannerError

from components.errors import ConfigurationRefused
from components.settings.lines import line_number, line_start

_MAX_DEPTH = 100  # no settings file nests deeper; Elasticsearch itself stops at 1000, Python's stack before that
_COMMENT = re.compile(r"#[^\r\n]*")
_FOREIGN_BREAKS = re.compile("[\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value or key; offsets in characters.

    ``style`` is the sign it starts with: a quote, ``|``, ``>``, or nothing where it is plain.
    ``implicit`` tells that the text alone decides what it means (plain, no tag); ``tag`` is the full tag.
    """

    text: str
    style: str
    tag: str | None
    implicit: bool
    anchor: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Alias:
    """A ``*name``."""

    name: str
    start: int
    end: int
    anchor: None = None


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list, in flow style (``[a, b]``) or in block style."""

    items: tuple["YamlNode", ...]
    flow: bool
    anchor: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping with its value. ``key.start`` is unique in a file and serves as its identity."""

    key: Scalar
    value: "YamlNode"
    in_flow: bool


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values, in flow style (``{a: b}``) or in block style."""

    entries: tuple[Entry, ...]
    flow: bool
    anchor: str | None
    start: int
    end: int


YamlNode: TypeAlias = Scalar | Alias | Sequence | Mapping


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed file.

    Attributes:
        text: the file as it is.
        root: its content, or None where it holds none (empty, or nothing but comments).
        marked: whether ``---`` or ``...`` stands in it.
        start: where content may begin: after a ``---``, else 0.
        end: where content may be added at the latest: before a closing ``...``, else the end of the text.
        aliased: the names of anchors that some alias uses.
    """

    text: str
    root: YamlNode | None
    marked: bool
    start: int
    end: int
    aliased: frozenset[str]


def refuse(what: str, *, where: str, text: str, at: int, why: str, next_step: str) -> NoReturn:
    """Raise ConfigurationRefused for something that stands at offset ``at`` of the text."""
    line = line_number(text, at)
    column = at - line_start(text, at) + 1
    raise ConfigurationRefused(what, where=f"{where}, line {line}, column {column}", why=why, next_step=next_step)


def parse(text: str, *, where: str) -> Document:
    """Parse one YAML file.

    Args:
        text: the file, decoded; its line ends and a byte order mark may still be in it.
        where: the file's name for messages, as ``es-1:/etc/elasticsearch/elasticsearch.yml``.

    Raises:
        ConfigurationRefused: it is not valid YAML, or holds a second document; line and column are named.
    """
    _refuse_foreign_breaks(text, where)
    try:
        return _Builder(text, where).document()
    except YAMLError as error:
        _refuse_syntax(error, text, where)


def _refuse_foreign_breaks(text: str, where: str) -> None:
    found = _FOREIGN_BREAKS.search(text)
    if found:
        refuse(
            f"holds the character U+{ord(found.group()):04X}",
            where=where,
            text=text,
            at=found.start(),
            why="Elasticsearch's YAML reader takes it for a line end, which no editor shows",
            next_step='remove the character, or write it as an escape in a "quoted" value',
        )


def _refuse_syntax(error: YAMLError, text: str, where: str) -> NoReturn:
    at, why = len(text), "the parser gave no reason"
    if isinstance(error, ReaderError):
        at, why = int(error.position), f"the character U+{error.character:04X} is not allowed in YAML"
    elif isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        at = int(mark.index) if mark is not None else at
        said = (error.context, error.problem)  # never the line itself: it may hold a secret
        why = ", ".join(str(each) for each in said if each)
    refuse(
        "is not valid YAML",
        where=where,
        text=text,
        at=at,
        why=why,
        next_step="correct that line; Elasticsearch does not start with this file either",
    )


class _Scanner(Scanner):
    """Takes tabs as Elasticsearch's parser does, and ruamel's not: blanks after plain text, else an error."""

    def scan_to_next_token(self) -> None:
        start = self.reader.pointer
        super().scan_to_next_token()
        if "\t" in _COMMENT.sub("", self.reader.buffer[start : self.reader.pointer]):
            raise ScannerError(None, None, "found a tab where only blanks may stand", self.reader.get_mark())

    def scan_plain_spaces(self, indent: int, start_mark: Any) -> list[str] | None:
        length = 0
        while self.reader.peek(length) in " \t":
            length += 1
        blanks: str = self.reader.prefix(length)
        if "\t" in blanks:
            self.reader.forward(length)
        more: list[str] | None = super().scan_plain_spaces(indent, start_mark)
        return [blanks] if more == [] and "\t" in blanks else more


class _Builder:
    """Builds the tree from the parser's events, in one pass."""

    def __init__(self, text: str, where: str) -> None:
        yaml = YAML(typ="safe", pure=True)
        yaml.Scanner = _Scanner
        yaml.version = (1, 1)  # Elasticsearch's parser reads YAML 1.1
        self._text, self._where = text, where
        self._events: Iterator[Any] = yaml.parse(text)
        self._aliased: set[str] = set()

    def document(self) -> Document:
        root: YamlNode | None = None
        documents, marked, start, end = 0, False, 0, len(self._text)
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if event.explicit:
                    marked, start = True, int(event.end_mark.index)
                self._refuse_second(documents, event.start_mark.index)
                root = self._part(next(self._events), 0)
            elif isinstance(event, DocumentEndEvent) and event.explicit:
                marked, end = True, int(event.start_mark.index)
        return Document(self._text, root, marked, start, end, frozenset(self._aliased))

    def _refuse_second(self, documents: int, at: int) -> None:
        if documents > 1:
            self._refuse(
                "holds more than one YAML document",
                at,
                "Elasticsearch reads one document and refuses a second",
                "keep one document: remove the --- and what does not belong here",
            )

    def _part(self, event: Any, depth: int) -> YamlNode:
        start = int(event.start_mark.index)
        if ":" in (event.anchor or ""):
            self._refuse(
                f"has an anchor or alias {event.anchor!r}",
                start,
                "Elasticsearch ends such a name at the colon",
                "take the colon out of the name",
            )
        if depth > _MAX_DEPTH:
            self._refuse(
                f"is nested deeper than {_MAX_DEPTH} levels",
                start,
                "no setting has that many parts",
                "write the settings with dotted keys",
            )
        if isinstance(event, MappingStartEvent):
            return self._mapping(event, start, depth)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(event, start, depth)
        if isinstance(event, AliasEvent):
            self._aliased.add(event.anchor)
            return Alias(event.anchor, start, int(event.end_mark.index))
        return self._scalar(event, start)

    def _scalar(self, event: ScalarEvent, start: int) -> Scalar:
        style, end = event.style or "", int(event.end_mark.index)
        if style in {"|", ">"}:  # the parser's mark stands on the next content, after blank lines
            end = start + len(self._text[start:end].rstrip(" \t\r\n"))
        tag = None if event.ctag is None else str(event.ctag)
        return Scalar(event.value, style, tag, bool(event.implicit[0]), event.anchor, start, end)

    def _sequence(self, event: SequenceStartEvent, start: int, depth: int) -> Sequence:
        items: list[YamlNode] = []
        for inner in self._events:
            if isinstance(inner, SequenceEndEvent):
                flow = bool(event.flow_style)
                end = int(inner.end_mark.index) if flow else items[-1].end
                return Sequence(tuple(items), flow, event.anchor, start, end)
            items.append(self._part(inner, depth + 1))
        raise AssertionError("a list without an end: the parser guarantees one")

    def _mapping(self, event: MappingStartEvent, start: int, depth: int) -> Mapping:
        entries: list[Entry] = []
        flow = bool(event.flow_style)
        for inner in self._events:
            if isinstance(inner, MappingEndEvent):
                end = int(inner.end_mark.index) if flow else entries[-1].value.end
                return Mapping(tuple(entries), flow, event.anchor, start, end)
            key = self._part(inner, depth + 1)
            if not isinstance(key, Scalar):
                self._refuse(
                    "has a key that is no text",
                    key.start,
                    "Elasticsearch takes nothing but text for a key",
                    "write the setting's name in its place",
                )
            entries.append(Entry(key, self._part(next(self._events), depth + 1), flow))
        raise AssertionError("a mapping without an end: the parser guarantees one")

    def _refuse(self, what: str, at: int, why: str, next_step: str) -> NoReturn:
        refuse(what, where=self._where, text=self._text, at=at, why=why, next_step=next_step)
