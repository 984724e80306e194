"""How long the plugin lives: one run of a stack at a time, and never longer than its engine.

An engine may be killed while the plugin is in the middle of a step. The step in hand is finished, so that
no node is left half-changed; then the plugin ends. Until then it holds the stack's lock, so that the next
run waits for it instead of working against it.
"""

import getpass
import hashlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

WATCH_EVERY = 0.5
"""Seconds between two looks at the parent process."""
LOOK_AGAIN = 1.0
"""Seconds between two looks at a lock that another run holds."""


class Stopped(Exception):
    """The engine is gone or asked to stop; nothing new may start."""

    def __init__(self) -> None:
        super().__init__("the run was stopped; nothing new is started")


class Work:
    """Counts the steps in hand, and refuses new ones once the plugin is to end."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._running = 0
        self._ending = False

    @property
    def ending(self) -> bool:
        """Whether nothing new may start."""
        return self._ending

    @contextmanager
    def step(self) -> Iterator[None]:
        """Hold the plugin alive while a step runs.

        Raises:
            Stopped: nothing new may start.
        """
        with self._condition:
            self.refuse_when_ending()
            self._running += 1
        try:
            yield
        finally:
            with self._condition:
                self._running -= 1
                self._condition.notify_all()

    def start_nothing_new(self) -> None:
        """Refuse every step from here on."""
        with self._condition:
            self._ending = True
            self._condition.notify_all()

    def refuse_when_ending(self) -> None:
        """Do nothing as long as new steps may start.

        Raises:
            Stopped: they may not.
        """
        if self._ending:
            raise Stopped

    def pause(self, seconds: float) -> None:
        """Wait; not longer than until the plugin is to end."""
        with self._condition:
            self._condition.wait_for(lambda: self._ending, seconds)

    def wait_until_idle(self) -> None:
        """Return when no step is in hand."""
        with self._condition:
            self._condition.wait_for(lambda: self._running == 0)


def watch_parent(work: Work, leave: Callable[[], None]) -> None:
    """Call ``leave`` once the process that started us is gone and the step in hand is finished."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            threading.Event().wait(WATCH_EVERY)
        work.start_nothing_new()
        work.wait_until_idle()
        leave()

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


class StackLock:
    """One plugin at a time changes the machines of a stack (on one control machine).

    The lock belongs to the open file, so it goes with the process, however it ends.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(tempfile.gettempdir()) / f"essecurity-{getpass.getuser()}"
        self._held: FileLock | None = None
        self._guard = threading.Lock()

    def hold(self, stack: str, work: Work, waiting: Callable[[str], None]) -> None:
        """Take the lock of a stack for the rest of this process; tell ``waiting`` while another has it.

        Raises:
            Stopped: the plugin is to end before it got the lock, so the step must not begin.
        """
        with self._guard:
            if self._held is not None:
                return
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._folder / f"{hashlib.sha256(stack.encode()).hexdigest()[:16]}.lock"
            lock = FileLock(path, thread_local=False)  # it is the process's, whichever thread took it
            work.refuse_when_ending()
            while not _taken(lock):
                waiting("an earlier run of this stack is finishing its step; waiting for it")
                work.pause(LOOK_AGAIN)
                work.refuse_when_ending()
            self._held = lock

    def release(self) -> None:
        """Give the lock back."""
        with self._guard:
            if self._held is not None:
                self._held.release()
                self._held = None


def _taken(lock: FileLock) -> bool:
    """Take a lock if nobody has it; tell whether it is ours now."""
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True
