"""Real development clusters for tests: on free ports, in a folder of their own, and always stopped and removed.

A test module uses them by importing the fixture: ``from tests.cluster_fixtures import three_open_nodes``.
"""

import os
import random
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from components.errors import ConfigurationRefused
from devcluster import ports
from devcluster.cluster import DevCluster, running
from devcluster.home import elasticsearch_home
from devcluster.spec import ClusterSpec, NodeSpec
from toolchain import java

NAMES = ("es-1", "es-2", "es-3")
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
FIRST_PORTS = range(20_000 + 1_000 * (WORKER % 10), 21_000 + 1_000 * (WORKER % 10), 20)
"""Of this worker alone: seconds pass until a node has the port that was found free for it."""


def elasticsearch_or_skip(version: str | None = None) -> Path:
    """Return an Elasticsearch home; a machine that lacks Maven or a JDK skips the test and says what is missing.

    Args:
        version: which one; None for the usual one.
    """
    if shutil.which("mvn") is None:
        pytest.skip("needs Maven, which is not installed")
    try:
        java.find_jdk()
    except ConfigurationRefused as error:
        pytest.skip(f"needs a JDK: {error.why}")
    return elasticsearch_home(version)


def free_ports(count: int, taken: Collection[int] = ()) -> tuple[int, ...]:
    """Return different ports that are free now, from a random start so that two test runs do not meet.

    Args:
        count: how many.
        taken: those that somebody has, but does not listen on yet.
    """
    found: list[int] = []
    for _ in range(count):
        found.append(ports.choose(random.choice(FIRST_PORTS), [*taken, *found]))  # noqa: S311 (no secret)
    return tuple(found)


def cluster_spec(folder: Path, names: Sequence[str] = NAMES, cluster: str = "books") -> ClusterSpec:
    """Return a cluster on free ports, in this folder."""
    found = free_ports(2 * len(names))
    nodes = tuple(
        NodeSpec(name, *pair) for name, pair in zip(names, zip(found[::2], found[1::2], strict=True), strict=True)
    )
    return ClusterSpec(name=cluster, folder=folder / "cluster", home=folder / "cluster" / "home", nodes=nodes)


@contextmanager
def open_cluster(folder: Path, names: Sequence[str] = NAMES, cluster: str = "books") -> Iterator[DevCluster]:
    """Run an unsecured cluster: laid out, started, green; stopped and removed afterwards, also after a failure."""
    elasticsearch_or_skip()
    with running(cluster_spec(folder, names, cluster)) as found:
        yield found


@pytest.fixture
def three_open_nodes(tmp_path: Path) -> Iterator[DevCluster]:
    """Three nodes, not secured, without documents, for one test."""
    with open_cluster(tmp_path) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def shared_open_nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevCluster]:
    """Three nodes, not secured, without documents, for all tests of a module, which must leave them running."""
    with open_cluster(tmp_path_factory.mktemp("nodes")) as cluster:
        yield cluster
