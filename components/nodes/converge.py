"""Plan, apply, plan again: the second plan must be empty."""

from collections.abc import Sequence

from components.errors import NotConverged
from components.nodes.machine import NodeMachine
from components.nodes.plan import PutFile, WantedFile, plan_files


def plan_on(machine: NodeMachine, wanted: Sequence[WantedFile]) -> tuple[PutFile, ...]:
    """Observe a machine and return what is to be done for the wanted files."""
    owner, observed = machine.owner_and_stat(*(file.relative for file in wanted))
    return plan_files(wanted, observed, owner.user, owner.group)


def put_files(machine: NodeMachine, wanted: Sequence[WantedFile]) -> tuple[PutFile, ...]:
    """Make the files the wanted ones and return the steps that it took.

    Raises:
        NotConverged: something else writes the same files.
        CommandFailed: a file could not be written; what was there before is still there.
    """
    steps = plan_on(machine, wanted)
    for step in steps:
        assert step.file.content is not None  # noqa: S101 (only a preview has unknown content)
        machine.write(step.file.relative, step.file.content, step.file.mode)
    left = plan_on(machine, wanted)
    if left:
        raise NotConverged(
            "files differ again right after they were written",
            where=machine.name,
            why="; ".join(str(step) for step in left),
            next_step="find what else writes these files (configuration management?), stop it, and run again",
        )
    return steps
