"""How many machines a run works on at a time, as the stack file says."""

from collections.abc import Mapping
from pathlib import Path

from components.nodes.at_once import DEFAULT
from stacks.config import sections_of_file


def machines_at_once(stack_file: Path) -> int:
    """Return `rollout.machines_at_once` of a stack file that was checked before; else its default."""
    rollout = sections_of_file(stack_file).get("rollout")
    found = rollout.get("machines_at_once") if isinstance(rollout, Mapping) else None
    return found if isinstance(found, int) else DEFAULT
