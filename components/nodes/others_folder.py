"""What root does in a folder that somebody else may change: it goes nowhere that a link placed there leads.

Each script goes into a folder, looks where it is, and works on plain names there: what is moved or linked elsewhere
between two of its lines leads it nowhere else.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath

from components.errors import CommandFailed, ConfigurationRefused
from components.nodes.entered import OURS
from components.nodes.machine import NodeMachine
from components.nodes.process import last_line

BEGINS = f"""{OURS}
cd -P -- "$1" && here=$(pwd -P) || exit
shift
"""
"""Takes the config folder off the arguments."""

LEADING_OUT = (
    BEGINS
    + """
ours "$here" && exit
for folder do
  (cd -P -- "$folder" 2>/dev/null || exit 0; case $(pwd -P)/ in "$here"/*) ;; *) printf '%s\\n' "$folder" ;; esac)
done
"""
)
"""Arguments: the config folder, and folders in it. Writes which of them are elsewhere by somebody else's link."""

REMOVE_INSIDE = (
    BEGINS
    + """
cd -P -- "$(dirname -- "$1")" 2>/dev/null || exit 0
case $(pwd -P)/ in "$here"/*) rm -r -f -- "$(basename -- "$1")" ;; esac
"""
)
"""Arguments: the config folder, and the path of a file in it. What lies elsewhere stays."""


def refuse_links_out(machine: NodeMachine, files: Sequence[str]) -> None:
    """Refuse to write into folders that somebody else's link puts out of the config folder.

    Args:
        machine: the machine.
        files: paths of what is to be written, relative to the config folder.

    Raises:
        ConfigurationRefused: a folder of theirs is such a link, and we are root.
    """
    folders = sorted({str(PurePosixPath(file).parent) for file in files} - {"."})
    elsewhere = script(machine, LEADING_OUT, *folders, doing="look at").splitlines() if folders else []
    for folder in elsewhere:
        raise ConfigurationRefused(
            f"`{folder}` is a link out of the config folder",
            where=f"{machine.name}: {machine.path(folder)}",
            why="others than root may change the config folder, and root would write wherever their link leads",
            next_step=f"make `{folder}` a folder of its own, then run again",
        )


def remove_inside(machine: NodeMachine, relative: str) -> None:
    """Remove a file of the config folder; one that a link puts elsewhere stays.

    Raises:
        CommandFailed: it cannot be removed.
    """
    script(machine, REMOVE_INSIDE, relative, doing="remove files in")


def script(machine: NodeMachine, text: str, *arguments: str, doing: str) -> str:
    """Run a script on a node's config folder, and return what it wrote.

    Args:
        machine: the machine.
        text: the script; it begins with `BEGINS`.
        arguments: what it gets after the config folder.
        doing: what an error says of it, such as `look at`.

    Raises:
        CommandFailed: it failed.
    """
    config = machine.machine.config
    done = machine.target.run(["sh", "-c", text, "sh", config, *arguments])
    if done.ok:
        return done.stdout
    raise CommandFailed(
        f"cannot {doing} {config}",
        where=machine.name,
        why=last_line(done),
        next_step="mend what it says: a link where a folder or a file should be, its owner, or the free space; "
        "then run again",
    )
