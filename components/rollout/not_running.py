"""Nodes that do not run although the cluster is to be running: what a plan says of them, and where `up` ends."""

from components.errors import TargetUnreachable
from components.rollout.preflight import Gate, Sign
from components.rollout.procedure import RESTARTING, Procedure, no_node_runs, nodes_that_are_away, procedure
from components.rollout.view import RolloutView, Running, to_start

NOT_EVERY_NODE_RUNS = "not every node runs"


def of_nodes_that_are_away(view: RolloutView) -> tuple[Gate, ...]:
    """Return how it stands with nodes that do not run; none where all do, or where a restart refuses them itself."""
    names = [finding.message.removesuffix(" does not run") for finding in nodes_that_are_away(view)]
    kind = procedure(view)
    if not names or kind in RESTARTING or (kind is not Procedure.NONE and no_node_runs(view)):
        return ()
    if kind is Procedure.NONE:
        return (Gate("NodesAway", Sign.SHUT, f"{NOT_EVERY_NODE_RUNS}: {_why(view)}; {_start_them(view)}"),)
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
            NOT_EVERY_NODE_RUNS,
            where="cluster",
            why=_why(view),
            next_step=f"{_start_them(view)}; nothing was changed by it",
        )


def _why(view: RolloutView) -> str:
    return "; ".join(finding.message for finding in nodes_that_are_away(view))


def _start_them(view: RolloutView) -> str:
    down = [node for node in view.nodes if node.running is Running.NOT_RUNNING and not node.in_hand]
    return f"start {'it' if len(down) == 1 else 'them'}, then run `up` again{to_start(down)}"
