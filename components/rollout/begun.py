"""Whether a full stop was begun by an earlier run, and has to go on: its rest needs no consent of its own."""

from collections.abc import Sequence

from components.rollout.view import NodeView, RolloutView, Running, is_right


def would_be_stopped(node: NodeView) -> bool:
    """Tell whether a full stop stops a node: its files may have been edited by hand, and be no reason to restart it."""
    return node.running is not Running.NOT_RUNNING and not is_right(node)


def full_stop_was_begun(view: RolloutView, stopped: Sequence[NodeView]) -> bool:
    """Tell whether one has nodes down, or some that are parted from the others, and leaves no cluster to be stopped.

    A full stop keeps the files of every node that it stops before it stops the first one, and a rolling restart those
    of one node: that one is no consent for the others. And where those that it would stop are a cluster by themselves,
    one that is not stopped yet or that is up again, it is a matter of consent whether they go on.

    Args:
        view: the nodes.
        stopped: those that it would stop now.
    """
    begun = are_parted(view) or any(node.in_hand and node.running is Running.NOT_RUNNING for node in view.nodes)
    return begun and all(node.in_hand for node in stopped) and not _can_elect(stopped, view)


def are_parted(view: RolloutView) -> bool:
    """Tell whether some nodes speak TLS and others do not, so that they cannot be one cluster."""
    return len({node.speaks_tls for node in view.nodes} - {None}) > 1


def _can_elect(nodes: Sequence[NodeView], view: RolloutView) -> bool:
    """Tell whether these nodes are more than half of those that may be elected, and speak alike."""
    voters = [node for node in nodes if node.master_eligible]
    needed = len([node for node in view.nodes if node.master_eligible]) // 2 + 1
    return any(len([node for node in voters if node.speaks_tls is tls]) >= needed for tls in (True, False))
