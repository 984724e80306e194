"""What a keystore holds, asked once for each content that its file has.

The keystore's command takes a second of a processor each time, since it derives a key from the password first, and
one run looks at the same node many times. The file is encrypted anew, with other random bytes, whenever something is
set; so a file with the digest of one that was read holds the same, wherever it was meanwhile.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence


class KeystoreLooks:
    """Answers of keystore commands that only read. They are kept in memory, values among them, and nowhere else."""

    def __init__(self) -> None:
        self._answers: dict[tuple[Hashable, str, tuple[str, ...]], str] = {}
        self._in_hand: defaultdict[Hashable, threading.Lock] = defaultdict(threading.Lock)

    def answer(
        self, where: Hashable, arguments: Sequence[str], digest: Callable[[], str], ask: Callable[[], str]
    ) -> str:
        """Return what a command answers; it is run where no keystore of this content was asked the same before.

        Args:
            where: the machine and the file; whoever asks the same one at the same time waits for the answer.
            arguments: the command, with its arguments.
            digest: looks at the file and returns its SHA-256, empty where there is none.
            ask: runs the command.
        """
        with self._in_hand[where]:
            key = (where, digest(), tuple(arguments))
            if key in self._answers:
                return self._answers[key]
            said = ask()
            if digest() == key[1]:  # else another one may have been read
                self._answers[key] = said
            return said


THIS_RUN = KeystoreLooks()
"""Those of this process, which is the plugin's, for one run of the engine."""
