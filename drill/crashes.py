"""A node is killed on the spot, and started again, while the others are asked."""

import http.client
import math

from devcluster.cluster import DevCluster
from drill.away import Away
from drill.load import CLOCK, Client, Kind, Load, Wrong

REJOINED_WITHIN = 60.0
"""Seconds within which a node that was killed has to be back."""
BETWEEN_LOOKS = 0.1
"""Seconds."""


def crash(cluster: DevCluster, name: str) -> tuple[float, float]:
    """Kill a node (SIGKILL) and start it again; return when it began to be away, and when its process was gone.

    Raises:
        CommandFailed: it did not start.
    """
    since = CLOCK.now().timestamp()
    cluster.kill(name)
    stopped = CLOCK.now().timestamp()
    cluster.node(name).start(cluster.home)  # the cluster would look for other ports, since these are just left
    return since, stopped


def crash_and_wait(cluster: DevCluster, load: Load, name: str) -> Away:
    """Likewise, and return how long it was away; infinitely, where the cluster is not whole in time."""
    since, stopped = crash(cluster, name)
    whole = is_whole(load, name, stopped + REJOINED_WITHIN)
    return Away(name, since, stopped, CLOCK.now().timestamp() if whole else math.inf)


def is_whole(load: Load, beside: str, deadline: float) -> bool:
    """Ask another node than this one until all nodes have joined and all shards are started; tell whether they are.

    Args:
        load: its nodes are all nodes, and it knows how to ask them.
        beside: the node that is not asked.
        deadline: until when it is waited, in seconds since 1970.
    """
    client = Client(load, next(node for node in load.nodes if node.name != beside), Kind.COUNT)
    try:
        while not _says_so(client):
            if CLOCK.now().timestamp() > deadline:
                return False
            CLOCK.sleep(BETWEEN_LOOKS)
    finally:
        client.close()
    return True


def _says_so(client: Client) -> bool:
    try:
        health = client.answer("GET", "/_cluster/health", None)
    except (Wrong, OSError, http.client.HTTPException):
        client.close()
        return False
    return bool(health["number_of_nodes"] == len(client.load.nodes) and health["status"] == "green")
