"""What the driver tells the program of its plan, for the operator's hooks: both run in this very process."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from components.hooks.handler import NO_ROLLOUT
from stacks.hook_rows import hooks_run
from stacks.plan import Plan
from stacks.show import plan_data

_announced: list[str] = []


@contextmanager
def announced_to_hooks(plan: Plan) -> Iterator[None]:
    """Let a program that runs in here know which plan is carried out."""
    announcement = {"run": uuid4().hex, "plan": plan_data(plan)}
    _announced.append(json.dumps(announcement, default=str) if hooks_run(plan.rows) else NO_ROLLOUT)
    try:
        yield
    finally:
        _announced.pop()


def announced_plan() -> str | None:
    """Return what hooks are told of the plan; empty where it has no hooks, None where nobody made a plan."""
    return _announced[-1] if _announced else None
