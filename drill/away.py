"""When nodes were away, and how the requests of a load lie to that."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from drill.load import Kind, Request


@dataclass(frozen=True, slots=True)
class Away:
    """A node that was stopped, or killed: away from the moment in which that began until all nodes had joined.

    Attributes:
        node: its name.
        since: when its stop began, in seconds since 1970.
        stopped: when its process was gone.
        until: when all nodes had joined; infinite where they did not.
    """

    node: str
    since: float
    stopped: float
    until: float

    @property
    def return_took(self) -> float:
        """Seconds from the end of its process until all nodes had joined."""
        return self.until - self.stopped


class When(StrEnum):
    """When a request was made, as to the node that it was made to."""

    UP = "to a node that was up"
    BESIDE_A_STOP = "to a node that was up, while another was stopping"
    AT_THE_STOP = "under way when its node was stopped"
    AWAY = "to a node that was away"


TO_A_NODE_THAT_WAS_UP = frozenset({When.UP, When.BESIDE_A_STOP})


def when(request: Request, away: Sequence[Away]) -> When:
    """Tell how a request lies to the times in which nodes were away."""
    for each in away:
        if each.node == request.node and request.began < each.until and each.since < request.ended:
            return When.AT_THE_STOP if request.began < each.since else When.AWAY
    beside = any(request.began < each.stopped and each.since < request.ended for each in away)
    return When.BESIDE_A_STOP if beside else When.UP


def failed_though_up(requests: Iterable[Request], away: Sequence[Away]) -> tuple[Request, ...]:
    """Return the requests that failed although their node was up."""
    return tuple(one for one in requests if one.failure and when(one, away) in TO_A_NODE_THAT_WAS_UP)


def counted(requests: Iterable[Request], away: Sequence[Away]) -> str:
    """Return the numbers, one line for each kind and time."""
    groups: dict[tuple[Kind, When], list[Request]] = {}
    for request in requests:
        groups.setdefault((request.kind, when(request, away)), []).append(request)
    return "\n".join(
        f"{len(group):6} {kind} {time}: {', '.join(f'{count} {what}' for what, count in _numbers(group).items())}"
        for kind in Kind
        for time in When
        if (group := groups.get((kind, time)))
    )


def _numbers(group: Sequence[Request]) -> dict[str, int]:
    return {
        "failed": sum(bool(one.failure) for one in group),
        "asked again": sum(bool(one.first_answer) for one in group),
        "changed the protocol": sum(len(set(one.protocols)) > 1 for one in group),
    }
