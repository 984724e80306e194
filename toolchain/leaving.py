"""Stops this checkout's nodes, and removes what it set up here; what all checkouts share stays.

`python3 toolchain/leaving.py stop`, or `… clean`. A `make setup` that was interrupted leaves an environment without the
packages, so this runs on any Python, and uses nothing but the standard library.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEV = ".dev"
OURS = (
    DEV,
    ".venv",
    "policy/.venv",
    "peers/ansible/.venv",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
    ".import_linter_cache",
)
"""What `make` puts into a checkout."""
ELSEWHERE = "essecurity-"
"""How the folder is named that a link in `.dev` leads to, where the nodes' user may not enter the checkout."""
PROCESSES = Path("/proc")
CONFIG_OF_A_NODE = "-Des.path.conf="
STOP_TIMEOUT = 40.0
INTERRUPTED = 130
"""The exit status that a shell gives to what Ctrl-C ended."""


def main() -> int:
    """Run one command, and return the exit status: 1 where something could not be stopped or removed."""
    try:
        return COMMANDS[sys.argv[1]](ROOT)
    except OSError as error:
        return complain(f"{error.filename or 'a process'} could not be dealt with", str(error.strerror or error))
    except KeyboardInterrupt:
        say("interrupted; run it again to finish")
        return INTERRUPTED


def stop(root: Path) -> int:
    """Stop every node of a checkout."""
    nodes = dict(nodes_of(root))
    _signal(nodes, signal.SIGTERM)
    if not _are_gone(root, STOP_TIMEOUT):
        _signal(dict(nodes_of(root)), signal.SIGKILL)
        if not _are_gone(root, STOP_TIMEOUT):
            return complain(
                "a node does not end", f"process {', '.join(map(str, dict(nodes_of(root))))} is still there"
            )
    say("".join(f"stopped {name} (process {pid})\n" for pid, name in nodes.items()).rstrip() or "no node runs")
    return 0


def clean(root: Path) -> int:
    """Stop every node of a checkout, and remove all that was set up in it."""
    if dict(nodes_of(root)) and stop(root):
        return 1
    there = [name for name in OURS if os.path.lexists(root / name)]
    for folder in _elsewhere(root):
        shutil.rmtree(folder)
    for name in there:
        path = root / name
        if path.is_symlink() or not path.is_dir():
            path.unlink()
        else:
            shutil.rmtree(path)
    say(f"removed {', '.join(there)}" if there else "nothing to remove")
    return 0


def nodes_of(root: Path) -> Iterator[tuple[int, str]]:
    """Yield the process and the name of each node that runs from a folder of a checkout."""
    folders = [(root / DEV).resolve(), *_elsewhere(root)]
    for path in PROCESSES.glob("[0-9]*/cmdline"):
        try:
            arguments = os.fsdecode(path.read_bytes()).split("\0")
        except OSError:  # it ended meanwhile
            continue
        for argument in arguments:
            config = Path(argument[len(CONFIG_OF_A_NODE) :])
            if argument.startswith(CONFIG_OF_A_NODE) and any(folder in config.resolve().parents for folder in folders):
                yield int(path.parent.name), config.parent.name


def _elsewhere(root: Path) -> list[Path]:
    """Return the folders outside the checkout that links in `.dev` lead to, as long as they are ours."""
    links = [path for path in (root / DEV).glob("*") if path.is_symlink() and path.is_dir()]
    found = [link.resolve() for link in links]
    return [path for path in found if path.name.startswith(ELSEWHERE) and path.stat().st_uid == os.geteuid()]


def _signal(processes: Collection[int], number: signal.Signals) -> None:
    for pid in processes:
        try:
            os.kill(pid, number)
        except ProcessLookupError:  # it ended meanwhile
            continue


def _are_gone(root: Path, timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while any(True for _ in nodes_of(root)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def complain(what: str, why: str) -> int:
    """Print an error in the form that all errors of this project have."""
    say(f"✗ {what}\n  why:  {why}\n  next: mend that, then run again")
    return 1


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


COMMANDS: Mapping[str, Callable[[Path], int]] = {"stop": stop, "clean": clean}

if __name__ == "__main__":
    sys.exit(main())
