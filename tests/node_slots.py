"""Three Elasticsearch nodes at a time on this machine, however many workers run the tests."""

import os
import time
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

MOST_NODES = 3


class NodeSlots:
    """What this process holds of the machine's slots for nodes; the kernel frees them when a process ends.

    Args:
        folder: where the slots' lock files lie, the same for all workers.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[int, FileLock] = {}

    def hold(self, count: int) -> None:
        """Hold just so many slots; wait until they are free, and for those who came before.

        The line keeps whoever needs three from being passed for ever by those who need one.
        """
        if len(self._held) == count:
            return
        self.release()
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with FileLock(self._folder / "line"):
            while len(self._held) < count:
                self._take(count)
                time.sleep(0.05)

    def release(self) -> None:
        """Give back what is held."""
        while self._held:
            self._held.popitem()[1].release()

    def _take(self, count: int) -> None:
        for number in range(MOST_NODES):
            if number in self._held or len(self._held) == count:
                continue
            slot = FileLock(self._folder / str(number), blocking=False)
            with suppress(Timeout):
                slot.acquire()
                self._held[number] = slot


def of_this_user(folder: Path) -> NodeSlots:
    """Return the slots of this user, below a folder for temporary files."""
    return NodeSlots(folder / f"essecurity-test-nodes-{os.getuid()}")
