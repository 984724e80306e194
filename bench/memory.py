"""The most memory that the plugin of a run takes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

MIB = 2**20
PLUGIN = ["-m", "provider"]
"""What `provider/pulumi-resource-essecurity` becomes."""
LOOK_EVERY = 0.2
"""Seconds."""


@dataclass
class Peak:
    """What was seen, in bytes; 0 where no plugin was seen."""

    bytes: int = 0


@contextmanager
def peak_of_plugin() -> Iterator[Peak]:
    """Watch the plugin of whatever this process starts meanwhile; the kernel keeps the peak of a process itself."""
    peak, ended = Peak(), threading.Event()

    def watch() -> None:
        found: psutil.Process | None = None
        while not ended.wait(LOOK_EVERY):
            with suppress(psutil.Error, OSError, StopIteration):
                if found is None or not found.is_running():
                    found = next(one for one in psutil.Process().children(recursive=True) if _is_plugin(one))
                peak.bytes = max(peak.bytes, _peak(found.pid))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        ended.set()
        watcher.join()


def _is_plugin(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return process.cmdline()[2:4] == PLUGIN
    return False


def _peak(pid: int) -> int:
    """Return the greatest resident size that a process had. Source: proc_pid_status(5), VmHWM."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
