"""A shell on a machine that stays for the whole run and looks at files: one look is a few lines there and back.

A command by SSH is a process here, and there a session, a login shell and perhaps a `sudo`. A look changes nothing, so
it may be tried this way first: whatever is not a complete answer is no answer, and whoever asked then looks by a
command of its own, which knows what to say of a failure.
"""

import os
import secrets
import select
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from components.nodes.ssh_scripts import BEGIN

BEGINS_WITHIN = 30.0
ANSWERS_WITHIN = 70.0
"""Seconds; a look ends by itself on the machine before."""
AT_A_TIME = 65536
ENDS_WITHIN = 2.0

Start = Callable[[], tuple[subprocess.Popen[bytes], bytes]]


class Looks:
    """Looks at files of one machine, one look after the other."""

    def __init__(self) -> None:
        self._shell: subprocess.Popen[bytes] | None = None
        self._useless = False
        self._guard = threading.Lock()

    def ask(self, verb: str, paths: Sequence[str], start: Start) -> bytes | None:
        """Return what a look shows; None where it has to be done in another way.

        Args:
            verb: `stat`, `read` or `find`.
            paths: what to look at.
            start: starts the shell there, and returns it with what its standard input begins with.

        Raises:
            MachineUnreachable: the connection to the machine could not be made.
            ConfigurationRefused: the machine does not let us in, or is not the one that it should be.
        """
        if any("\n" in path for path in paths):
            return None
        with self._guard:
            shell = self._running(start)
            if shell is None:
                return None
            mark = secrets.token_hex(16)
            lines = [verb, mark, str(len(paths)), *paths, ""]
            question = "\n".join(lines).encode(errors="surrogateescape")
            try:
                said = _answer(shell, question, f"\n{mark} ".encode(), ANSWERS_WITHIN)
            except TimeoutError:  # another shell would hang as well
                said, self._useless = None, True
            if said is None:
                self._end()
                return None
            shown, status = said
            return shown if status == b"0" else None

    def close(self) -> None:
        """End the shell, also where it has yet to begin, or to answer."""
        while not self._guard.acquire(timeout=ENDS_WITHIN):
            shell = self._shell
            if shell is not None:
                shell.kill()
        try:
            self._end()
        finally:
            self._guard.release()

    def _running(self, start: Start) -> subprocess.Popen[bytes] | None:
        """Return the shell; one that never began is not tried again."""
        if self._useless or (self._shell is not None and self._shell.poll() is None):
            return self._shell
        self._end()
        self._shell, first = start()
        with suppress(TimeoutError):
            if _answer(self._shell, first, BEGIN.encode(), BEGINS_WITHIN) is not None:
                return self._shell
        self._useless = True
        self._end()
        return self._shell

    def _end(self) -> None:
        shell, self._shell = self._shell, None
        if shell is None:
            return
        for stream in (shell.stdin, shell.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        try:
            shell.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            shell.kill()
            shell.wait()


def _answer(shell: subprocess.Popen[bytes], question: bytes, mark: bytes, seconds: float) -> tuple[bytes, bytes] | None:
    """Return what came before a mark and after it on its line; None where the shell ended before.

    Raises:
        TimeoutError: it did not come in time.
    """
    assert shell.stdin is not None and shell.stdout is not None  # noqa: S101, PT018 (both are pipes)
    deadline, said = time.monotonic() + seconds, b""
    try:
        shell.stdin.write(question)
        shell.stdin.flush()
    except OSError:
        return None
    waiting = select.poll()  # `select` knows no file beyond the thousandth
    waiting.register(shell.stdout, select.POLLIN)
    while True:
        ready = waiting.poll(max(0.0, deadline - time.monotonic()) * 1000)
        if not ready:
            raise TimeoutError
        more = os.read(shell.stdout.fileno(), AT_A_TIME)
        if not more:
            return None
        said += more
        shown, found, rest = said.rpartition(mark)
        if found and rest.endswith(b"\n"):
            return shown, rest.rstrip(b"\n")
