"""What the engine's events show of a resource, and what a plan makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Seen:
    """One resource as the engine's events show it. Secrets are masked there already.

    Attributes:
        name: the resource's name.
        token: its type.
        op: what the engine does with it, such as `create` or `same`.
        inputs: its inputs.
        outputs: its outputs, as far as they are known.
        before: its inputs and outputs as they are recorded; none where it is new.
    """

    name: str
    token: str
    op: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    before: Mapping[str, Any] = field(default_factory=dict)

    @property
    def goes(self) -> bool:
        """Whether the engine takes it out of the state: it has left the program."""
        return self.op == "delete"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the plan.

    Attributes:
        what: the kind of change.
        nodes: whom it concerns; empty for the cluster as a whole.
        change: what changes, in words.
        effect: how it takes effect.
    """

    what: str
    nodes: tuple[str, ...]
    change: str
    effect: str = ""


def strings(value: Any) -> tuple[str, ...]:
    """Return a list among a resource's outputs as texts; none where it is not known yet."""
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
