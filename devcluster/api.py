"""The few requests that a development cluster is asked while it is open; a secured one is never asked here."""

import contextlib
import logging
from collections.abc import Iterator, Sequence

from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from components.clock import Clock
from components.errors import NotConverged
from devcluster.node import DevNode

logging.getLogger("elastic_transport").addHandler(logging.NullHandler())
"""What does not answer, we tell ourselves; the client would write a warning of its own to standard error."""

PATIENCE = 90.0
"""Seconds that a cluster gets until all its nodes are there and every shard is started."""


@contextlib.contextmanager
def client(nodes: Sequence[DevNode], timeout: float = 30) -> Iterator[Elasticsearch]:
    """Give a client of an open cluster, without credentials."""
    with contextlib.closing(
        Elasticsearch([node.url for node in nodes], request_timeout=timeout, max_retries=0)
    ) as found:
        yield found


def is_unsecured(node: DevNode) -> bool:
    """Tell whether a node answers anybody, over plain HTTP."""
    with client([node], timeout=3) as elasticsearch:
        try:
            elasticsearch.cluster.health(timeout="1s")
        except (ApiError, TransportError):
            return False
    return True


def wait_until_green(nodes: Sequence[DevNode], clock: Clock) -> None:
    """Wait until all nodes have joined and every shard has a started copy where it wants one.

    Raises:
        NotConverged: that did not happen in time.
    """
    deadline, last = clock.monotonic() + PATIENCE, "it did not answer"
    with client(nodes) as elasticsearch:
        while clock.monotonic() < deadline:
            try:
                health = elasticsearch.cluster.health()
                last = f"{health['status']}, {health['number_of_nodes']} of {len(nodes)} nodes"
                if health["status"] == "green" and health["number_of_nodes"] >= len(nodes):
                    return
            except (ApiError, TransportError) as error:
                last = str(error)
            clock.sleep(0.2)
    raise NotConverged(
        f"the cluster is not green after {PATIENCE:.0f} s",
        where=nodes[0].cluster,
        why=f"last seen: {last}",
        next_step=f"read {nodes[0].log}",
    )
