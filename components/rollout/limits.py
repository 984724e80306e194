"""How patient a rollout is."""

from dataclasses import dataclass

from components.rollout.spec import HEALTH_TIMEOUT


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a rollout waits, and for what.

    Attributes:
        join: seconds until every node must have joined.
        health: seconds until health must be as good as before.
        least: the health without which a rolling restart stops no node.
    """

    join: float = 300
    health: float = HEALTH_TIMEOUT
    least: str = "green"
