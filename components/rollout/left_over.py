"""What an earlier rollout left over, which the cluster alone can tell: it knows who is a member, and what it holds."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from components.errors import SecurityError
from components.nodes.cluster_api import ClusterSummary
from components.rollout.cluster import RolloutCluster
from components.rollout.preflight import HELD, Gate
from components.rollout.procedure import RESTARTING, Procedure, procedure, secured_by_somebody_else
from components.rollout.view import NodeView, RolloutView, Running


def as_the_cluster_knows(view: RolloutView, cluster: RolloutCluster) -> RolloutView:
    """Return the view with what the cluster has to be asked for: who leads it, and what is left over.

    Where it does not answer, or refuses to tell, nothing is left over, and nobody leads. The preconditions say so, but
    while something is in hand: that may be why it does not answer, and is done whatever it says.
    """
    if secured_by_somebody_else(view):  # nobody has let us in
        return view
    with suppress(SecurityError):
        if _may_be_left_over(view):
            view = left_over(view, cluster.summary().nodes)
        if procedure(view) is Procedure.ROLLING:
            view = led(view, cluster.summary())
    return view


def led(view: RolloutView, cluster: ClusterSummary) -> RolloutView:
    """Return the view with the elected master, which a rolling restart stops last."""
    return replace(view, elected_master=cluster.elected_master)


def left_over(view: RolloutView, members: Iterable[str]) -> RolloutView:
    """Return the view in which no node is in hand, where each that was has been restarted, and is a member again.

    A rollout is in the middle of nothing then. To go back to what it kept would take a later change back to a state
    from before an earlier one, and could part a node from the others; and an earlier consent would stand for a change
    that nobody has allowed.
    """
    in_hand = {node.name for node in view.nodes if node.in_hand}
    if not _may_be_left_over(view) or not in_hand <= set(members):
        return view
    return replace(view, nodes=tuple(_tidied_up(node) if node.in_hand else node for node in view.nodes))


def still_held(view: RolloutView, found: Iterable[Gate]) -> RolloutView:
    """Return the view with what a preflight found: whether replicas are kept from being moved.

    A restart holds them anyway, and lets them be moved once more before it does.
    """
    held = any(gate.reason == HELD for gate in found)
    return replace(view, held=held) if _may_be_tidied_up(view) else view


def asked_what_is_held(view: RolloutView, cluster: RolloutCluster) -> RolloutView:
    """Return the view with whether replicas are kept from being moved, as `still_held` does, where nobody looked."""
    runs = any(node.running is not Running.NOT_RUNNING for node in view.nodes)
    if not runs or not _may_be_tidied_up(view) or secured_by_somebody_else(view):
        return view
    with suppress(SecurityError):
        return replace(view, held=cluster.holds_allocation())
    return view


def _may_be_tidied_up(view: RolloutView) -> bool:
    return view.starts and procedure(view) not in RESTARTING


def _may_be_left_over(view: RolloutView) -> bool:
    in_hand = [node for node in view.nodes if node.in_hand]
    return bool(in_hand) and all(node.restarted for node in in_hand)


def _tidied_up(node: NodeView) -> NodeView:
    return replace(node, in_hand=False, kept_tls=None, restarted=False, left_files=True)
