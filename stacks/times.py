"""How long a run took: in all, by kinds of work, and the steps of its rollout."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from stacks.events import PHASES
from stacks.plan_rows import Seen

ROLLOUT = PHASES["ClusterRestart"]
LEAST = 0.1
"""What took less is not worth a line."""


@dataclass(frozen=True, slots=True)
class Times:
    """How long a run took, in seconds.

    Attributes:
        total: from its beginning to its end.
        phases: each kind of work, as long as some of it was in hand; kinds go on side by side, or wait for another one.
        steps: those of the rollout; one that came several times, in all.
    """

    total: float = 0
    phases: Mapping[str, float] = field(default_factory=dict)
    steps: Mapping[str, float] = field(default_factory=dict)

    @property
    def remark(self) -> str:
        """Why the lines below the total are more than it, or less."""
        more = sum(self.phases.values()) > self.total
        return "some of it side by side" if more else "the engine's own work among it"

    def data(self) -> dict[str, float]:
        """Return it as JSON data, the steps of the rollout indented beneath it."""
        return dict(self._indented())

    def lines(self) -> list[tuple[str, float]]:
        """Return what is worth a line for people; a rollout's only step is the rollout."""
        beneath = len(self.steps) > 1
        found = ((name, seconds) for name, seconds in self._indented() if beneath or name in self.phases)
        return [(name, seconds) for name, seconds in found if seconds >= LEAST]

    def _indented(self) -> Iterator[tuple[str, float]]:
        for phase, seconds in self.phases.items():
            yield phase, seconds
            if phase == ROLLOUT:
                yield from ((f"  {step}", took) for step, took in self.steps.items())


def steps_of_rollout(seen: Iterable[Seen]) -> dict[str, float]:
    """Return how long each step of a restart took; one that came several times, in all."""
    times: Counter[str] = Counter()
    for one in seen:
        if one.token.endswith(":ClusterRestart") and one.op != "same":
            for step in one.outputs.get("timedSteps") or []:
                times[step["step"]] += step["seconds"]
    return {step: round(seconds, 1) for step, seconds in times.items()}
