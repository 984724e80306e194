"""Asks for the number of nodes in the cluster, five times a second."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle

from drill.load import Client, Kind, Load
from drill.repeating import over_and_over

EVERY = 0.2
"""Seconds."""


@dataclass
class Counts:
    """What was answered.

    Attributes:
        clients: who asked.
        failures: why there was no answer, each time.
    """

    clients: Sequence[Client]
    failures: list[str] = field(default_factory=list)

    @property
    def fewest(self) -> int:
        """The fewest nodes that were ever seen; 0 where nobody answered once."""
        return 0 if self.failures else min((number for client in self.clients for number in client.counted), default=0)


@contextmanager
def counted_nodes(load: Load) -> Iterator[Counts]:
    """Count the nodes of a cluster under load until the block ends, asking one node after the other."""
    counts = Counts([Client(load, node, Kind.COUNT) for node in load.nodes])
    turns = cycle(counts.clients)

    def look() -> None:
        failure = next(turns).request().failure
        if failure:
            counts.failures.append(failure)

    try:
        with over_and_over(look, EVERY):
            yield counts
    finally:
        for client in counts.clients:
            client.close()
