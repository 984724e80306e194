"""Which file a worker takes next: those with nodes go one after the other, beside those without."""

from collections.abc import Iterable

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

from tests.node_slots import MOST_NODES

LONGEST_FIRST = ("test_killed_after_every_step", "test_rotation_under_load", "test_held_rotation")
"""Modules with three nodes that take many minutes."""
WITH_NODES = ("tests/cluster/", "tests/devcluster/")
"""Where tests need real nodes: who hands out files has not read them, and knows no markers."""


class NodesBesideOthers(LoadFileScheduling):
    """Two workers with nodes would wait for each other's (`node_slots`), while tests without nodes wait for neither."""

    def _assign_work_unit(self, node: WorkerController) -> None:
        others = (work for worker, work in self.assigned_work.items() if worker is not node)
        unfinished = {file for work in others for file, tests in work.items() if not all(tests.values())}
        self.workqueue.move_to_end(next_file(self.workqueue, unfinished), last=False)
        super()._assign_work_unit(node)


def next_file(waiting: Iterable[str], in_hand: Iterable[str]) -> str:
    """Return the file that is to come next, out of those that wait, in their order.

    Args:
        waiting: at least one.
        in_hand: what other workers have not finished.
    """
    files = list(waiting)
    nodes_are_taken = any(map(needs_nodes, in_hand))
    return next((file for file in files if needs_nodes(file) != nodes_are_taken), files[0])


def turn(module: str, nodes: int) -> tuple[int, int]:
    """Return when a module comes: among those with nodes the longest, then those with most nodes.

    A module of engine tests may have the name of one with nodes.
    """
    if nodes and module in LONGEST_FIRST:
        return 0, LONGEST_FIRST.index(module)
    return MOST_NODES - nodes + 1, 0


def needs_nodes(file: str) -> bool:
    """Tell whether tests of a file run on real nodes."""
    return file.startswith(WITH_NODES)
