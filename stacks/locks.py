"""Locks of a file backend: who holds them, and whether that process is still there.

The engine writes a lock file with the process that holds it, and never takes away another's. Where that process
was on this machine and is gone, nobody holds the lock. Source: pkg/backend/diy/lock.go, read at v3.259.0.
"""

import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from components.clock import Clock
from stacks.file_backend import state_folder

POLL = 0.5


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock.

    Attributes:
        pid: the process that took it.
        here: whether that was on this machine, so that the process can be looked for.
        alive: whether the process is still an engine on this machine.
    """

    pid: int
    here: bool
    alive: bool


def locks_on(backend: str, project: str, stack: str) -> tuple[Lock, ...]:
    """Return the locks on a stack; none for backends that lock by other means.

    Args:
        backend: the backend's URL.
        project: the project's name.
        stack: the stack's name.
    """
    state = state_folder(backend)
    if state is None:
        return ()
    folder = state / "locks" / "organization" / project / stack
    found = (_read(path) for path in folder.glob("*.json"))
    return tuple(lock for lock in found if lock is not None)


def wait_for_running(look: Callable[[], tuple[Lock, ...]], clock: Clock, waiting: Callable[[str], None]) -> bool:
    """Wait while an engine on this machine holds a lock; return whether dead locks are left behind.

    A lock of another machine is left to the engine, which says what to do about it.
    """
    while True:
        locks = look()
        alive = [lock.pid for lock in locks if lock.alive]
        if not alive:
            return bool(locks) and all(lock.here for lock in locks)
        waiting(f"process {alive[0]} is still at work on this stack")
        clock.sleep(POLL)


def _read(path: Path) -> Lock | None:
    try:
        content = json.loads(path.read_text())
        pid, here = int(content["pid"]), content["hostname"] == socket.gethostname()
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Lock(pid, here, here and _is_engine(pid))


def _is_engine(pid: int) -> bool:
    """Tell whether a process is an engine; its number alone may have been given to another one."""
    try:
        return "pulumi" in psutil.Process(pid).name()
    except psutil.Error:
        return False
