"""Plan, apply, plan again: the second plan must be empty."""

from collections.abc import Collection, Sequence
from typing import Any

from components.errors import CommandFailed, NotConverged
from components.handling import Recorded
from components.nodes.machine import NodeMachine
from components.nodes.others_folder import refuse_links_out
from components.nodes.plan import PutFile, WantedFile, folders_of, plan_files
from components.nodes.process import last_line
from components.nodes.spec import Machine

SET_FOLDER = """
cd -P -- "$1" || exit
[ "$(pwd -P)" = "$(cd -P -- "$2" && pwd -P)/$3" ] || { echo "it is a link" >&2; exit 1; }
chown -- "$4" . && chmod -- "$5" .
"""
"""Sets what was entered: who owns the folder around it may put a link in its place at any moment."""


def written_before(recorded: Recorded[Any, Any] | None, machine: Machine) -> tuple[str, ...]:
    """Return the paths of the files that an earlier run wrote for a node; none where that was on another machine.

    Args:
        recorded: a node's files as they are recorded: inputs with `node`, `file` and perhaps `leaf_file`.
        machine: the node's machine now.
    """
    if recorded is None or recorded.inputs.node.machine != machine:
        return ()
    return tuple(filter(None, (recorded.inputs.file, getattr(recorded.inputs, "leaf_file", None))))


def differing(
    machine: NodeMachine, wanted: Sequence[WantedFile], written_before: Collection[str] = ()
) -> tuple[PutFile, ...]:
    """Return the steps that make the files of a node the wanted ones, by one look at them.

    Args:
        machine: where they are.
        wanted: the files as they must be.
        written_before: paths of those that an earlier run wrote, as it is recorded.

    Raises:
        ConfigurationRefused: there is no config folder.
    """
    owner, observed = machine.owner_and_stat(*(file.relative for file in wanted), *folders_of(wanted))
    return plan_files(wanted, observed, owner.user, owner.group, written_before, machine.machine.user or "")


def plan_on(
    machine: NodeMachine, wanted: Sequence[WantedFile], written_before: Collection[str] = ()
) -> tuple[PutFile, ...]:
    """Return the same steps, as they could be taken.

    Raises:
        ConfigurationRefused: likewise, or a link out of the config folder would be written through.
    """
    steps = differing(machine, wanted, written_before)
    if steps:
        refuse_links_out(machine, [step.file.relative for step in steps])
    return steps


def put_files(
    machine: NodeMachine, wanted: Sequence[WantedFile], written_before: Collection[str] = ()
) -> tuple[PutFile, ...]:
    """Make the files the wanted ones and return the steps that it took; the arguments are those of `plan_on`.

    Raises:
        NotConverged: something else writes the same files.
        CommandFailed: a file could not be written; what was there before is still there.
    """
    steps = plan_on(machine, wanted, written_before)
    for step in steps:
        assert step.file.content is not None  # noqa: S101 (only a preview has unknown content)
        if step.file.is_folder:
            _set_folder(machine, step.file)
        else:
            machine.write(step.file.relative, step.file.content, step.file.mode)
    left = differing(machine, wanted)
    if left:
        raise NotConverged(
            "files differ again right after they were written",
            where=machine.name,
            why="; ".join(str(step) for step in left),
            next_step="find what else writes these files (configuration management?), stop it, and run again",
        )
    return steps


def _set_folder(machine: NodeMachine, folder: WantedFile) -> None:
    owner, path = machine.owner(), machine.path(folder.relative)
    owners, mode = f"{owner.user}:{owner.group}", f"{folder.mode:04o}"
    done = machine.target.run(["sh", "-c", SET_FOLDER, "sh", str(path), str(path.parent), path.name, owners, mode])
    if not done.ok:
        raise CommandFailed(
            f"cannot set owner and mode of {path}",
            where=machine.name,
            why=last_line(done),
            next_step=f"do it yourself (`chown {owners}`, `chmod {mode}`), then run again",
        )
