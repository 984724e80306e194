"""Whether a rollout may begin: everything that stands against it, beside how the gates of the preflight stand."""

from collections.abc import Sequence
from dataclasses import dataclass

from components.findings import Finding
from components.rollout.perform import Performer
from components.rollout.preconditions import (
    cluster_is_not_as_listed,
    is_begun,
    nodes_that_cannot_start,
    nodes_that_would_not_start,
    preflight,
)
from components.rollout.preflight import Gate, shut
from components.rollout.procedure import RESTARTING, procedure, refusals, secured_by_somebody_else
from components.rollout.view import RolloutView
from components.rollout.waivers import Waiver, in_use, unwaived


@dataclass(frozen=True, slots=True)
class Admission:
    """What was found before a rollout.

    Attributes:
        gates: how the gates stand.
        against: what keeps it from beginning.
        waived: what would, and is waived; each as a line.
    """

    gates: tuple[Gate, ...] = ()
    against: tuple[Finding, ...] = ()
    waived: tuple[str, ...] = ()


def admit(view: RolloutView, performer: Performer, waivers: Sequence[Waiver], away: float) -> Admission:
    """Return whether a rollout may begin, and why not; looks only.

    Args:
        view: the nodes, and what is to be done with them.
        performer: who asks the machines and the cluster.
        waivers: gates that need not hold.
        away: seconds that a restart took the last time; 0 where there was none.
    """
    secured = secured_by_somebody_else(view)
    if secured is not None:  # nothing else can be asked of a cluster that nobody has let us into
        return Admission(against=(secured,))
    nodes, today = tuple(performer.nodes.values()), performer.context.clock.now().date()
    gates = preflight(view, performer.cluster, nodes, away)
    may_be_waived = (*cluster_is_not_as_listed(view, performer.cluster), *shut(gates))
    against = [*refusals(view), *unwaived(may_be_waived, waivers, today)]
    if procedure(view) in RESTARTING:
        against += nodes_that_cannot_start(nodes)
        if not is_begun(view):  # what is in hand is finished, or put back
            against += nodes_that_would_not_start(nodes)
    return Admission(gates, tuple(against), in_use(may_be_waived, waivers, today))
