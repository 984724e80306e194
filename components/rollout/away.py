"""How long a node was away in the last restart: what a preview can say of the next one."""

from collections.abc import Iterable
from statistics import mean

BEGINS, ENDS = "stop ", "wait until "
"""How the steps begin between which a node is away."""


def seconds_away(timed: Iterable[tuple[str, float]]) -> float:
    """Return the seconds from a stop until all nodes had joined again; the mean, where it was one after the other.

    Args:
        timed: the executed steps with their seconds.

    Returns:
        0 where nothing was stopped.
    """
    found: list[float] = []
    away = False
    for step, seconds in timed:
        if step.startswith(BEGINS) and not away:
            away = True
            found.append(0.0)
        if away:
            found[-1] += seconds
            away = not (step.startswith(ENDS) and step.endswith("joined"))
    return round(mean(found), 1) if found else 0.0
