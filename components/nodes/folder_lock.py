"""One write at a time in a folder of this machine, whoever writes; and what a killed writer left there goes.

Over SSH, `ssh_scripts.WRITE` does the same, with the same lock: a run on the machine itself and one from elsewhere
wait for each other too.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

TEMPORARY_SUFFIX = ".essecurity-new"
"""A fixed name, so that the next write knows what a killed run left half-written."""
WITHIN = 30.0
"""Seconds that another write in the folder gets to end."""
LOOK_AGAIN = 0.05


@contextlib.contextmanager
def only_writer_in(folder: Path) -> Iterator[None]:
    """Hold a folder's lock, which ends with the process that has it, and begin without files of killed writers.

    Raises:
        OSError: the folder cannot be opened, or another write in it does not end.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(descriptor)
        for left in folder.glob(f"*{TEMPORARY_SUFFIX}"):
            if left.is_symlink() or not left.is_dir():
                left.unlink(missing_ok=True)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    deadline = time.monotonic() + WITHIN
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise OSError(f"another run writes into this folder, and has not ended within {WITHIN:.0f} s") from None
            time.sleep(LOOK_AGAIN)
        else:
            return
