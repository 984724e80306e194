"""How a port is called: from this machine, or from the node's own one."""

import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Self

CONNECT_TIMEOUT = 5.0
"""Seconds for the connection, and for each answer on it."""
SAYS_WHY_WITHIN, LOOKS = 2.0, 40
"""Seconds in which `ssh` ends, and says why a port could not be called, once its end is closed; and how many looks."""

FORBIDDEN = "administratively prohibited"
"""How an sshd says that it does not forward."""
CAUSE, NO_CAUSE = "connect failed: ", "Session open refused by peer"
"""What stands before the cause, and what stands in its place where the connection is another process's."""

Stream = socket.socket
Dial = Callable[[str, int], Stream]
"""Calls a host and port, or raises OSError; the timeout of what it returns is set."""


def directly(host: str, port: int) -> socket.socket:
    """Call a port from this machine."""
    return socket.create_connection((host, port), timeout=CONNECT_TIMEOUT)


class ThroughCommand(socket.socket):
    """One end of a pair of sockets; the other end is the standard input and output of a command that calls a port.

    The command cannot tell when it got through, only why it did not: `recv` raises that as an OSError.
    """

    _process: subprocess.Popen[bytes]
    _others_say: Callable[[], str]
    _before: str
    _ended: threading.Thread
    _said: bytes = b""
    _heard: bool = False

    @classmethod
    def of(cls, argv: Sequence[str], environment: Mapping[str, str], others_say: Callable[[], str]) -> Self:
        """Start the command.

        Args:
            argv: such as `ssh -W host:port machine`.
            environment: its whole environment.
            others_say: what the process that the command shares its connection with has said so far.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                list(argv),
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.PIPE,
                start_new_session=True,
                env=environment,
            )
        stream = cls(ours.family, ours.type, ours.proto, ours.detach())
        stream.settimeout(CONNECT_TIMEOUT)
        stream._process, stream._others_say, stream._before = process, others_say, others_say()
        stream._ended = threading.Thread(target=stream._wait, daemon=True)
        stream._ended.start()
        return stream

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Return what came.

        Raises:
            OSError: the port could not be called; with the command's own words.
        """
        try:
            data = super().recv(bufsize, flags)
        except ConnectionResetError:  # the command ended before it took what we had sent
            data = b""
        if data or self._heard:
            self._heard = True
            return data
        self._ended.join(SAYS_WHY_WITHIN)
        if self._process.returncode:
            raise ConnectionRefusedError(self._why())
        return data

    def _why(self) -> str:
        said = self._said.decode(errors="replace")
        return why(said, lambda: self._others_say().removeprefix(self._before))

    def _wait(self) -> None:
        """Reap the command, which ends with the connection."""
        self._said = self._process.communicate()[1]


def why(said: str, others_said: Callable[[], str]) -> str:
    """Return why a port could not be called; the process that owns the connection may say it a moment later."""
    for _ in range(LOOKS):
        if NO_CAUSE not in said or CAUSE in others_said() or FORBIDDEN in others_said():
            break
        time.sleep(SAYS_WHY_WITHIN / LOOKS)
    return why_refused(said, others_said())


def why_refused(said: str, others_said: str) -> str:
    """Return why a port could not be called through a machine, in few words.

    Args:
        said: what the command said.
        others_said: what the process that owns the connection said; it knows the cause. Source: ssh, `channels.c`.
    """
    if FORBIDDEN in others_said:
        return f"its sshd forwards no connections ({FORBIDDEN}: see `AllowTcpForwarding`)"
    causes = [line.rpartition(CAUSE)[2].strip() for line in others_said.splitlines() if CAUSE in line]
    words = [line.strip() for line in said.splitlines() if line.strip() and NO_CAUSE not in line]
    return next(reversed(causes or words), "nobody answers there")
