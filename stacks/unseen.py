"""Nodes whose machine did not answer when a run looked at it: nobody knows what is due there."""

from collections.abc import Iterable

from components.errors import NOT_LOOKED_AT


def unseen_in(warnings: Iterable[str]) -> tuple[str, ...]:
    """Return the nodes that were not looked at, as the warnings of a run name them."""
    named = (warning.partition(f": {NOT_LOOKED_AT}: ") for warning in warnings)
    return tuple(sorted({node for node, found, _ in named if found}))


def unseen_told(nodes: Iterable[str]) -> str:
    """Return what a run ends with that could not look at these nodes."""
    names = tuple(nodes)
    was = "was" if len(names) == 1 else "were"
    return (
        f"{', '.join(names)} {was} not looked at, so nobody knows what is due there\n"
        "  next: see that the machine runs and that `ssh` reaches it by hand, then run again"
    )
