"""Another time of day, for the processes that are started with it: libfaketime answers when they ask for the time."""

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path

import pytest

from devcluster.cluster import DevCluster
from devcluster.node import DevNode

LIBRARY = "*/faketime/libfaketimeMT.so.1"
"""Where Debian has it, below /usr/lib; the first folder is the machine's architecture."""
SLEEPING = Path(__file__).parent / "sleeping"
LEFT_BEHIND = ("faketime_shm_{}", "sem.faketime_sem_{}")
"""What a process with the library keeps in /dev/shm; a JVM ends without taking it away."""


def moved_clock_or_skip(by: timedelta) -> dict[str, str]:
    """Return variables with which a process has a clock that is off; a machine without libfaketime skips the test.

    Args:
        by: whole days that it is ahead.

    The time of day alone is another one. The monotonic clock stays, and with it how long a wait takes: else a wait of
    Python's would not end. FAKETIME_FORCE_MONOTONIC_FIX, which the library may turn on by itself, must be off then: a
    JVM's waits would end at once, over and over. The times of files stay too: they are compared with those at which
    processes began, and these come of commands on the node's machine (`ps`, `date`), which get none of our variables.
    """
    library = next(Path("/usr/lib").glob(LIBRARY), None)
    if library is None:
        pytest.skip("needs libfaketime, which is not installed (Debian: apt install libfaketime)")
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME": f"{by.days:+d}d",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        "NO_FAKE_STAT": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(SLEEPING), os.environ.get("PYTHONPATH")])),
    }


@dataclass(frozen=True, slots=True)
class NodeWithMore(DevNode):
    """A node that is started with more variables.

    Attributes:
        variables: those that it has more.
    """

    variables: Mapping[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """Return the whole environment in which it is started."""
        return {**DevNode.environment(self), **self.variables}


def start_with(cluster: DevCluster, node: DevNode, variables: Mapping[str, str]) -> None:
    """Start a node of a cluster, which is stopped, with these variables."""
    usual = {one.name: getattr(node, one.name) for one in fields(DevNode)}
    NodeWithMore(**usual, variables=variables).start(cluster.home)


def stop(cluster: DevCluster, *names: str) -> None:
    """Stop the nodes of these names, or all, that were started so, with what the library leaves behind."""
    pids = [process.pid for node in cluster.nodes if (process := node.process()) and (not names or node.name in names)]
    cluster.stop(*names)
    for name in LEFT_BEHIND:
        for pid in pids:
            Path("/dev/shm", name.format(pid)).unlink(missing_ok=True)


@contextmanager
def started_with(cluster: DevCluster, variables: Mapping[str, Mapping[str, str]]) -> Iterator[None]:
    """Start all nodes of a cluster that is stopped, each with the variables at its name, and stop them at the end."""
    try:
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda node: start_with(cluster, node, variables[node.name]), cluster.nodes))
        yield
    finally:
        stop(cluster)
