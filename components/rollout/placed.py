"""A voice that says where in a rollout it speaks: a cluster of many nodes takes a while, and people wait for it."""

from dataclasses import dataclass

from components.clock import Clock
from components.handling import Context


@dataclass
class Placed:
    """A context whose progress lines begin with a place.

    Attributes:
        context: who speaks.
        place: where the rollout is now, such as `node 2 of 3, es-2`; empty where there is one place only.
    """

    context: Context
    place: str = ""

    @property
    def clock(self) -> Clock:
        """The time."""
        return self.context.clock

    def progress(self, text: str) -> None:
        """Show what is being done now, and where."""
        self.context.progress(f"{self.place}: {text}" if self.place else text)

    def say(self, text: str) -> None:
        """Tell the operator something that stays."""
        self.context.say(text)

    def warn(self, text: str) -> None:
        """Tell the operator something to act on."""
        self.context.warn(text)

    def stopping(self) -> bool:
        """Tell whether the run was interrupted."""
        return self.context.stopping()
