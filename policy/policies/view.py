"""What a policy looks at, what it is told beforehand, and what it says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


class Unknown:
    """A value that a preview does not know yet; it is looked at again when `up` knows it."""

    def __repr__(self) -> str:
        return "Unknown()"


UNKNOWN = Unknown()


class SecretText(str):
    """A text that the engine keeps encrypted. Everything else about it is that of a text."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "[secret]"


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as the program asks for it.

    Attributes:
        type: its type, such as `essecurity:pki:Certificate`.
        name: its name in the stack.
        stack: the stack's name.
        inputs: its inputs as plain data: texts, numbers, lists, maps, ``UNKNOWN`` and ``SecretText``.
    """

    type: str
    name: str
    stack: str
    inputs: Mapping[str, Any]


Settings = Mapping[str, Any]
"""A policy's configuration, with every default filled in."""


@dataclass(frozen=True, slots=True)
class Violation:
    """What a policy found, in the form of all errors of this project.

    Attributes:
        where: the key of the stack file, or the resource.
        what: what is wrong with it, a clause without a full stop.
        why: why that is not allowed.
        next_step: what to do now.
    """

    where: str
    what: str
    why: str
    next_step: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}\n  why:  {self.why}\n  next: {self.next_step}"


Violations = Iterator[Violation]


def known_text(value: Any) -> str:
    """Return a text that is known; empty for whatever else it is."""
    return str(value) if isinstance(value, str) else ""


def part(inputs: Any, *keys: str) -> Any:
    """Return what lies at a path of an input; ``UNKNOWN`` where the way there is not known, None where it ends."""
    for key in keys:
        if inputs is UNKNOWN:
            return UNKNOWN
        inputs = inputs.get(key) if isinstance(inputs, Mapping) else None
    return inputs
