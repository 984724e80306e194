"""The settings of a file as Elasticsearch reads them: dotted keys, values as text, and where each one stands.

Read off Elasticsearch 9.5.3 and 8.19.0 themselves (``Settings.Builder.loadFromPath``), not off YAML's rules:

- nested and dotted forms mean the same; ``a.0: x`` with ``a.1: y`` (and so on, no gap) is the list ``a``;
- an alias is read as the name after its ``*``, and ``<<`` is an ordinary key: nothing is merged;
- a value of nothing (``key:``, ``~``, ``null``) and a list that holds anything but values stop the node;
- an empty mapping is no setting; an empty text is one here, but the node drops it when it starts;
- ``${NAME}`` stays as it is: the node fills it in later.

One thing is stricter here: a setting written twice, dotted and nested, is refused. Elasticsearch refuses only
equal keys of one mapping, and of the others takes the last without a word, which no operator means.

Kibana takes more for a value: nothing, and lists of mappings. Where a reader says so (``also_opaque``), these are
settings too, whose value is the text that stands there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import NoReturn

from components.settings.lines import line_number
from components.settings.scalars import Opaque, Value, read_scalar
from components.settings.yaml_text import (
    Alias,
    Document,
    Entry,
    Mapping,
    Scalar,
    Sequence,
    YamlNode,
    parse,
    refuse,
)

_REFUSED_TOO = "Elasticsearch does not start with it either"


@dataclass(frozen=True, slots=True)
class Place:
    """One key with a value in the file; ``trail`` leads to it from the root, itself included."""

    key: str
    value: Value
    trail: tuple[Entry, ...]

    @property
    def entry(self) -> Entry:
        """The entry that holds the value."""
        return self.trail[-1]


@dataclass(frozen=True, slots=True)
class Setting:
    """One effective setting; several places where a list is written as ``a.0``, ``a.1``, …."""

    key: str
    value: Value
    places: tuple[Place, ...]

    @property
    def is_numbered(self) -> bool:
        """Whether it is a list written as ``a.0``, ``a.1``, …."""
        return self.places[0].key != self.key


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """A file that Elasticsearch can read, and its settings by effective key, in the order of the file."""

    document: Document
    settings: dict[str, Setting]

    def values(self) -> dict[str, Value]:
        """Return the effective settings alone."""
        return {key: setting.value for key, setting in self.settings.items()}


def flatten(text: str, *, where: str, also_opaque: bool = False) -> dict[str, Value]:
    """Return the effective settings of a file as Elasticsearch reads them.

    Args:
        text: the file, decoded.
        where: the file's name for messages.
        also_opaque: whether a value of nothing, and a list of anything, is a value too: an :class:`Opaque` one.

    Returns:
        Dotted key to text, or to a tuple of texts for a list.

    Raises:
        ConfigurationRefused: the file is not valid YAML, Elasticsearch would not start with it, or a setting
            stands in it twice.
    """
    return read_settings(text, where=where, also_opaque=also_opaque).values()


def read_settings(text: str, *, where: str, also_opaque: bool = False) -> SettingsFile:
    """Return the settings of a file and where they stand; arguments and errors as for :func:`flatten`."""
    document = parse(text, where=where)
    places: dict[str, Place] = {}
    for place in _places(document, where):
        if isinstance(place.value, Opaque) and not also_opaque:
            _refuse_value(document.text, where, place.key, place.entry)
        if place.key in places:
            _refuse_twice(document.text, where, place.key, places[place.key].entry, place.entry)
        places[place.key] = place
    return SettingsFile(document, _gather(document, places, where))


def _places(document: Document, where: str) -> Iterator[Place]:
    root = document.root
    if isinstance(root, Mapping):
        yield from _mapping_places(root, (), document.text, where)
    elif root is not None:
        refuse(
            "holds no settings",
            where=where,
            text=document.text,
            at=root.start,
            why=f"the file is not a mapping of keys to values; {_REFUSED_TOO}",
            next_step="write one setting a line, as key: value, or leave nothing but comments (without ---)",
        )


def _mapping_places(mapping: Mapping, trail: tuple[Entry, ...], text: str, where: str) -> Iterator[Place]:
    seen: dict[str, Entry] = {}
    for entry in mapping.entries:
        steps = (*trail, entry)
        key = ".".join(step.key.text for step in steps)
        if entry.key.text in seen:
            _refuse_twice(text, where, key, seen[entry.key.text], entry)
        seen[entry.key.text] = entry
        if isinstance(entry.value, Mapping):
            yield from _mapping_places(entry.value, steps, text, where)
            continue
        yield Place(key, _value(entry.value, text), steps)


def _value(part: Scalar | Alias | Sequence, text: str) -> Value:
    """Return what Elasticsearch reads there, or what stands there where it refuses the file."""
    if isinstance(part, Alias):
        return part.name
    items = [_item(item) for item in part.items] if isinstance(part, Sequence) else [read_scalar(part, in_list=False)]
    texts = tuple(item for item in items if item is not None)
    if len(texts) < len(items):
        return Opaque(text[part.start : part.end] or "null")
    return texts if isinstance(part, Sequence) else texts[0]


def _item(part: YamlNode) -> str | None:
    if isinstance(part, Alias):
        return part.name
    return read_scalar(part, in_list=True) if isinstance(part, Scalar) else None


def _refuse_value(text: str, where: str, key: str, entry: Entry) -> NoReturn:
    is_list = isinstance(entry.value, Sequence)
    refuse(
        f"the list {key} holds something that is no value" if is_list else f"{key} has no value",
        where=where,
        text=text,
        at=entry.key.start,
        why=f"an item is empty, a list or a mapping; {_REFUSED_TOO}" if is_list else _REFUSED_TOO,
        next_step="keep only texts and numbers in it" if is_list else "give it a value, or remove the key",
    )


def _refuse_twice(text: str, where: str, key: str, first: Entry, second: Entry) -> NoReturn:
    refuse(
        f"{key} is set twice, in line {_line(text, first)} and in line {_line(text, second)}",
        where=where,
        text=text,
        at=second.key.start,
        why="Elasticsearch refuses a repeated key; of a dotted and a nested form it takes the last, silently",
        next_step="keep one of the two lines",
    )


def _gather(document: Document, places: dict[str, Place], where: str) -> dict[str, Setting]:
    """Turn ``a.0``, ``a.1``, … into the list ``a``, at the place of the first of them in the file."""
    runs = {key.removesuffix(".0"): tuple(_run(key.removesuffix(".0"), places)) for key in places if key.endswith(".0")}
    for name, run in runs.items():
        if name in places or name.endswith(".0"):
            refuse(
                f"{run[0].key} makes {name} a list that is also something else",
                where=where,
                text=document.text,
                at=run[0].entry.key.start,
                why=f"a key that ends in .0 starts a list; {_REFUSED_TOO}",
                next_step=f"write {name} in one way",
            )
    list_of = {place.key: name for name, run in runs.items() for place in run}
    settings: dict[str, Setting] = {}
    for key, place in places.items():
        name = list_of.get(key, key)
        if name in runs:
            settings.setdefault(name, Setting(name, _as_list(runs[name]), runs[name]))
        else:
            settings[name] = Setting(name, place.value, (place,))
    return settings


def _run(name: str, places: dict[str, Place]) -> Iterator[Place]:
    for number in count():
        place = places.get(f"{name}.{number}")
        if place is None:
            return
        yield place


def _as_list(run: tuple[Place, ...]) -> Value:
    texts = tuple(_as_text(place.value) for place in run)
    return Opaque("\n".join(texts)) if any(isinstance(text, Opaque) for text in texts) else texts


def _as_text(value: Value) -> str:
    return f"[{', '.join(value)}]" if isinstance(value, tuple) else value


def _line(text: str, entry: Entry) -> int:
    return line_number(text, entry.key.start)
