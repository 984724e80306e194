"""The CA of a layer is rotated, and at each point a node is killed and started again."""

from components.errors import NotConverged
from components.pki.spec import Layer
from devcluster.cluster import DevCluster
from drill.away import Away
from drill.crashes import REJOINED_WITHIN, crash_and_wait
from drill.load import Load
from drill.points import Point, points_of
from drill.stack import Stack
from toolchain import console


def rotate_with_crashes(stack: Stack, cluster: DevCluster, load: Load, layer: Layer) -> list[Away]:
    """Go from point to point, and do the rest in the end; return how long each node was away.

    Raises:
        CommandFailed: a run failed, or a node did not start.
        NotConverged: a node did not come back.
    """
    away = []
    for point in points_of(layer, [node.name for node in load.nodes]):
        stack.up_only(*point.brought_by)
        away.append(crash_and_wait(cluster, load, point.victim))
        if away[-1].return_took > REJOINED_WITHIN:
            raise _not_back(point, cluster)
        console.say(f"  {point.name}: {point.victim} was killed, and back after {away[-1].return_took:.1f} s")
    stack.up()
    return away


def _not_back(point: Point, cluster: DevCluster) -> NotConverged:
    return NotConverged(
        f"{point.victim} is not back {REJOINED_WITHIN:.0f} s after it was killed",
        where=point.name,
        why="another node does not see all nodes joined and all shards started",
        next_step=f"read {cluster.node(point.victim).log}; `make up` finishes the rotation",
    )
