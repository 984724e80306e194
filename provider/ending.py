"""How the plugin learns that it is to end: by a signal, or by one of its own threads."""

import os
import signal

SIGNALS = (signal.SIGTERM, signal.SIGINT)
"""The engine ends a plugin with SIGINT, as a terminal does."""


class Ending:
    """Wakes the main thread, which sleeps until then.

    A signal is given to any of the threads, and does not wake the main one, which alone acts on it. So Python is told
    to write each signal into a pipe as well, and that is what the main thread reads.
    """

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, lambda *_: None)

    def begin(self) -> None:
        """Let the main thread go on; any thread may say so."""
        os.write(self._writer, b"\0")

    def wait(self) -> None:
        """Return once there was a signal, or a thread said so."""
        os.read(self._reader, 1)
