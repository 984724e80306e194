"""Which properties differ between the recorded and the wanted inputs, by property path."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from components.values import Unknown
from provider.wire import Plain

IDENTIFIER = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")


class Kind(StrEnum):
    """How a property differs."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Difference:
    """One property that differs; ``top`` is the name of the top-level property it belongs to."""

    path: str
    top: str
    kind: Kind


def differences(old: Mapping[str, Plain], new: Mapping[str, Plain]) -> tuple[Difference, ...]:
    """Return every differing leaf property, sorted by path. Unknown new values count as updates."""
    found = []
    for name in sorted(old.keys() | new.keys()):
        found += [Difference(path, name, kind) for path, kind in _member(child("", name), name, old, new)]
    return tuple(found)


def child(path: str, key: str | int) -> str:
    """Return the property path of a member, in the engine's own notation; of a property where the path is empty."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    if IDENTIFIER.match(key):
        return f"{path}.{key}" if path else key
    escaped = key.replace('"', '\\"')
    return f'{path}["{escaped}"]'


def _member(path: str, key: str, old: Mapping[str, Plain], new: Mapping[str, Plain]) -> Iterator[tuple[str, Kind]]:
    before, after = old.get(key), new.get(key)  # None stands for nothing: a secret of nothing is sent like that
    if before is None and after is not None:
        yield path, Kind.ADD
    elif after is None and before is not None:
        yield path, Kind.DELETE
    else:
        yield from _value(path, before, after)


def _value(path: str, old: Plain, new: Plain) -> Iterator[tuple[str, Kind]]:
    if isinstance(new, Unknown):
        yield path, Kind.UPDATE
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted(old.keys() | new.keys()):
            yield from _member(child(path, key), key, old, new)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _items(path, old, new)
    elif old != new:
        yield path, Kind.UPDATE


def _items(path: str, old: list[Plain], new: list[Plain]) -> Iterator[tuple[str, Kind]]:
    for index in range(max(len(old), len(new))):
        where = child(path, index)
        if index >= len(old):
            yield where, Kind.ADD
        elif index >= len(new):
            yield where, Kind.DELETE
        else:
            yield from _value(where, old[index], new[index])
