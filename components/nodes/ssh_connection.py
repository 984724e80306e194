"""One connection to each machine for the whole run, through the system's OpenSSH, and what goes through it.

The first command to a machine opens it; all others, and all calls of ports, share it (`ControlMaster`). It ends with
this process, however that ends: what holds it open is a `cat` on the machine whose standard input is ours.
"""

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import IO

from components.errors import SecurityError
from components.nodes.dialling import CONNECT_TIMEOUT, Stream, ThroughCommand, why
from components.nodes.multiplexed import NotSpoken, Refused, call, has_ended
from components.nodes.ssh_options import ALWAYS, CLIENT, MASTER, OPENING_TIMEOUT, SINCE_8_7, environment, only_key
from components.nodes.ssh_scripts import BEGIN, HOLD
from components.nodes.ssh_spec import Ssh
from components.nodes.ssh_sudo import ShownToSudo
from components.nodes.ssh_words import killed_there, not_connected

SESSIONS = 8
"""Commands at a time on one connection; sshd takes ten (`MaxSessions`): one holds it open, and one looks at files."""
ENDS_WITHIN = 1.0
"""Seconds in which a connection that broke has ended."""
CLOSED_WITHIN = 5.0
"""Seconds that a connection gets to end by itself."""
BROKEN = 255
"""What `ssh` ends with when the connection could not be made, or broke. Source: ssh(1)."""
SHELL_WITHIN = 30
"""Seconds that the login shell of a machine gets to begin."""
FOLDER_PREFIX = "essecurity-ssh-"
MOST_BYTES = 53
"""Of a folder's path in which ours may be made: that of a socket has 108 bytes, and `ssh` adds 17 to it meanwhile."""
TAKEN_LITERALLY = re.compile(r"/[A-Za-z0-9._/-]*")
"""What `ControlPath` neither cuts at a blank nor expands at a `%`. Source: ssh_config(5), TOKENS."""
_AND_LEAVE_NOTHING = '"$@"; status=$?; rm -r -f -- "$0"; exit "$status"'
"""Runs `ssh`, and removes the folder of its socket, also after this process was killed."""


@cache
def always() -> tuple[str, ...]:
    """Return the options that no configuration file may change, as far as this machine's `ssh` knows them.

    It is asked once, and is not told to ignore what it does not know: that would take the place of a person's own
    `IgnoreUnknown`, and their file would be refused. Where there is none, whoever calls it finds that out.
    """
    words = (word for option in SINCE_8_7 for word in ("-o", option))
    asked = ["ssh", "-G", "-F", "/dev/null", *words, "localhost"]
    with contextlib.suppress(OSError):
        done = subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, env=environment(), check=False)
        return (*SINCE_8_7, *ALWAYS) if done.returncode == 0 else ALWAYS
    return ALWAYS


class Connection:
    """A connection to one machine.

    Args:
        ssh: how it is reached.
        jump: the connection to the host before it, where there is one.
    """

    def __init__(self, ssh: Ssh, jump: "Connection | None" = None) -> None:
        self.ssh = ssh
        self._jump = jump
        self._control = Path()
        self._master: subprocess.Popen[bytes] | None = None
        self._opening: subprocess.Popen[bytes] | None = None
        self._given_up = threading.Event()
        self._said = ""
        self._held: list[Stream] = []
        self._guard = threading.Lock()
        self.making_folders = threading.Lock()  # trust and key files, side by side, into a folder that neither finds
        self.sudo = ShownToSudo()
        self._sessions = threading.BoundedSemaphore(SESSIONS)

    def open(self, node: str) -> None:
        """Open it, where it is not open.

        Raises:
            MachineUnreachable: the machine does not answer.
            ConfigurationRefused: it does not let us in, or is not the one that it should be.
        """
        if self._jump is not None:
            self._jump.open(node)
        with self._guard:
            if self._master is not None and self._master.poll() is None:
                return
            if self._given_up.is_set():
                raise not_connected(self._said, node=node, host=self.ssh.host)
            _let_go(self._master)
            folder = tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=_place_for_a_socket())
            self._control, self._said = Path(folder) / "control", ""
            self._master = subprocess.Popen(
                ["sh", "-c", _AND_LEAVE_NOTHING, folder, *self._ssh(*MASTER), *self._destination(), HOLD],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                env=environment(),
            )
            self._opening = self._master
            if self._given_up.is_set():  # meanwhile
                _kill(self._master)
            try:
                self._until_it_begins(self._master, node)
            finally:
                self._opening = None

    def run(self, command: str, stdin: bytes, *, node: str, timeout: float) -> subprocess.CompletedProcess[bytes]:
        """Run a command line in the login shell of the machine.

        Raises:
            MachineUnreachable: the connection could not be made, or broke.
            ConfigurationRefused: the machine does not let us in, or is not the one that it should be.
            CommandFailed: something on the machine killed the command.
            subprocess.TimeoutExpired: it did not end in time.
        """
        self.open(node)
        master = self._master
        with self._sessions:
            done = subprocess.run(
                [*self._ssh(*CLIENT), *self._destination(), command],
                input=stdin,
                capture_output=True,
                timeout=timeout,
                start_new_session=True,
                env=environment(),
                check=False,
            )
        if done.returncode == BROKEN:
            raise self._broken(done, node, master)
        return done

    def _broken(
        self, done: subprocess.CompletedProcess[bytes], node: str, master: subprocess.Popen[bytes] | None
    ) -> SecurityError:
        """Return why a command has no end: it was killed there, or the connection broke."""
        said = done.stderr.decode(errors="replace").replace(BEGIN, "").strip()
        if BEGIN.encode() in done.stdout and _goes_on(master):
            return killed_there(said, node=node)
        return not_connected(said or self._said, node=node, host=self.ssh.host)

    def start(self, command: str, *, node: str) -> subprocess.Popen[bytes]:
        """Start a command line in the login shell of the machine, whose input and output are pipes of ours.

        Raises:
            MachineUnreachable: the connection to the machine could not be made.
            ConfigurationRefused: the machine does not let us in, or is not the one that it should be.
        """
        self.open(node)
        return subprocess.Popen(
            [*self._ssh(*CLIENT), *self._destination(), command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=environment(),
        )

    def dial(self, host: str, port: int, *, node: str) -> Stream:
        """Call a port from the machine.

        Raises:
            MachineUnreachable: the connection to the machine could not be made.
            ConfigurationRefused: the machine does not let us in, or is not the one that it should be.
            OSError: the port could not be called.
        """
        self.open(node)
        before = self._said
        try:
            stream, held = call(self._control, host, port, CONNECT_TIMEOUT)
        except Refused as error:
            raise ConnectionRefusedError(why(str(error), lambda: self._said.removeprefix(before))) from None
        except NotSpoken:
            place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            words = [*self._ssh(*CLIENT), "-W", place, *self._destination()]
            return ThroughCommand.of(words, environment(), lambda: self._said)
        with self._guard:
            for one in filter(has_ended, (*self._held,)):
                self._held.remove(one)
                one.close()
            self._held.append(held)
        stream.settimeout(CONNECT_TIMEOUT)
        return stream

    def close(self) -> None:
        """Close it, and with it whatever goes through it, also where it is being opened."""
        self.give_up()
        with self._guard:
            master, self._master = self._master, None
            while self._held:
                self._held.pop().close()
            _let_go(master)
            if master is None:
                return
            try:
                master.wait(CLOSED_WITHIN)
            except subprocess.TimeoutExpired:
                _kill(master)
                master.wait()
            shutil.rmtree(self._control.parent, ignore_errors=True)  # what ran around it may have been killed too

    def give_up(self) -> None:
        """End the attempt to open it, where one is in hand, and begin no other one: nobody waits for it."""
        self._given_up.set()
        opening = self._opening
        if opening is not None and opening.poll() is None:
            _kill(opening)

    def _until_it_begins(self, master: subprocess.Popen[bytes], node: str) -> None:
        assert master.stdout is not None and master.stderr is not None  # noqa: S101, PT018 (both are pipes)
        listener = threading.Thread(target=self._listen, args=(master.stderr,), daemon=True)
        listener.start()
        hops = 1 + len(self.ssh.jump)
        timer = threading.Timer(OPENING_TIMEOUT * hops + SHELL_WITHIN, _kill, [master])  # a shell there may never begin
        timer.start()
        begins = any(line.rstrip().endswith(BEGIN.encode()) for line in iter(master.stdout.readline, b""))
        timer.cancel()
        if not begins:
            master.wait()
            shutil.rmtree(self._control.parent, ignore_errors=True)
            listener.join()
            raise not_connected(self._said, node=node, host=self.ssh.host)

    def _listen(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self._said = (self._said + line.decode(errors="replace"))[-4_000:]

    def _ssh(self, *options: str) -> list[str]:
        """Return the command with every option that is said once, and those of one call."""
        said = [*always(), *options, f"ControlPath={self._control}", *only_key(self.ssh.host_key)]
        if self._jump is not None:
            said.append(f"ProxyCommand={self._jump.as_proxy()}")
        config = ["-F", self.ssh.config_file] if self.ssh.config_file else []
        return ["ssh", *config, *(word for option in said for word in ("-o", option))]

    def as_proxy(self) -> str:
        """Return the command that calls the next host from this one, as `ProxyCommand` takes it.

        It goes through the connection that is open, so it needs no way of its own to get here.
        """
        options = [*always(), *CLIENT, f"ControlPath={self._control}", "ProxyCommand=none"]
        config = ["-F", self.ssh.config_file] if self.ssh.config_file else []
        words = ["ssh", *config, *(word for option in options for word in ("-o", option)), "-W", "[%h]:%p"]
        return shlex.join([*words, *self._destination()])

    def _destination(self) -> list[str]:
        ssh = self.ssh
        words = [("-l", ssh.user), ("-p", str(ssh.port) if ssh.port else None), ("-i", ssh.identity_file)]
        only = ["-o", "IdentitiesOnly=yes"] if ssh.identity_file else []
        return [*only, *(word for key, value in words if value for word in (key, value)), "--", ssh.host]


def _place_for_a_socket() -> str | None:
    """Return the first folder in which the path of a socket is one; None for the usual one, where none is."""
    places = (tempfile.gettempdir(), os.environ.get("XDG_RUNTIME_DIR", ""), "/tmp")  # noqa: S108 (ours is made in it)
    fits = (place for place in places if TAKEN_LITERALLY.fullmatch(place) and len(place) <= MOST_BYTES)
    return next((place for place in fits if os.access(place, os.W_OK | os.X_OK)), None)


def _let_go(master: subprocess.Popen[bytes] | None) -> None:
    """Close our ends of what a connection reads and writes, which ends it."""
    for stream in (master.stdin, master.stdout) if master is not None else ():
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _kill(master: subprocess.Popen[bytes]) -> None:
    """End a connection with what runs around it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(master.pid, signal.SIGKILL)


def _goes_on(master: subprocess.Popen[bytes] | None) -> bool:
    """Tell whether a connection outlives what went through it; one that breaks takes a moment to end."""
    if master is None:
        return False
    try:
        master.wait(ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        return True
    return False
