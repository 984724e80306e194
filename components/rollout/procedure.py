"""Which procedure a change needs, and why. Every rule has a reason that the preview shows."""

from enum import StrEnum

from components.findings import Check, Finding, all_findings
from components.nodes.logins import GIVE_IT
from components.rollout.view import NodeView, RolloutView, Running, changes_tls, nodes_down

TAKEOVER_LINE = "elasticsearch-security:takeover: {elastic_password: {secure: …}}"
HELD = "AllocationHeld"
FINISH_LINE = "elasticsearch-security:takeover: {}"


class Procedure(StrEnum):
    """How nodes come to run with what is wanted."""

    NONE = "none"
    TIDYING_UP = "tidying up"
    FILES_ONLY = "files only"
    ROLLING = "rolling restart"
    FULL_STOP = "full stop"


RESTARTING = frozenset({Procedure.ROLLING, Procedure.FULL_STOP})


def rollout_is_in_hand(node: NodeView) -> Finding | None:
    """Find a node that an earlier run left in the middle."""
    if not node.in_hand:
        return None
    return Finding("RolloutInHand", f"{node.name}: an earlier rollout stopped half-way and is finished now")


def transport_tls_changes(node: NodeView) -> Finding | None:
    """Find a node whose transport layer must go from plain to TLS (or back): it cannot talk to the others.

    Source: deploy-manage/security/set-up-basic-security (full cluster restart).
    """
    if not changes_tls(node):
        return None
    now, after = ("plain", "TLS") if node.wants_tls else ("TLS", "plain")
    return Finding("TransportTlsChanges", f"{node.name}: transport layer {now} → {after}")


def configuration_differs(node: NodeView) -> Finding | None:
    """Find a node that runs with another elasticsearch.yml or keystore than is wanted.

    Source: deploy-manage/security/updating-certificates (both are read at start only).
    """
    if node.on_disk or node.running is not Running.OTHER:
        return None
    return Finding("ConfigurationDiffers", f"{node.name}: {', '.join(node.changes) or 'its files differ'}")


def process_is_older_than_its_files(node: NodeView) -> Finding | None:
    """Find a node whose files are right, but whose process was started before they were."""
    if not node.on_disk or node.running is not Running.OTHER:
        return None
    return Finding("StartedBeforeItsFiles", f"{node.name}: was started before its files were changed")


def is_taken_over(node: NodeView) -> Finding | None:
    """Find a node that runs with somebody else's keys and CAs."""
    if not node.secured or node.running is not Running.OTHER or node.speaks_tls is False:
        return None
    return Finding("TakenOver", f"{node.name}: is taken over; it is secured {node.secured}")


def was_secured_half_way(node: NodeView) -> Finding | None:
    """Find a node that somebody began to secure, and that does not start with what they left."""
    if not node.half_done:
        return None
    return Finding("HalfDone", f"{node.name}: was secured half-way, and does not start: {node.half_done}")


RESTART_REASONS: tuple[Check[NodeView], ...] = (
    rollout_is_in_hand,
    is_taken_over,
    was_secured_half_way,
    transport_tls_changes,
    configuration_differs,
    process_is_older_than_its_files,
)


def files_differ(node: NodeView) -> Finding | None:
    """Find a node whose files are not the wanted ones, whatever it runs with."""
    if node.on_disk:
        return None
    return Finding("FilesDiffer", f"{node.name}: {', '.join(node.changes) or 'its files differ'}")


def rollout_left_files(node: NodeView) -> Finding | None:
    """Find a node where an earlier rollout was killed while it tidied up."""
    if not node.left_files:
        return None
    return Finding("RolloutLeftFiles", f"{node.name}: what an earlier rollout kept is still there, and needed no more")


FILE_REASONS: tuple[Check[NodeView], ...] = (files_differ, rollout_left_files)


def restart_reasons(view: RolloutView) -> tuple[Finding, ...]:
    """Return every reason to restart, node by node."""
    return tuple(finding for node in view.nodes for finding in all_findings(RESTART_REASONS, node))


def replicas_are_held(view: RolloutView) -> Finding | None:
    """Find a cluster whose replicas an earlier rollout kept from being moved, and never let go."""
    if not view.held:
        return None
    return Finding(HELD, view.held)


def reasons(view: RolloutView) -> tuple[Finding, ...]:
    """Return every reason to restart, or to touch files only; node by node.

    Where nodes are restarted, one whose files differ is restarted with them, or started, and has that as its reason.
    """
    if restart_reasons(view):
        found = (all_findings(RESTART_REASONS, node) or all_findings((files_differ,), node) for node in view.nodes)
        return tuple(finding for of_node in found for finding in of_node)
    files = tuple(finding for node in view.nodes for finding in all_findings(FILE_REASONS, node))
    return (*files, *all_findings((replicas_are_held,), view))


def procedure(view: RolloutView) -> Procedure:
    """Return what it takes to make every node run with what is wanted."""
    if not restart_reasons(view):
        due = Procedure.TIDYING_UP if reasons(view) else Procedure.NONE
        return Procedure.FILES_ONLY if any(map(files_differ, view.nodes)) else due
    return Procedure.FULL_STOP if _must_stop_together(view) else Procedure.ROLLING


def _must_stop_together(view: RolloutView) -> bool:
    """TLS and plain nodes cannot talk; a node that stands alone cannot be spared; and where none runs, none waits.

    More than one node that is in hand and stopped is the rest of a full stop: they start together, or find no quorum.
    """
    if len([node for node in nodes_down(view) if node.in_hand]) > 1:
        return True
    return len(view.nodes) in (1, len(nodes_down(view))) or any(
        transport_tls_changes(node) or (_is_on_its_way_to_tls(node) and not _others_are_settled(node, view))
        for node in view.nodes
    )


def _is_on_its_way_to_tls(node: NodeView) -> bool:
    """Tell whether a rollout that stopped half-way on this node is one that turns transport TLS on or off."""
    return node.kept_tls is not None and node.kept_tls != node.wants_tls


def _others_are_settled(node: NodeView, view: RolloutView) -> bool:
    """Tell whether all others have that behind them: the node is then brought to where they are, alone."""
    return all(other is node or (not other.in_hand and other.speaks_tls is other.wants_tls) for other in view.nodes)


def secured_by_somebody_else(view: RolloutView) -> Finding | None:
    """Find nodes that are secured already, and not by us, where the stack file does not say to take them over."""
    found = [node for node in view.nodes if node.secured]
    if view.takes_over or not found:
        return None
    told = "; ".join(_how_secured(node) for node in found)
    if any(_in_force(node) for node in found):
        text = (
            f"{told}. To take the cluster over, give the present password of elastic, encrypted: `{GIVE_IT}` asks for "
            f"it, and adds this line to the stack file: {TAKEOVER_LINE}"
        )
    else:
        text = f"{told}. To let this stack finish it, add this line to the stack file: {FINISH_LINE}"
    return Finding("SecuredAlready", text)


def _in_force(node: NodeView) -> bool:
    return not node.half_done and node.speaks_tls is not False


def _how_secured(node: NodeView) -> str:
    if _in_force(node):
        return f"{node.name} is secured already: {node.secured}"
    state = f"it does not start: {node.half_done}" if node.half_done else "it still runs without TLS"
    return f"{node.name} was secured half-way, {node.secured}, and {state}"
