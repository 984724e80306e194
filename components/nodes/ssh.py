"""The target that is another machine, by SSH: the same verbs, each one script there."""

import atexit
import math
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from functools import partial
from pathlib import PurePosixPath

from components.errors import CommandFailed, ConfigurationRefused
from components.nodes import ssh_scripts as scripts
from components.nodes.at_once import MACHINES
from components.nodes.dialling import Stream
from components.nodes.folder_lock import TEMPORARY_SUFFIX
from components.nodes.local import MINIMAL_ENVIRONMENT
from components.nodes.ssh_connection import Connection
from components.nodes.ssh_looks import Looks
from components.nodes.ssh_spec import Ssh
from components.nodes.ssh_stats import stats_in
from components.nodes.ssh_sudo import SUDO_WITHIN, password_in
from components.nodes.ssh_words import last_line, not_begun
from components.nodes.target import Completed, DesiredFile, FileStat

GRACE = 30.0
"""Seconds that a connection gets beyond the command's own."""
FILE_TIMEOUT = 60.0
LATER = 10
"""Seconds by which a command's own end comes before that of the script around it."""
TIMED_OUT, KILLED = 124, 137
"""What `timeout` ends with, the second where it had to kill. Source: coreutils manual (timeout invocation)."""
NOT_STARTED = (126, 127)
SIGNALS = range(129, 193)
"""What a shell ends with for a command that a signal ended: 128 and its number."""
UNSAID = "it did not say why"
TRIES_OF_SUDO = 3
"""How often `sudo` asks; empty lines answer the later times, so that it never gets a line of the content."""

_CONNECTIONS: dict[Ssh, Connection] = {}
_LOOKS: dict[Ssh, Looks] = {}
_GUARD = threading.Lock()
_AT_THE_END = threading.Event()


def connection_to(ssh: Ssh) -> Connection:
    """Return this process's one connection to a machine; it is opened by its first use."""
    with _GUARD:
        return _connection_to(ssh)


def _connection_to(ssh: Ssh) -> Connection:
    way = ssh.model_copy(update={"sudo_password_file": None})
    if way not in _CONNECTIONS:
        before = _host_on_the_way(way.jump[-1], way.jump[:-1], way.config_file) if way.jump else None
        _CONNECTIONS[way] = Connection(way, _connection_to(before) if before else None)
        if _AT_THE_END.is_set():
            _CONNECTIONS[way].give_up()
    return _CONNECTIONS[way]


def looks_at(ssh: Ssh) -> Looks:
    """Return this process's one shell that looks at files of a machine; it is started by its first use."""
    with _GUARD:
        return _LOOKS.setdefault(ssh, Looks())


def close_connections() -> None:
    """Close every connection of this process, also those that are being opened."""
    with _GUARD:
        for connection in _CONNECTIONS.values():
            connection.give_up()
        looks = list(_LOOKS.values())
        _LOOKS.clear()
    for one in looks:  # first: a connection ends with the last of its sessions
        one.close()
    with _GUARD:
        open_ones = list(_CONNECTIONS.values())
        _CONNECTIONS.clear()
    for connection in reversed(open_ones):  # those behind a host on the way come after it
        connection.close()


def close_for_good() -> None:
    """Close every connection, and open no other one: this process ends."""
    _AT_THE_END.set()
    close_connections()


atexit.register(close_for_good)


def _host_on_the_way(text: str, before: tuple[str, ...], config_file: str | None) -> Ssh:
    user, _, place = text.rpartition("@")
    host, _, port = place.rpartition(":") if place.rpartition(":")[2].isdecimal() else (place, "", "")
    return Ssh(
        host=host.strip("[]"),
        user=user or None,
        port=int(port) if port else None,
        jump=before,
        config_file=config_file,
    )


class SshTarget:
    """A machine that is reached by SSH."""

    def __init__(self, name: str, ssh: Ssh) -> None:
        self.name, self.ssh = name, ssh

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes | None = None,
        user: str | None = None,
        environment: Mapping[str, str] | None = None,
        timeout: float = 60,
    ) -> Completed:
        """Run a command there; it does not end when the connection breaks, but when its seconds are over."""
        variables = [f"{key}={value}" for key, value in {**MINIMAL_ENVIRONMENT, **(environment or {})}.items()]
        words = ["env", "-i", *variables, *argv]
        seconds = max(1, math.ceil(timeout))  # to `timeout` itself, 0 means for ever
        began = time.monotonic()
        status, stdout, stderr = self._script(
            scripts.RUN, [user or "", str(seconds), *words], stdin or b"", timeout=seconds + LATER
        )
        if status in (TIMED_OUT, KILLED) and time.monotonic() - began >= timeout:  # else the command's own
            raise self._too_slow(f"`{argv[0]}`", timeout)
        self._refuse_what_did_not_run(argv[0], status, stderr, user)
        exit_status = SIGNALS.start - 1 - status if status in SIGNALS else status
        return Completed(exit_status, stdout.decode(errors="replace"), stderr)

    def stat(self, paths: Sequence[PurePosixPath]) -> Mapping[PurePosixPath, FileStat]:
        """Return what is known of those of the paths that exist."""
        if not paths:
            return {}
        words = [str(path) for path in paths]
        shown = self._look("stat", words)
        with suppress(ValueError):
            if shown is not None:
                return _by_path(paths, shown)
        shown = self._file(scripts.STAT, words, verb="look at", path=", ".join(words))
        try:
            return _by_path(paths, shown)
        except ValueError:
            raise self._refused("look at", ", ".join(words), "something came or went meanwhile") from None

    def read(self, path: PurePosixPath) -> bytes:
        """Return a file's content."""
        content = self._look("read", [str(path)])
        return self._file(scripts.READ, [str(path)], verb="read", path=str(path)) if content is None else content

    def find(self, path: PurePosixPath) -> bytes | None:
        """Return a file's content, or None where there is no file, also where it goes while one looks."""
        shown = self._look("find", [str(path)])
        if shown is not None:
            return shown.removeprefix(scripts.THERE) if shown else None
        if not self.stat([path]):
            return None
        try:
            return self.read(path)
        except CommandFailed:
            if self.stat([path]):
                raise
            return None

    def write(self, file: DesiredFile) -> None:
        """Put a file in place at once."""
        path, owners = file.path, scripts.owner_and_group(file.owner, file.group)
        acl = scripts.NO_ACL if file.no_acl else scripts.KEEP_ACL
        within = str(file.within or "")
        words = [str(path), TEMPORARY_SUFFIX, str(len(file.content)), f"{file.mode:04o}", owners, acl, within]
        status, _, said = self._script(scripts.WRITE, words, file.content)
        if status == scripts.NO_FOLDER:
            with connection_to(self.ssh).making_folders:
                folder = str(path.parent)
                self._file(scripts.MAKE_FOLDER, [folder, TEMPORARY_SUFFIX, owners, within], verb="make", path=folder)
            status, _, said = self._script(scripts.WRITE, words, file.content)
        if status:
            raise self._refused("write", str(path), said)

    def remove(self, path: PurePosixPath) -> None:
        """Remove a file, or a folder with all it holds."""
        self._file(scripts.REMOVE, [str(path)], verb="remove", path=str(path))

    def dial(self, host: str, port: int) -> Stream:
        """Call a port from that machine."""
        with self._in_hand():
            return connection_to(self.ssh).dial(host, port, node=self.name)

    def _in_hand(self) -> AbstractContextManager[None]:
        return MACHINES.work_on((self.ssh.host, self.ssh.port, self.ssh.jump))

    def _look(self, verb: str, paths: Sequence[str]) -> bytes | None:
        """Return what the shell shows that stays there; None where it does not, and a command of its own has to."""
        with self._in_hand():
            return looks_at(self.ssh).ask(verb, paths, self._start_looks)

    def _start_looks(self) -> tuple[subprocess.Popen[bytes], bytes]:
        password = self._shown_password()
        command = scripts.command_line(scripts.LOOK, [], seconds=scripts.FOR_EVER, with_password=password is not None)
        return connection_to(self.ssh).start(command, node=self.name), _first_lines(password)

    def _file(self, script: str, arguments: Sequence[str], *, verb: str, path: str) -> bytes:
        status, stdout, said = self._script(script, arguments, b"")
        if status:
            raise self._refused(verb, path, said)
        return stdout

    def _script(
        self, script: str, arguments: Sequence[str], content: bytes, *, timeout: float = FILE_TIMEOUT
    ) -> tuple[int, bytes, str]:
        """Run one of the scripts as root; return its status, what it wrote, and what it said."""
        limit = math.ceil(timeout)
        try:
            with self._in_hand():
                password = self._shown_password()
                command = scripts.command_line(script, arguments, seconds=limit, with_password=password is not None)
                stdin = _first_lines(password) + content
                done = connection_to(self.ssh).run(command, stdin, node=self.name, timeout=timeout + GRACE)
        except subprocess.TimeoutExpired as error:
            raise self._too_slow("a command", timeout + GRACE) from error
        mark = scripts.BEGIN.encode() + b"\n"
        shell_said, _, said = done.stderr.partition(mark)
        noise, begun, stdout = done.stdout.partition(mark)
        if not begun:
            raise not_begun((shell_said or noise).decode(errors="replace"), node=self.name, host=self.ssh.host)
        return done.returncode, stdout, said.decode(errors="replace")

    def _shown_password(self) -> bytes | None:
        """Return what `sudo` may ask for, once it has taken it."""
        if self.ssh.sudo_password_file is None:
            return None
        password = password_in(self.ssh.sudo_password_file, where=self.name)
        connection = connection_to(self.ssh)
        command = scripts.command_line(scripts.SAY, [], seconds=SUDO_WITHIN, with_password=True)
        ask = partial(connection.run, command, node=self.name, timeout=SUDO_WITHIN + GRACE)
        connection.sudo.show(password, ask, node=self.name, host=self.ssh.host)
        return password

    def _refuse_what_did_not_run(self, program: str, status: int, said: str, user: str | None) -> None:
        if status == scripts.NO_SUCH_USER:
            raise ConfigurationRefused(
                f"there is no user `{user}` on this machine",
                where=self.name,
                why="the node is to run as that user",
                next_step="correct `machine.user` in the stack file, or create the user",
            )
        if status in NOT_STARTED:
            raise CommandFailed(
                f"`{program}` could not be started",
                where=self.name,
                why=last_line(said) or UNSAID,
                next_step="check `machine.home` in the stack file and the file's permissions",
            )

    def _too_slow(self, what: str, seconds: float) -> CommandFailed:
        return CommandFailed(
            f"{what} did not end within {seconds:.0f} s and was ended",
            where=self.name,
            why="the machine is overloaded, or the command waits for something",
            next_step=f"run it by hand on {self.name} to see what it waits for, then run again",
        )

    def _refused(self, verb: str, path: str, said: str) -> CommandFailed:
        return CommandFailed(
            f"cannot {verb} {path}",
            where=self.name,
            why=last_line(said) or UNSAID,
            next_step="check the folder's owner and permissions, and the free space, then run again",
        )


def _first_lines(password: bytes | None) -> bytes:
    """Return what comes before the content: answers to `sudo`, and the mark."""
    answers = b"" if password is None else password + b"\n" * TRIES_OF_SUDO
    return answers + scripts.BEGIN.encode() + b"\n"


def _by_path(paths: Sequence[PurePosixPath], shown: bytes) -> Mapping[PurePosixPath, FileStat]:
    return {paths[number]: stat for number, stat in stats_in(shown)}
