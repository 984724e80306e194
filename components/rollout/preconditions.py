"""What must be so before a rollout may stop the first node. Read-only."""

from collections.abc import Iterable, Mapping, Sequence

from components.errors import HttpsMissing, LoginsRefused, TargetUnreachable
from components.findings import Check, Finding, all_findings
from components.nodes.cluster_api import STILL_HELD, ClusterSummary
from components.nodes.logins import in_one_line
from components.rollout.cluster import RolloutCluster
from components.rollout.node import RolloutNode
from components.rollout.peer_names import names_missed, published_and_missed
from components.rollout.preflight import Case, Gate, Sign, gates
from components.rollout.procedure import RESTARTING, Procedure, procedure
from components.rollout.remote_names import remote_clusters_missed
from components.rollout.view import RolloutView, Running
from components.settings.concerns import refused
from components.settings.starting import concerns_on, settings_of

NOT_GREEN = "HealthNotGreen"
NOTHING_KNOWN: Mapping[str, Sequence[str]] = {}


def unlisted_nodes(case: tuple[RolloutView, ClusterSummary]) -> Finding | None:
    """Find members that the stack file does not list: they could not talk to the others afterwards."""
    view, cluster = case
    unlisted = cluster.nodes - set(view.names())
    if not unlisted:
        return None
    return Finding(
        "NodeNotListed",
        f"the cluster has {', '.join(sorted(unlisted))}, which the stack file does not list; a node that is left "
        "out could not talk to the others afterwards: add it under `nodes`",
    )


def absent_nodes(case: tuple[RolloutView, ClusterSummary]) -> Finding | None:
    """Find nodes of the stack file that are not members: they are other nodes, or not well."""
    view, cluster = case
    absent = {node.name for node in view.nodes if not node.half_done} - cluster.nodes
    if not absent:
        return None
    return Finding(
        "NodeAbsent",
        f"{', '.join(sorted(absent))} of the stack file is not in the cluster (its members: "
        f"{', '.join(sorted(cluster.nodes))}); correct `name` to the node's `node.name`, or let it join first",
    )


def health_is_red(case: tuple[RolloutView, ClusterSummary]) -> Finding | None:
    """Find a cluster that lacks primary shards already."""
    if case[1].status != "red":
        return None
    return Finding("HealthRed", "the cluster's health is red: primary shards are missing; mend that first")


def rolling_needs_green(case: tuple[RolloutView, ClusterSummary]) -> Finding | None:
    """Find a cluster in which some shard has no second copy: one node down could take the first one away.

    Source: full-cluster-restart-rolling-restart-procedures, rolling restart (wait for green before the next node).
    """
    view, cluster = case
    if procedure(view) is not Procedure.ROLLING or cluster.status != "yellow":
        return None
    return Finding(
        NOT_GREEN,
        f"the cluster's health is yellow ({cluster.unassigned} shards unassigned): while one node restarts, some shard "
        "could be without any copy; wait until it is green, or add what its replicas need",
    )


PRECONDITIONS: tuple[Check[tuple[RolloutView, ClusterSummary]], ...] = (
    unlisted_nodes,
    absent_nodes,
    health_is_red,
    rolling_needs_green,
)


def nodes_that_cannot_start(nodes: Iterable[RolloutNode]) -> tuple[Finding, ...]:
    """Return what would keep a stopped node from being started again: to be known before it is stopped."""
    found = ((node.name, node.machine.cannot_start()) for node in nodes)
    return tuple(Finding("CannotStart", f"{name} could not be started again: {why}") for name, why in found if why)


def nodes_that_cannot_read(nodes: Iterable[RolloutNode]) -> tuple[Finding, ...]:
    """Return which nodes may not read what their new settings name, as far as it is there."""
    found = ((node.name, node.machine.cannot_read(node.content.files)) for node in nodes)
    return tuple(Finding("CannotRead", f"{name} could not be started again: {why}") for name, why in found if why)


def nodes_that_cannot_keep(view: RolloutView, nodes: Iterable[RolloutNode]) -> tuple[Finding, ...]:
    """Return which keystores could not be written, of those that change: to be known before their nodes are stopped."""
    due = {node.name for node in view.nodes if node.entries}
    found = ((node.name, node.machine.service.cannot_write_keystore()) for node in nodes if node.name in due)
    refusal = "the keystore of {} could not be written while it is stopped: {}"
    return tuple(Finding("CannotKeep", refusal.format(name, why)) for name, why in found if why)


def nodes_that_would_not_start(nodes: Iterable[RolloutNode]) -> tuple[Finding, ...]:
    """Return why Elasticsearch would refuse to start with what is wanted, the operator's own lines among it.

    The settings resource refuses the same in its preview; it is not asked where the operator alone changed something.
    """
    found = ((node.name, concern) for node in nodes for concern in refused(concerns_on(node.machine, node.content)))
    return tuple(Finding(concern.reason, f"{name}: {concern}") for name, concern in found)


def is_begun(view: RolloutView) -> bool:
    """Tell whether there is no point in asking the cluster: a rollout is in hand, or no node runs.

    A rollout that an earlier run began is finished whatever the cluster says, since it may not even answer.
    """
    return any(node.in_hand for node in view.nodes) or all(node.running is Running.NOT_RUNNING for node in view.nodes)


def cluster_is_not_as_listed(view: RolloutView, cluster: RolloutCluster) -> tuple[Finding, ...]:
    """Return what stands against beginning, as the cluster's own API shows it; nothing of one that is not to run."""
    if not view.starts or is_begun(view) or procedure(view) not in RESTARTING:
        return ()
    try:
        found = all_findings(PRECONDITIONS, (view, cluster.summary()))
        held = any(one.reason == NOT_GREEN for one in found) and cluster.hold_left() == STILL_HELD
        return tuple(one for one in found if not (held and one.reason == NOT_GREEN))  # it is let go, and waited for
    except (LoginsRefused, HttpsMissing) as error:
        return (Finding(type(error).__name__, in_one_line(error)),)
    except TargetUnreachable as error:
        return (Finding("ClusterUnreachable", f"{error.what} ({error.why})"),)


def preflight(
    view: RolloutView,
    cluster: RolloutCluster,
    nodes: Iterable[RolloutNode],
    away: float = 0.0,
    vouched: Mapping[str, Sequence[str]] = NOTHING_KNOWN,
    named: Sequence[str] = (),
) -> tuple[Gate, ...]:
    """Return how every gate stands; none where the cluster is not asked, and one where it does not answer.

    Args:
        view: the nodes, and what is to be done with them.
        cluster: who asks it.
        nodes: who looks at their settings.
        away: seconds that a restart took the last time.
        vouched: what the transport leaf of each node names, as far as that is known.
        named: the remote clusters that the stack file names.
    """
    if is_begun(view):
        return ()
    try:
        facts = cluster.facts()
    except TargetUnreachable as error:
        told_with_the_users = isinstance(error, (LoginsRefused, HttpsMissing))  # also what helps
        why = error.what if told_with_the_users else error.why
        return (Gate("ClusterNotAsked", Sign.MIND, f"how the cluster is could not be found out: {why}"),)
    settings = {node.name: settings_of(node.machine, node.content) for node in nodes}
    missed = (*names_missed(settings, vouched), *published_and_missed(facts.published, settings, vouched))
    return (*gates(Case(view, facts, settings, away)), *missed, *remote_clusters_missed(facts, vouched, named))
