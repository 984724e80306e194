"""What a restart recorded of itself: which steps, when, and which node was away meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drill.away import Away


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was carried out, with its begin and its end in seconds since 1970."""

    step: str
    began: float
    ended: float


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
