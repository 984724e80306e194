"""Nodes that do not run although the cluster is to be running: what a plan says of them, and where `up` ends."""

from components.errors import TargetUnreachable
from components.findings import Finding
from components.rollout.preflight import Gate, Sign
from components.rollout.procedure import RESTARTING, Procedure, procedure
from components.rollout.refusals import no_node_runs
from components.rollout.view import NodeView, RolloutView, nodes_down, to_start

NOT_EVERY_NODE_RUNS = "not every node runs"
NOT_EVERY_PROCESS_IS_KNOWN = "not every node's process is known"
NOT_KNOWN = "ProcessNotKnown"


def nodes_that_are_away(view: RolloutView) -> tuple[Finding, ...]:
    """Find nodes that do not run although the cluster is to be running, and of which no rollout is in hand."""
    if not view.starts:
        return ()
    away = [node for node in nodes_down(view) if not node.in_hand]
    return tuple(
        Finding(NOT_KNOWN if node.unknown else "NodeNotRunning", node.unknown or f"{node.name} does not run")
        for node in away
    )


def of_nodes_that_are_away(view: RolloutView) -> tuple[Gate, ...]:
    """Return how it stands with nodes that do not run; none where all do, or where a restart refuses them itself."""
    names = [finding.message.removesuffix(" does not run") for finding in nodes_that_are_away(view)]
    kind = procedure(view)
    refused = kind is not Procedure.NONE and (no_node_runs(view) or nodes_not_known(view))
    if not names or kind in RESTARTING or refused:
        return ()
    if kind is Procedure.NONE:
        return (Gate("NodesAway", Sign.SHUT, f"{_what(view)}: {_why(view)}; {_start_them(view)}"),)
    do, them = ("does", "it") if len(names) == 1 else ("do", "them")
    does = "writes files, goes on," if kind is Procedure.FILES_ONLY else "tidies up"
    text = f"{', '.join(names)} {do} not run: `up` {does} and does not start {them}"
    return (Gate("NodesAway", Sign.MIND, text),)


def refuse_nodes_that_are_away(view: RolloutView) -> None:
    """Refuse to call a cluster well whose nodes do not all run.

    Raises:
        TargetUnreachable: with how to start them.
    """
    if nodes_that_are_away(view):
        raise TargetUnreachable(
            _what(view),
            where="cluster",
            why=_why(view),
            next_step=f"{_start_them(view)}; nothing was changed by it",
        )


def nodes_not_known(view: RolloutView) -> tuple[Finding, ...]:
    """Find nodes that answer, and whose process is not known: none may be started in their place."""
    return tuple(finding for finding in nodes_that_are_away(view) if finding.reason == NOT_KNOWN)


def _what(view: RolloutView) -> str:
    return NOT_EVERY_NODE_RUNS if _down(view) else NOT_EVERY_PROCESS_IS_KNOWN


def _why(view: RolloutView) -> str:
    return "; ".join(finding.message for finding in nodes_that_are_away(view))


def _start_them(view: RolloutView) -> str:
    down = _down(view)
    if not down:
        return "do that, then run `up` again"
    return f"start {'it' if len(down) == 1 else 'them'}, then run `up` again{to_start(down)}"


def _down(view: RolloutView) -> list[NodeView]:
    return [node for node in nodes_down(view) if not node.in_hand and not node.unknown]
