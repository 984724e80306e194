"""What to say of a node that the stack file no longer lists."""

from collections.abc import Iterable

from components.rollout.preflight import ALL_LISTED, NOT_RENEWED
from stacks.called import holder
from stacks.plan_rows import Seen


def warnings_about_forgotten(seen: Iterable[Seen], gates: Iterable[str]) -> tuple[str, ...]:
    """Return a warning for each node of which nothing is kept, unless the cluster itself says who is in it.

    Args:
        seen: all resources of the run.
        gates: how the gates of the preflight stand.
    """
    if any(text in gate for gate in gates for text in (ALL_LISTED, NOT_RENEWED)):
        return ()
    resources = tuple(seen)
    kept = {holder(resource) for resource in resources if not resource.goes}
    gone = sorted({holder(resource) for resource in resources if resource.goes})
    return tuple(
        f"{name} is no longer looked after: stop it, or list it again; its {NOT_RENEWED}"
        for name in gone
        if name and name not in kept
    )
