"""What `sudo` was shown on one connection: a password that it refuses is shown to it once."""

import stat
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from components.errors import CommandFailed, ConfigurationRefused, SecurityError
from components.nodes.ssh_scripts import BEGIN
from components.nodes.ssh_words import not_begun

SUDO_WITHIN = 60
"""Seconds that `sudo` gets to take a password; one that asks a directory may be slow."""


def password_in(file: str, *, where: str) -> bytes:
    """Return what `sudo` may ask for: a file's first line.

    Raises:
        ConfigurationRefused: the file cannot be read, or others may read it.
    """
    path = Path(file)
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            why, next_step = "others may read it", f"take their rights away: `chmod 600 {path}`"
        else:
            return path.read_bytes().split(b"\n", 1)[0]
    except OSError as error:
        why, next_step = error.strerror or str(error), "correct `machine.ssh.sudo_password_file` in the stack file"
    raise ConfigurationRefused(
        f"cannot use the password for `sudo` in {path}", where=where, why=why, next_step=next_step
    )


class ShownToSudo:
    """The passwords of one connection, and why each was refused; some logins are locked after three refusals."""

    def __init__(self) -> None:
        self._refusals: dict[bytes, SecurityError | None] = {}
        self._guard = threading.Lock()

    def show(
        self, password: bytes, run: Callable[[bytes], subprocess.CompletedProcess[bytes]], *, node: str, host: str
    ) -> None:
        """Show it a password with nothing after it that it could take for another one, unless it has seen it.

        Args:
            password: what it may ask for.
            run: prints the mark, by `sudo`, with this standard input.
            node: the node's name.
            host: the machine's host, as it is dialled.

        Raises:
            ConfigurationRefused: it does not take the password, or does not let this login do what is needed.
            SecurityError: it could not be asked.
        """
        with self._guard:
            if password not in self._refusals:
                self._refusals[password] = _refusal(run, password, node, host)
            refusal = self._refusals[password]
        if refusal is not None:
            raise type(refusal)(refusal.what, where=node, why=refusal.why, next_step=refusal.next_step)


def _refusal(
    run: Callable[[bytes], subprocess.CompletedProcess[bytes]], password: bytes, node: str, host: str
) -> SecurityError | None:
    try:
        done = run(password + b"\n")
    except subprocess.TimeoutExpired as error:
        raise CommandFailed(
            f"`sudo` did not take the password within {SUDO_WITHIN} s",
            where=node,
            why="the machine is overloaded, or what knows its passwords does not answer",
            next_step=f"see what `ssh {host} sudo id` does by hand, then run again",
        ) from error
    if BEGIN.encode() in done.stdout:
        return None
    refusal = not_begun((done.stderr or done.stdout).decode(errors="replace"), node=node, host=host)
    if not isinstance(refusal, ConfigurationRefused):
        raise refusal
    return refusal
