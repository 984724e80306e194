"""A run whose plugin stops before its work on every resource of a wave, so that a test can do something there."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.changed_provider import AT_GATE, DONE, OPEN
from tests.cluster.stack_run import Finished, StackRun, kill_run

SETTLED = 0.5
"""Seconds after which all that works beside the first one has come to its gate too."""
MOST_SECONDS = 120.0


@contextmanager
def gated_run(run: StackRun, folder: Path) -> Iterator["Gates"]:
    """Run `up` with the plugin that stops at gates, in whose folder they are; nothing of it is left running."""
    process = run.start("up", "--json")
    try:
        yield Gates(folder, process)
    finally:
        if process.poll() is None:
            kill_run(process)


class Gates:
    """The gates of one run, which are opened one after the other."""

    def __init__(self, folder: Path, process: subprocess.Popen[str]) -> None:
        self.folder, self.process, self.opened = folder, process, []

    def each(self) -> Iterator[str]:
        """Give the name of every resource before the work on it, until the run is over."""
        while (name := self._next()) is not None:
            yield name
            (self.folder / f"{name}{OPEN}").touch()
            self.opened.append(name)
            self._wait(lambda done=self.folder / f"{name}{DONE}": done.exists())

    def finished(self) -> Finished:
        """Return how the run ended."""
        stdout, stderr = self.process.communicate()
        return Finished(self.process.returncode, stdout, stderr)

    def _next(self) -> str | None:
        self._wait(self._waiting)
        if self.process.poll() is None:
            time.sleep(SETTLED)
        return min(self._waiting(), default=None)

    def _waiting(self) -> list[str]:
        there = (path.name.removesuffix(AT_GATE) for path in self.folder.glob(f"*{AT_GATE}"))
        return [name for name in there if name not in self.opened]

    def _wait(self, come) -> None:
        deadline = time.monotonic() + MOST_SECONDS
        while not come() and self.process.poll() is None:
            assert time.monotonic() < deadline, f"nothing came after {self.opened}"
            time.sleep(0.02)
