"""Real processes for tests that look for an engine: they do nothing, and are ended by their id."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def process_named(name: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process of this name until the block ends."""
    program = shutil.copy(shutil.which("sleep") or "", folder / name)
    process = subprocess.Popen([program, "600"])
    try:
        yield process
    finally:
        process.kill()
        process.wait()
