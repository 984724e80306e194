"""How many machines a run works on at a time, as the stack file says."""

from pathlib import Path

from components.errors import ConfigurationRefused
from components.nodes.at_once import DEFAULT
from stacks.config import sections_of_file


def machines_at_once(stack_file: Path) -> int:
    """Return `rollout.machines_at_once` of a stack file that was checked before; its default where it has none."""
    try:
        rollout = sections_of_file(stack_file).get("rollout")
    except ConfigurationRefused:  # an empty program may have an empty stack file
        return DEFAULT
    found = rollout.get("machines_at_once") if isinstance(rollout, dict) else None
    return found if isinstance(found, int) else DEFAULT
