"""A refused run leaves no node down, and no replicas held, that an earlier run of ours stopped, or held."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from components.errors import ConfigurationRefused, SecurityError
from components.rollout.perform import Performer
from components.rollout.procedure import secured_by_somebody_else
from components.rollout.steps import back
from components.rollout.view import NodeView, RolloutView, Running


@contextmanager
def leaving_it_well(performer: Performer, view: RolloutView) -> Iterator[None]:
    """Put back what an earlier run left in the middle, where what is done now is refused, and say so in its error.

    Of a cluster that is not ours nothing is touched. Where several nodes are down, it is a full stop that stands still:
    they cannot be put back one by one, and it goes on once its way is free.

    Raises:
        ConfigurationRefused: what was refused, with what was done all the same.
    """
    try:
        yield
    except ConfigurationRefused as refused:
        if secured_by_somebody_else(view):
            raise
        done = _left_well(performer, view)
        if not done:
            raise
        next_step = refused.next_step.removeprefix("nothing was changed by it; ")
        raise ConfigurationRefused(
            refused.what, where=refused.where, why=refused.why, next_step=f"{done}; {next_step}"
        ) from refused


def _left_well(performer: Performer, view: RolloutView) -> str:
    """Put back what can be, and return what was done, or why that did not succeed; empty where there is nothing."""
    down = [node for node in view.nodes if node.in_hand and node.running is Running.NOT_RUNNING]
    if not down:
        return _let_go(performer)
    if len(down) > 1 or _would_be_parted(down[0], view):
        return ""
    name = down[0].name
    performer.context.warn(f"{name}: an earlier run stopped it; putting it back as it was")
    try:
        performer.perform(back(view, [name]))
    except SecurityError as error:
        return f"{name}, which an earlier run had stopped, could not be put back: {error.what} ({error.why})"
    return f"{name}, which an earlier run had stopped, runs again as it did before"


def _let_go(performer: Performer) -> str:
    with suppress(SecurityError):  # who cannot be asked is named by what was refused
        if performer.cluster.holds_allocation():
            performer.cluster.release_allocation()
            return "replicas, which an earlier run kept from being moved, may be moved again"
    return ""


def _would_be_parted(node: NodeView, view: RolloutView) -> bool:
    return any(other.speaks_tls not in (None, node.kept_tls) for other in view.nodes)
