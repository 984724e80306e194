"""What a resource type must answer: the interface between the plugin's wire and a room's rules.

A handler is thin and stateless. The server calls it with typed values; secrets, unknowns, previews and
half-done states are the server's business. ``converge`` serves create and update alike, because both mean
the same to us: look at what is there, do what is missing, look again.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Generic, Protocol, TypeVar

from components.clock import Clock
from components.drift import Drift
from components.findings import Finding
from components.values import Wire

In = TypeVar("In", bound=Wire)
Out = TypeVar("Out", bound=Wire)


class Context(Protocol):
    """What a handler may use besides its arguments: the time, and a voice."""

    clock: Clock

    def progress(self, text: str) -> None:
        """Show what is being done now; the next progress line replaces it."""

    def say(self, text: str) -> None:
        """Tell the operator something that stays on the screen, on this resource."""

    def warn(self, text: str) -> None:
        """Tell the operator something they should act on, on this resource."""

    def stopping(self) -> bool:
        """Tell whether the run was interrupted: what is in hand is finished, and nothing else is begun."""


@dataclass(frozen=True, slots=True)
class Recorded(Generic[In, Out]):
    """What the state file says of a resource: the inputs it was last made from, and what came out."""

    inputs: In
    outputs: Out


@dataclass(frozen=True, slots=True)
class Change:
    """One reason why a resource must be updated, or replaced.

    Attributes:
        finding: the reason, and the sentence a person reads in the preview.
        on: camelCase name of the property that the preview shows as changed.
        replaces: whether the resource is another one from here on.
    """

    finding: Finding
    on: str
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """An input that cannot be; the engine shows it with the path of the property.

    Attributes:
        on: property path in camelCase, such as ``nodes[1].address``.
        reason: what is wrong and what would be right.
    """

    on: str
    reason: str


@dataclass
class HalfDone(Exception):
    """Work that stopped half-way: ``outputs`` are saved, and the next preview shows the reasons again."""

    outputs: Wire
    reasons: Sequence[str] = field(default_factory=tuple)

    def __str__(self) -> str:
        return "; ".join(self.reasons)


class Handler(ABC, Generic[In, Out]):
    """One resource type. Handlers keep nothing between calls.

    Attributes:
        token: the type.
        summary: what it is, in a sentence.
        inputs: the type of its inputs.
        outputs: the type of its outputs.
        replace_on: inputs that make it another resource when they differ.
        places: inputs that only say where to look, should it be asked for; when they differ there is nothing to do.
    """

    token: ClassVar[str]
    summary: ClassVar[str]
    inputs: type[In]
    outputs: type[Out]
    replace_on: ClassVar[frozenset[str]] = frozenset()
    places: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def name(self, wanted: In) -> str:
        """Return the resource's id: stable, and readable in a state file."""

    def refusals(self, wanted: In) -> Sequence[Refusal]:
        """Return what the types alone cannot refuse. Must not look at any machine."""
        return ()

    def foresee(self, wanted: In) -> None:
        """Begin what later calls of this run would wait for, and return at once; change nothing."""

    def changes(self, recorded: Recorded[In, Out], wanted: In, context: Context) -> Sequence[Change]:
        """Return the reasons for an update beyond differing inputs: the clock's and the machine's.

        May look at machines, and must not change anything.
        """
        return ()

    @abstractmethod
    def preview(self, recorded: Recorded[In, Out] | None, wanted: In, context: Context) -> Out:
        """Return the outputs as far as they are known before anything is done; change nothing."""

    def unseen(self, recorded: Recorded[In, Out], wanted: In) -> Out:
        """Return what a preview shows where the machine does not answer: what is recorded, but for what was done last.

        The steps of an earlier change would be taken for those of this one.
        """
        steps = {"steps": ()} if "steps" in self.outputs.model_fields else {}
        return recorded.outputs.model_copy(update=steps)

    @abstractmethod
    def converge(self, recorded: Recorded[In, Out] | None, wanted: In, context: Context) -> Out:
        """Make it so: look, do the rest, look again, prove.

        Raises:
            SecurityError: it could not be done; nothing is recorded.
            HalfDone: a part is done and must be recorded.
        """

    def observe(self, recorded: Recorded[In, Out], context: Context) -> Out | None:
        """Return what is really there (for ``refresh``), or None when the thing is gone."""
        return recorded.outputs

    def drift(self, recorded: Recorded[In, Out], context: Context) -> Sequence[Drift]:
        """Return what on the machine is not as the recorded inputs want it (for ``refresh``); change nothing.

        Where `changes` has a reason that lies on a machine, this has a finding, and the other way round.
        """
        return ()

    def forget(self, recorded: Recorded[In, Out], context: Context) -> None:
        """Do what deleting the resource asks for. Never unsecures a cluster."""
