"""Whether a rollout may begin: everything that stands against it is told at once."""

from collections.abc import Mapping, Sequence

from components.errors import ConfigurationRefused
from components.rollout.cluster import RolloutCluster
from components.rollout.left_over import left_half_way
from components.rollout.not_running import nodes_not_known
from components.rollout.perform import Performer
from components.rollout.preconditions import (
    NOTHING_KNOWN,
    cluster_is_not_as_listed,
    is_begun,
    nodes_that_cannot_keep,
    nodes_that_cannot_read,
    nodes_that_cannot_start,
    nodes_that_would_not_start,
    preflight,
)
from components.rollout.preflight import Gate, shut
from components.rollout.procedure import RESTARTING, Procedure, procedure, secured_by_somebody_else
from components.rollout.refusals import refusals
from components.rollout.view import RolloutView
from components.rollout.waivers import Waiver, in_use, unwaived


def admitted(
    view: RolloutView,
    performer: Performer,
    waivers: Sequence[Waiver],
    away: float,
    *,
    where: str,
    vouched: Mapping[str, Sequence[str]] = NOTHING_KNOWN,
    named: Sequence[str] = (),
    written: bool = True,
) -> tuple[Gate, ...]:
    """Return how the gates of the preflight stand; looks only, and tells what is waived.

    Args:
        view: the nodes, and what is to be done with them.
        performer: who asks the machines and the cluster.
        waivers: gates that need not hold.
        away: seconds that a restart took the last time; 0 where there was none.
        where: the cluster, for the error.
        vouched: what the transport leaf of each node names, as far as that is known.
        named: the remote clusters that the stack file names.
        written: whether our key and trust files are as wanted by now; in a preview this very plan may mend them.

    Raises:
        ConfigurationRefused: it may not begin; the text has every reason.
    """
    _refuse_what_is_not_ours(view, performer.cluster, where)
    nodes, today = tuple(performer.nodes.values()), performer.context.clock.now().date()
    found = preflight(view, performer.cluster, nodes, away, vouched, named)
    against_a_rollout = shut(found) if procedure(view) is not Procedure.TIDYING_UP else ()
    may_be_waived = (*cluster_is_not_as_listed(view, performer.cluster), *against_a_rollout)
    against = [*(nodes_not_known(view) or refusals(view)), *unwaived(may_be_waived, waivers, today)]
    if procedure(view) in RESTARTING:
        against += nodes_that_cannot_start(nodes)
        if not is_begun(view):  # what is in hand is finished, or put back
            against += nodes_that_cannot_read(nodes) if written else ()
            against += (*nodes_that_cannot_keep(view, nodes), *nodes_that_would_not_start(nodes))
    for line in in_use(may_be_waived, waivers, today):
        performer.context.warn(line)
    if against:
        raise ConfigurationRefused(
            f"the {procedure(view)} cannot begin",
            where=where,
            why="; ".join(finding.message for finding in against),
            next_step="nothing was changed by it; correct what is named, then run again"
            f"{left_half_way(view, performer.cluster)}",
        )
    return found


def _refuse_what_is_not_ours(view: RolloutView, cluster: RolloutCluster, where: str) -> None:
    """Nothing can be asked of a cluster that nobody has let us into."""
    found = secured_by_somebody_else(view)
    if found is not None:
        raise ConfigurationRefused(
            "this cluster is not ours to change",
            where=where,
            why=found.message,
            next_step="nothing was changed by it; add the line, or leave the cluster as it is"
            f"{left_half_way(view, cluster)}",
        )
