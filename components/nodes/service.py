"""What runs a node on its machine, behind one protocol: a daemon, systemd, a container, or commands of an operator's.

All of them go through `NodeTarget.run`, so that each works on this machine and on others alike.
"""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from components.clock import Clock
from components.errors import CommandFailed
from components.nodes.keystore_password import password_line
from components.nodes.limits import QUESTION
from components.nodes.process import START_TIMEOUT, USUAL, Owner, Patience, Process, process_of
from components.nodes.software import Software
from components.nodes.spec import Machine
from components.nodes.target import Completed, NodeTarget
from components.nodes.units import unit_that_runs

KEYSTORE_TIMEOUT = 60.0
OTHER_UNIT = (
    "not by us, since systemd's unit {unit} runs it, and may start it while its files are changed; write "
    "`unit: {unit}` into its `machine` in the stack file, or `commands`, where that unit runs more than this node"
)
"""Why a node that a unit runs is none that we may stop and start ourselves."""
CANNOT_READ = """
for path do
  if [ -d "$path" ]; then [ -x "$path" ]; else [ -r "$path" ]; fi || printf '%s\\n' "$path"
done
"""
MAY_NOT_WRITE = "may not write in {}: see the owner and mode of that folder, or write the `layout` of its package"
OF_ANOTHER = "leaves {0} as it is, since that belongs to {1}: `chown {2} {0}`"
OF_PROCESS = ("/proc/{pid}/limits", "/proc/sys/vm/max_map_count")


class Service(Protocol):
    """What runs a node."""

    def process(self) -> Process | None:
        """Return the node's process, or None when it does not run.

        Raises:
            ConfigurationRefused: the machine has no such service at all.
            CommandFailed: it could not be found out.
        """

    def start(self, clock: Clock) -> Completed:
        """Start the node and return once it is ready, or has failed; what it said is in the result."""

    def start_command(self) -> str:
        """Return what a person would type on the machine to start the node."""

    def ask_to_stop(self, process: Process) -> Completed:
        """Ask the node to end; it may still be ending when this returns."""

    def is_gone(self, process: Process) -> bool:
        """Tell whether a process that was asked to end has ended."""

    def cannot_start(self) -> str:
        """Return why the node could not be started; empty when nothing is known against it. Starts nothing."""

    def cannot_read(self, paths: Sequence[str]) -> str:
        """Return which of these files the node may not read, or which folder not enter; empty where it may all."""

    def cannot_write_keystore(self) -> str:
        """Return why the keystore's command could write nothing; empty where nothing is known against it."""

    def keystore(self, arguments: Sequence[str], stdin: bytes) -> Completed:
        """Run the keystore's command."""

    def limits(self) -> str | None:
        """Return what a process of the node is granted, as the kernel tells it; None where nobody knows."""

    def log_position(self, log: PurePosixPath) -> int:
        """Return where the node's log ends now, for `log_since`."""

    def log_since(self, log: PurePosixPath, position: int) -> str:
        """Return what the node has logged from there on."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service is.

    Attributes:
        machine: the machine's inputs.
        target: the door to it.
        software: what runs there.
        owner: whom the files in the config folder belong to.
        pid_file: where the process id is written.
        patience: how long the node may take.
    """

    machine: Machine
    target: NodeTarget
    software: Software
    owner: Callable[[], Owner]
    pid_file: Callable[[], PurePosixPath]
    patience: Patience = USUAL

    def start(
        self,
        argv: Sequence[str],
        clock: Clock,
        *,
        usual: float = START_TIMEOUT,
        stdin: bytes | None = None,
        user: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Completed:
        """Run what starts the node, for `usual` seconds where the stack file does not say how many.

        Raises:
            CommandFailed: it could not be run, or did not end in time: that names the key that gives it longer.
        """
        began, seconds = clock.monotonic(), self.patience.start or usual
        try:
            return self.target.run(argv, stdin=stdin, user=user, environment=environment, timeout=seconds)
        except CommandFailed as error:
            if clock.monotonic() - began < seconds:
                raise
            raise CommandFailed(
                f"the node did not start within {seconds:.0f} s",
                where=self.machine.node,
                why=f"{error.what}; the node is slow, or waits for something",
                next_step="look at the node's log; where it only needs longer, raise `rollout.start_timeout` in the "
                "stack file; then run again",
            ) from error

    def user(self) -> str:
        """Return whom the node runs as."""
        return self.machine.user or self.owner().user

    def keystore_user(self) -> str:
        """Return whom the keystore's command runs as: it makes a file anew in the config folder, and keeps its owner.

        Source: KeyStoreWrapper.save, "will not overwrite keystore … because this incurs changing the file owner".
        """
        return self.owner().user

    def environment(self) -> Mapping[str, str]:
        """Return the variable that names the config folder."""
        return {self.software.folder_variable: self.real(self.machine.config)}

    def program(self, name: str) -> str:
        """Return the path of a program in the home."""
        return f"{self.real(self.machine.home)}/bin/{name}"

    def real(self, path: str) -> str:
        """Return a path without symbolic links: the node's user need not be able to follow them."""
        done = self.target.run(["readlink", "-f", path])
        return done.stdout.strip() if done.ok else path

    def may(self, test: str, path: str, user: str | None) -> bool:
        """Tell whether a user may do something with a file: `-x` run it, `-r` read it."""
        return self.target.run(["test", test, path], user=user).ok


class OnMachine:
    """What all services have in common whose programs and logs are files on the machine."""

    def __init__(self, place: Place) -> None:
        self.place, self.machine, self.target = place, place.machine, place.target

    def cannot_write_keystore(self) -> str:
        """Look at the config folder, in which the program makes the file anew, and at the file's owner, whom it keeps.

        Source: KeyStoreWrapper.save ("write permissions required for", "this incurs changing the file owner").
        """
        user, folder = self.place.keystore_user(), self.place.real(self.machine.config)
        run_as = f"`{self.place.software.keystore_command}` is run as user {user}"
        if not self.place.may("-w", folder, user):
            return f"{run_as}, who {MAY_NOT_WRITE.format(folder)}"
        path = self.machine.path(self.place.software.keystore)
        stat = self.target.stat([path]).get(path)
        if stat is not None and stat.owner != user:
            return f"{run_as}, and {OF_ANOTHER.format(path, stat.owner, user)}"
        return ""

    def keystore(self, arguments: Sequence[str], stdin: bytes) -> Completed:
        """Run the program in the home, as the owner of the config folder."""
        return self.target.run(
            [self.place.program(self.place.software.keystore_command), *arguments],
            stdin=stdin,
            user=self.place.keystore_user(),
            environment=self.place.environment(),
            timeout=KEYSTORE_TIMEOUT,
        )

    def log_position(self, log: PurePosixPath) -> int:
        """Return how many bytes the log has; 0 where there is none."""
        done = self.target.run(["stat", "-c", "%s", str(log)])
        return int(done.stdout) if done.ok else 0

    def log_since(self, log: PurePosixPath, position: int) -> str:
        """Return the log from a byte on: nothing of an earlier start."""
        return self.target.run(["tail", "-c", f"+{position + 1}", str(log)]).stdout

    def settings_unreadable(self) -> str:
        """Return why the node's user could not read its settings; empty where it can."""
        path, user = f"{self.place.real(self.machine.config)}/{self.place.software.settings}", self.place.user()
        return "" if self.place.may("-r", path, user) else _may_not(user, "read", path)

    def cannot_read(self, paths: Sequence[str]) -> str:
        """Ask the node's user, with one command for all of them."""
        if not paths:
            return ""
        user, config = self.place.user(), self.machine.config
        real = self.place.real(config)
        files = [f"{real}{path.removeprefix(config)}" for path in paths]
        names = ", ".join(self.target.run(["sh", "-c", CANNOT_READ, "sh", *files], user=user).stdout.splitlines())
        return f"user {user} may not read {names}: see the owner and mode of each, and of its folder" if names else ""


class Daemon(OnMachine):
    """The archive: `bin/elasticsearch -d` as the node's user, a pid file, SIGTERM.

    Source: deploy-manage/maintenance/start-stop-services/start-stop-elasticsearch (archive, as a daemon).
    """

    def process(self) -> Process | None:
        """Return the process that the pid file names, if it is one of this software."""
        pid = self._pid()
        return None if pid is None else process_of(self.target, pid, self.place.software.process_mark)

    def start(self, clock: Clock) -> Completed:
        """Start it; the command itself waits until the node is ready, and reads the keystore's password."""
        return self.place.start(
            self._command(self.place.program("elasticsearch"), self.place.real(self.machine.pid_file)),
            clock,
            stdin=password_line(self.machine, self.target),
            user=self.place.user(),
            environment=self.place.environment(),
        )

    def start_command(self) -> str:
        """Return the command with its variable."""
        words = self._command(f"{self.machine.home}/bin/elasticsearch", self.machine.pid_file)
        return f"{self.place.software.folder_variable}={shlex.quote(self.machine.config)} {shlex.join(words)}"

    def ask_to_stop(self, process: Process) -> Completed:
        """Send SIGTERM."""
        return self.target.run(["kill", "-TERM", str(process.pid)])

    def is_gone(self, process: Process) -> bool:
        """Watch the process itself: a node removes its pid file first, and closes its shards after that."""
        return process_of(self.target, process.pid, self.place.software.process_mark) is None

    def cannot_start(self) -> str:
        """Look whether the user may run the program and read the settings, and whether we are the one who starts it."""
        if (process := self.process()) and (unit := unit_that_runs(self.target, process.pid)):
            return OTHER_UNIT.format(unit=unit)
        program, user = self.place.program("elasticsearch"), self.place.user()
        return self.settings_unreadable() if self.place.may("-x", program, user) else _may_not(user, "run", program)

    def limits(self) -> str | None:
        """Ask a command of the node's user: what it may, the node may that is started the same way."""
        done = self.target.run(QUESTION, user=self.place.user())
        return done.stdout if done.ok else None

    def _command(self, program: str, pid_file: str) -> list[str]:
        return [program, "-d", "-p", pid_file]

    def _pid(self) -> int | None:
        """Return the number in the pid file, which a node removes when it ends."""
        content = self.target.find(self.place.pid_file())
        text = (content or b"").decode("ascii", errors="replace").strip()
        return int(text) if text.isdecimal() else None


def limits_of(target: NodeTarget, process: Process | None) -> str | None:
    """Return what a running process was granted: a unit or a container has limits of its own."""
    if process is None:
        return None
    done = target.run(["cat", *(path.format(pid=process.pid) for path in OF_PROCESS)])
    return done.stdout if done.ok else None


def _may_not(user: str, verb: str, path: str) -> str:
    return f"user {user} may not {verb} {path}, or there is no such file"
