"""Runs the tools that build things: their lines are read as they come, and nothing they start outlives them."""

import contextlib
import os
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

KEPT_LINES = 20
"""How much of a failed tool's output goes into the error."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a tool ended.

    Attributes:
        exit_status: its exit status; negative for a signal.
        last_lines: the end of what it wrote, standard output and standard error together.
    """

    exit_status: int
    last_lines: tuple[str, ...]

    @property
    def tail(self) -> str:
        """The last lines as one text."""
        return "\n".join(self.last_lines)


def run(
    argv: Sequence[str],
    on_line: Callable[[str], None],
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Ended:
    """Run a tool to its end and hand over every line as it comes.

    Args:
        argv: the command and its arguments.
        on_line: called with each line, without its end.
        cwd: the folder to run it in.
        environment: the whole environment; None for our own.

    Raises:
        OSError: it could not be started.
    """
    kept: deque[str] = deque(maxlen=KEPT_LINES)
    process = subprocess.Popen(
        list(argv),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=cwd,
        env=environment,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        for line in process.stdout or ():
            kept.append(line.rstrip("\n"))
            on_line(kept[-1])
        process.wait()
    finally:
        end_group(process)
    return Ended(process.returncode, tuple(kept))


def end_group(process: subprocess.Popen[str]) -> None:
    """Kill a process that leads a session, and everything it started, if it still runs."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
