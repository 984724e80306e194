"""A member that the stack file leaves out, while nodes come to present leaves of another transport CA.

Nobody covers it, and nobody gives it a new leaf. It refuses the others from *present* on, and they refuse it after
*retire*, each at the next connection: so it is asked for before the first wave, in the preview.
"""

from collections.abc import Sequence

from components.errors import ConfigurationRefused, SecurityError
from components.findings import Finding
from components.rollout.perform import Performer
from components.rollout.spec import FIRST_GENERATION
from components.rollout.view import RolloutView, Running
from components.rollout.waivers import Waiver, in_use, unwaived

CUT_OFF = "NodeCutOff"


def another_ca(recorded: int | None, wanted: int | None) -> bool:
    """Tell whether nodes come to present leaves of another generation than when the restart was last through."""
    return (recorded or FIRST_GENERATION) != (wanted or FIRST_GENERATION)


def refuse_to_cut_off(view: RolloutView, performer: Performer, waivers: Sequence[Waiver], *, where: str) -> None:
    """Refuse another transport CA while the cluster has members that are not listed.

    Where the cluster cannot be asked, nothing is known against it.

    Args:
        view: the nodes.
        performer: who asks the cluster, and tells what is waived.
        waivers: gates that need not hold.
        where: the cluster, for the error.

    Raises:
        ConfigurationRefused: with their names.
    """
    found, today = _members_cut_off(view, performer), performer.context.clock.now().date()
    for line in in_use(found, waivers, today):
        performer.context.warn(line)
    against = unwaived(found, waivers, today)
    if against:
        raise ConfigurationRefused(
            "the transport CA cannot be rotated",
            where=where,
            why="; ".join(map(str, against)),
            next_step="list it under `nodes`, also where its machine does not answer now, or stop Elasticsearch on it; "
            "then run again",
        )


def _members_cut_off(view: RolloutView, performer: Performer) -> tuple[Finding, ...]:
    if all(node.running is Running.NOT_RUNNING for node in view.nodes):
        return ()
    try:
        unlisted = sorted(performer.cluster.summary().nodes - set(view.names()))
    except SecurityError:
        return ()
    if not unlisted:
        return ()
    text = f"the cluster has {', '.join(unlisted)}, which the stack file does not list: without a leaf of the new CA"
    return (Finding(CUT_OFF, f"{text} it will be refused by the others at its next connection"),)
