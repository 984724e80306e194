"""What is refused before a rollout begins, as the nodes themselves show it; each rule says what to do instead."""

from components.findings import Check, Finding, all_findings
from components.rollout.begun import full_stop_was_begun, would_be_stopped
from components.rollout.procedure import RESTARTING, Procedure, procedure
from components.rollout.view import RolloutView, Running, nodes_down, to_start

CONSENT_LINE = "elasticsearch-security:consent: {full_cluster_restart: true}"
MODE_LINE = "elasticsearch-security:transport: {verification_mode: certificate}"
IN_A_RUN_OF_ITS_OWN = (
    "but where {} never was in the cluster, it has no files yet to start with: take it out of the stack file, run "
    "`up`, put it back, and run `up` again, which writes them"
)


def consent_is_missing(view: RolloutView) -> Finding | None:
    """Find a full stop that nobody allowed, and that is not the rest of one that has to go on."""
    if procedure(view) is not Procedure.FULL_STOP or view.consent:
        return None
    stopped = [node for node in view.nodes if would_be_stopped(node)]
    if not stopped or full_stop_was_begun(view, stopped):
        return None
    return Finding(
        "ConsentMissing",
        f"this change stops {_all_of(view)}, and that was not allowed; "
        f"to allow it, add this line to the stack file: {CONSENT_LINE}",
    )


def _all_of(view: RolloutView) -> str:
    return f"all {len(view.nodes)} nodes at once" if len(view.nodes) > 1 else f"the only node, {view.nodes[0].name}"


def names_cannot_be_verified_yet(view: RolloutView) -> Finding | None:
    """Find nodes whose present certificates may lack their address, where peers are to verify it from the first on.

    Source: security-settings, xpack.security.transport.ssl.verification_mode.
    """
    unnamed = [node.name for node in view.nodes if node.unnamed]
    if not unnamed or procedure(view) is not Procedure.ROLLING:
        return None
    return Finding(
        "NamesNotVerified",
        f"{', '.join(unnamed)} present certificates that need not name their address (verification_mode is not full "
        "there), and a restarted node would refuse those that are still to come; until all are taken over, add this "
        f"line to the stack file: {MODE_LINE}",
    )


def nodes_run_though_none_should(view: RolloutView) -> Finding | None:
    """Find running nodes where the stack file says that the cluster is not started yet."""
    running = [node.name for node in view.nodes if node.running is not Running.NOT_RUNNING]
    if view.starts or not running:
        return None
    return Finding(
        "RunningUnexpectedly",
        f"{', '.join(running)} run, but the stack file says `cluster.running: false`; remove that line or stop them",
    )


def nodes_would_be_started_though_none_should(view: RolloutView) -> Finding | None:
    """Find the rest of a rollout, which starts nodes, where the stack file says that the cluster is not started yet."""
    if view.starts or procedure(view) not in RESTARTING or len(nodes_down(view)) < len(view.nodes):
        return None
    in_hand = ", ".join(node.name for node in view.nodes if node.in_hand)
    return Finding(
        "StartsUnexpectedly",
        f"an earlier rollout stopped half-way on {in_hand}, and to finish it starts nodes, but the stack file says "
        "`cluster.running: false`; remove that line until it is finished",
    )


def a_node_is_down(view: RolloutView) -> Finding | None:
    """Find a node that somebody stopped while others run: a restart of the others may cost the quorum.

    Where no other has to be restarted, it is a new node that gets its files before its first start. What is not on
    record may be new, or a member that an earlier run did not come to record; the operator knows.
    """
    kind = procedure(view)
    waits = kind is Procedure.FULL_STOP  # what was secured half-way is started with the others then
    down = [node for node in nodes_down(view) if not node.in_hand and not (waits and node.half_done)]
    if not down or len(nodes_down(view)) == len(view.nodes) or any(node.in_hand for node in view.nodes):
        return None
    if kind not in RESTARTING or not view.starts:  # where none is to run, others that do are refused
        return None
    names = ", ".join(node.name for node in down)
    new = ", ".join(node.name for node in down if node.new and not node.on_disk)
    apart = f"; {IN_A_RUN_OF_ITS_OWN.format(new)}" if new else ""
    return Finding("NodeDown", f"{names} does not run, and the others do; start it first{to_start(down)}{apart}")


def no_node_runs(view: RolloutView) -> Finding | None:
    """Find a cluster that somebody stopped: what it takes to change it depends on how it runs."""
    stopped = all(node.running is Running.NOT_RUNNING and not node.in_hand for node in view.nodes)
    if not (view.starts and stopped) or any(node.half_done for node in view.nodes):
        return None
    return Finding(
        "NoNodeRuns",
        "no node runs; start them first, or, if they are to be started for the first time after this, "
        f"set `cluster.running: false` in the stack file until then{to_start(view.nodes)}",
    )


REFUSALS: tuple[Check[RolloutView], ...] = (
    consent_is_missing,
    names_cannot_be_verified_yet,
    nodes_run_though_none_should,
    nodes_would_be_started_though_none_should,
    a_node_is_down,
    no_node_runs,
)


def refusals(view: RolloutView) -> tuple[Finding, ...]:
    """Return every reason not to begin; only asked when something is to be done."""
    return all_findings(REFUSALS, view)
