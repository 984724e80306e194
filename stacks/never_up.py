"""A stack of which nothing is recorded: there is nothing to compare the machines with, and nothing to give out."""

from collections.abc import Iterable, Mapping
from typing import Any

from components.errors import ConfigurationRefused
from stacks.events import phase_of
from stacks.plan_rows import Seen


def refuse_unrecorded(seen: Iterable[Seen], stack: str) -> None:
    """Refuse to compare machines with a record that has nothing of ours in it: nobody knows what differs there.

    Raises:
        ConfigurationRefused: the stack was never put up, or was destroyed.
    """
    if not any(phase_of(resource.token) for resource in seen):
        raise ConfigurationRefused(
            "nothing is recorded of it yet",
            where=f"stack {stack}",
            why="it was never put up, or was destroyed, so there is nothing that its machines could differ from",
            next_step=_put_up(stack),
        )


def refuse_without_outputs(outputs: Mapping[str, Any], stack: str) -> None:
    """Refuse to give out outputs of a stack that has none; one that was put up has several.

    Raises:
        ConfigurationRefused: no `up` of it has ended.
    """
    if not outputs:
        raise ConfigurationRefused(
            "it has no outputs yet",
            where=f"stack {stack}",
            why="it was never put up, or not to the end, or was destroyed",
            next_step=_put_up(stack),
        )


def _put_up(stack: str) -> str:
    return f"`preview {stack}`, then `up {stack}`"
