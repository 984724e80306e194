"""Does something to a cluster under load, and says in figures what the load, the nodes and every pair saw of it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from drill.away import Away, failed_though_up
from drill.counting import counted_nodes
from drill.crashes import REJOINED_WITHIN
from drill.load import Load, Request
from drill.pairs import Pairs, Refused


@dataclass(frozen=True, slots=True)
class Crashes:
    """What was seen of nodes that were killed and started again.

    Attributes:
        points: how often one was killed.
        slowest_return: the most seconds from the end of a process until all nodes had joined.
        failed_though_up: how many requests failed although their node was up.
    """

    points: int
    slowest_return: float
    failed_though_up: int

    @property
    def were_harmless(self) -> bool:
        """Whether every node was back in time, and nobody noticed anything who asked another node."""
        return self.points > 0 and self.slowest_return <= REJOINED_WITHIN and not self.failed_though_up


@dataclass(frozen=True, slots=True)
class Figures:
    """What was seen while something was done.

    Attributes:
        drill: what was done.
        requests: how many requests clients made.
        failed: how many of them were not answered as they must be.
        fewest_nodes: the fewest nodes that the cluster ever had; 0 where it once did not say.
        restarts: how many nodes have another process than before.
        seconds: how long it took.
        asked_again: how many requests had to be made a second time.
        pairs: how many handshakes of one node with another's key were accepted.
        pairs_refused: how many were not.
        crashes: likewise of nodes that were killed; None where none was.
    """

    drill: str
    requests: int
    failed: int
    fewest_nodes: int
    restarts: int
    seconds: float
    asked_again: int
    pairs: int
    pairs_refused: int
    crashes: Crashes | None = None

    def is_calm(self, nodes: int) -> bool:
        """Tell whether nobody noticed anything; where nodes were killed, nobody who asked another one.

        Args:
            nodes: how many the cluster has.
        """
        if self.crashes is not None:
            return self.crashes.were_harmless and self.requests > 0 and self.pairs > 0 and not self.pairs_refused
        noticed = self.failed + self.asked_again + self.restarts + self.pairs_refused
        return not noticed and self.requests > 0 and self.pairs > 0 and self.fewest_nodes == nodes

    def as_data(self) -> dict[str, Any]:
        """Return it for machines, what was seen of killed nodes last."""
        data = asdict(self)
        return data | (data.pop("crashes") or {})


@dataclass(frozen=True, slots=True)
class Seen:
    """The figures, and what is behind those that are not calm."""

    figures: Figures
    requests: tuple[Request, ...]
    refused: tuple[Refused, ...]

    def with_crashes(self, away: Sequence[Away]) -> "Seen":
        """Return the same where these nodes were killed: only what was asked of nodes that were up counts then."""
        failed = failed_though_up(self.requests, away)
        slowest = max((each.return_took for each in away), default=0.0)
        crashes = Crashes(len(away), round(slowest, 1), len(failed))
        return Seen(replace(self.figures, crashes=crashes), failed, self.refused)

    def reasons(self, most: int = 5) -> list[str]:
        """Return the first failures in words, each text once."""
        said = [f"{one.kind} of {one.node}: {one.failure or one.first_answer}" for one in self.requests]
        wrong = [text for one, text in zip(self.requests, said, strict=True) if one.failure or one.first_answer]
        pairs = [f"{one.verifier} refuses a leaf of {one.presenter}: {one.refusal}" for one in self.refused]
        return [*dict.fromkeys(pairs)][:most] + [*dict.fromkeys(wrong)][:most]


def rehearse(drill: str, load: Load, pairs: Pairs, work: Callable[[], object]) -> Seen:
    """Do something under load.

    Args:
        drill: what it is called; the documents that are written bear this name.
        load: the clients; they stop when it is done.
        pairs: checked all the time.
        work: does it, and returns when it is done.
    """
    first, accepted, refused = len(load.requests), pairs.accepted, len(pairs.refused)
    load.name = drill
    before = [node.process() for node in load.nodes]
    with load.running(), counted_nodes(load) as counts, pairs.checked():
        began = time.monotonic()
        work()
        seconds = time.monotonic() - began
    requests = tuple(load.requests[first:])
    figures = Figures(
        drill=drill,
        requests=len(requests),
        failed=sum(bool(one.failure) for one in requests),
        asked_again=sum(bool(one.first_answer) for one in requests),
        fewest_nodes=counts.fewest,
        restarts=sum(now != then for now, then in zip((node.process() for node in load.nodes), before, strict=True)),
        pairs=pairs.accepted - accepted,
        pairs_refused=len(pairs.refused) - refused,
        seconds=round(seconds, 1),
    )
    return Seen(figures, requests, tuple(pairs.refused[refused:]))
