"""What an earlier rollout left over, which the cluster alone can tell: it knows who is a member, and what it holds."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from components.errors import SecurityError
from components.rollout.begun import are_parted
from components.rollout.cluster import RolloutCluster
from components.rollout.preflight import THE_NEXT_ENDS_IT, Gate
from components.rollout.procedure import HELD, RESTARTING, Procedure, procedure, secured_by_somebody_else
from components.rollout.view import NodeView, RolloutView, Running, nodes_down, to_start

KEPT = "what was there before is kept in `essecurity-rollout` of the config folder"


def as_the_cluster_knows(view: RolloutView, cluster: RolloutCluster) -> RolloutView:
    """Return the view with what the cluster has to be asked for: who leads it, and what is left over.

    Where it does not answer, or refuses to tell, nothing is left over, and nobody leads. The preconditions say so, but
    while something is in hand: that may be why it does not answer, and is done whatever it says.
    """
    if secured_by_somebody_else(view):  # nobody has let us in
        return view
    with suppress(SecurityError):
        if any(node.restarted for node in view.nodes):
            view = left_over(view, cluster.summary().nodes, held=bool(cluster.hold_left()))
        if procedure(view) is Procedure.ROLLING:
            view = replace(view, elected_master=cluster.summary().elected_master)
    return view


def left_over(view: RolloutView, members: Iterable[str], *, held: bool) -> RolloutView:
    """Return the view in which no node is in hand that has been restarted since, and is a member.

    Replicas are let go once all have joined: a node that is away by then has gone away since. As long as they are held,
    or nodes are parted by TLS, this is so only where it holds for all that are in hand. To go back to what was kept
    would take a later change back to a state from before an earlier one, and could part a node from the others; and an
    earlier consent would stand for a change that nobody has allowed.

    Args:
        view: the nodes.
        members: those that are in the cluster.
        held: whether replicas are kept from being moved.
    """
    in_hand = {node.name for node in view.nodes if node.in_hand}
    back = {node.name for node in view.nodes if node.in_hand and node.restarted}.intersection(members)
    if (held or are_parted(view)) and back != in_hand:
        return view
    return replace(view, nodes=tuple(_tidied_up(node) if node.name in back else node for node in view.nodes))


def still_held(view: RolloutView, found: Iterable[Gate]) -> RolloutView:
    """Return the view with what a preflight found: whether replicas are kept from being moved.

    A restart holds them anyway, and lets them be moved once more before it does.
    """
    held = next((gate.text.removesuffix(THE_NEXT_ENDS_IT) for gate in found if gate.reason == HELD), "")
    return replace(view, held=held) if _may_be_tidied_up(view) else view


def asked_what_is_held(view: RolloutView, cluster: RolloutCluster) -> RolloutView:
    """Return the view with whether replicas are kept from being moved, as `still_held` does, where nobody looked."""
    runs = any(node.running is not Running.NOT_RUNNING for node in view.nodes)
    if not runs or not _may_be_tidied_up(view) or secured_by_somebody_else(view):
        return view
    with suppress(SecurityError):
        return replace(view, held=cluster.hold_left())
    return view


def left_half_way(view: RolloutView, cluster: RolloutCluster) -> str:
    """Return what an earlier run left in the middle, and stays so while a run is refused, to stand behind a text.

    A run that is refused does nothing, so it is for a person to start what is down.
    """
    down = [node for node in nodes_down(view) if node.in_hand]
    told = []
    if down:
        names = ", ".join(node.name for node in down)
        was, be, it = ("was", "is", "it") if len(down) == 1 else ("were", "are", "them")
        start = f": start {it}{to_start(down)}" if view.starts else ""
        told.append(f"{names} {was} stopped by an earlier run, or since, and {be} down{start}; {KEPT}")
    with suppress(SecurityError):  # who cannot be asked is named by what is refused
        if not secured_by_somebody_else(view) and (held := cluster.hold_left()):
            told.append(f"{held}, and a run that is not refused ends that")
    return f"; meanwhile: {'; '.join(told)}" if told else ""


def _may_be_tidied_up(view: RolloutView) -> bool:
    return view.starts and procedure(view) not in RESTARTING


def _tidied_up(node: NodeView) -> NodeView:
    return replace(node, in_hand=False, kept_tls=None, restarted=False, left_files=True)
