"""Times a command with everything it starts: wall time, and the CPU time of all its children."""

import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


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
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in well:
        raise RuntimeError(
            f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-1500:]}{done.stderr[-1500:]}"
        )
    cpu = (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)
    return Cost(wall, cpu, done.stdout)
