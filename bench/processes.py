"""Times a command with everything it starts: wall time, and the CPU time of all its children."""

import os
import resource
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ENDS_WITHIN = 60.0
"""Seconds that a command gets to finish its step in hand when it is interrupted."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took, in seconds, and what it printed."""

    wall: float
    cpu: float
    printed: str = ""


def cost_of(command: Sequence[str], environment: Mapping[str, str], folder: Path, well: Sequence[int] = (0,)) -> Cost:
    """Run a command to its end and return what it took.

    Args:
        command: the command.
        environment: variables over this process's own.
        folder: where it is run.
        well: the exit statuses of a run that went well.

    Raises:
        RuntimeError: it failed; its last words are in the text.
    """
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = _run(command, {**os.environ, **environment}, folder)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in well:
        raise RuntimeError(
            f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-1500:]}{done.stderr[-1500:]}"
        )
    cpu = (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)
    return Cost(wall, cpu, done.stdout)


def _run(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command; when this process is interrupted, end it as an operator would, and wait until it has ended."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that a Ctrl-C in the terminal comes to it once, and from here
    )
    try:
        printed, said = process.communicate()
    except BaseException:
        process.terminate()
        try:
            process.communicate(timeout=ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        raise
    return subprocess.CompletedProcess(command, process.returncode, printed, said)
