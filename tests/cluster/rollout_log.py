"""What a restart recorded of itself: which steps, when, and which node was away meanwhile."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from drill.load import Kind, Request


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was carried out, with its begin and its end in seconds since 1970."""

    step: str
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class Away:
    """A node that was restarted: away from the moment in which its stop began until all nodes had joined.

    Attributes:
        node: its name.
        since: when its stop began, in seconds since 1970.
        stopped: when its process was gone.
        until: when all nodes had joined.
    """

    node: str
    since: float
    stopped: float
    until: float


class When(StrEnum):
    """When a request was made, as to the node that it was made to."""

    UP = "to a node that was up"
    BESIDE_A_STOP = "to a node that was up, while another was stopping"
    AT_THE_STOP = "under way when its node was stopped"
    AWAY = "to a node that was away"


def restart_outputs(state: dict[str, Any]) -> dict[str, Any]:
    """Return what the restart recorded in an exported state."""
    resources = state["deployment"]["resources"]
    found: dict[str, Any] = next(one["outputs"] for one in resources if one["type"].endswith(":ClusterRestart"))
    return found


def steps_done(outputs: dict[str, Any]) -> tuple[Done, ...]:
    """Return the steps of the last restart, in their order."""
    begins = [datetime.fromisoformat(timed["began"]).timestamp() for timed in outputs["timedSteps"]]
    timed = zip(outputs["timedSteps"], begins, strict=True)
    return tuple(Done(each["step"], began, began + each["seconds"]) for each, began in timed)


def nodes_away(steps: Sequence[Done]) -> tuple[Away, ...]:
    """Return which node was away, from when to when."""
    found = []
    for number, stop in enumerate(steps):
        if stop.step.startswith("stop "):
            joined = next(each for each in steps[number:] if each.step.endswith("have joined"))
            found += [
                Away(node, stop.began, stop.ended, joined.ended) for node in stop.step.removeprefix("stop ").split(", ")
            ]
    return tuple(found)


def when(request: Request, away: Sequence[Away]) -> When:
    """Tell how a request lies to the restarts."""
    for each in away:
        if each.node == request.node and request.began < each.until and each.since < request.ended:
            return When.AT_THE_STOP if request.began < each.since else When.AWAY
    beside = any(request.began < each.stopped and each.since < request.ended for each in away)
    return When.BESIDE_A_STOP if beside else When.UP


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
