"""A node in a container whose config folder is a folder of the machine.

Source: install-elasticsearch-docker-configure (bind mount of the folder), docker and podman: start, stop, exec, run,
inspect, logs.
"""

import contextlib
import json
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from components.clock import Clock
from components.errors import CommandFailed, ConfigurationRefused, SecurityError
from components.nodes.process import START_TIMEOUT, Process, last_line, nanoseconds_on
from components.nodes.service import KEYSTORE_TIMEOUT, Place, limits_of
from components.nodes.target import Completed

INSPECTED = "{{.State.Running}} {{.State.Pid}} {{.State.ExitCode}} {{.Image}} {{json .State.StartedAt}}"
"""Podman prints a time as text of its own, unless it is asked for JSON."""
NO_SUCH = re.compile(r"no such (container|object)|no container with name", re.IGNORECASE)
READY = re.compile(r"\bstarted \{")
"""What a node logs when it is ready: no runtime tells."""
POLL = 1.0
STOPS = 5
GRACE = 86_400
"""Seconds until the runtime kills what does not end: a day. Its usual ten would cut off a node that closes its shards;
-1, for ever with docker, is at once with podman before 5.0 (containers/podman#21811)."""
LOG_LINES = 500


@dataclass(frozen=True, slots=True)
class Container:
    """What the runtime knows of a container."""

    running: bool
    process: Process
    exit_status: int
    image: str


class InContainer:
    """A container. Its process is the first one in it, and its start is what the runtime wrote down.

    The keystore's password is not given at a start: the image reads it from what `KEYSTORE_PASSWORD_FILE` names.
    """

    def __init__(self, place: Place) -> None:
        self.place, self.machine, self.target = place, place.machine, place.target

    @property
    def name(self) -> str:
        """The container's name."""
        return self.machine.container or ""

    def process(self) -> Process | None:
        """Return the first process of a container that runs."""
        found = self._inspect()
        return found.process if found.running else None

    def start(self, clock: Clock) -> Completed:
        """Start the container, and wait until the node says that it is ready, or the container ends.

        One that says nothing in time is taken for started: whether it has joined is looked at next.
        """
        began = nanoseconds_on(self.target)
        deadline = clock.monotonic() + (self.place.patience.start or START_TIMEOUT)
        done = self.place.start([*self._runtime(), "start", self.name], clock)
        if not done.ok:
            return done
        first = self._inspect()
        while clock.monotonic() < deadline:
            now = self._inspect()
            said = self._logs(began)  # after that look: what has ended then has said all that it had to say
            if not now.running or now.process != first.process:  # started anew by a restart policy, it failed before
                self._keep_stopped(now.process, clock)
                return Completed(now.exit_status or 1, said, "")
            if READY.search(said):
                break
            clock.sleep(POLL)
        return done

    def _keep_stopped(self, failed: Process, clock: Clock) -> None:
        """Stop what failed, so that no restart policy starts it again and again while its files are put back.

        Podman forgets a stop that comes between two starts, so it is asked again until there is no start any more.
        """
        with contextlib.suppress(SecurityError):  # why the start failed is what has to be told
            for _ in range(STOPS):
                with contextlib.suppress(CommandFailed):  # tired of waiting
                    self.ask_to_stop(failed)
                clock.sleep(POLL)
                now = self._inspect()
                if not now.running and now.process.started == failed.started:
                    return
                failed = now.process

    def start_command(self) -> str:
        """Return the runtime's command."""
        return shlex.join([*self._runtime(), "start", self.name])

    def ask_to_stop(self, process: Process) -> Completed:
        """Let the runtime send SIGTERM, and no SIGKILL while anybody looks."""
        words = [*self._runtime(), "stop", "-t", str(GRACE), self.name]
        return self.target.run(words, timeout=self.place.patience.stop)

    def is_gone(self, process: Process) -> bool:
        """Ask the runtime."""
        return not self._inspect().running

    def cannot_start(self) -> str:
        """Look whether there is such a container."""
        self._inspect()
        return ""

    def cannot_read(self, paths: Sequence[str]) -> str:
        """Leave it to the container, whose users are its own."""
        return ""

    def cannot_write_keystore(self) -> str:
        """Leave it to the container, whose users are its own."""
        return ""

    def keystore(self, arguments: Sequence[str], stdin: bytes) -> Completed:
        """Run the image's program: in the container where it runs, else in one of its own with the same folders."""
        found, program = self._inspect(), f"{self.machine.home}/bin/{self.place.software.keystore_command}"
        user = ["--user", self.place.user()]
        if found.running:
            words = ["exec", "-i", *user, self.name, program]
        else:
            alike = ["--volumes-from", self.name, "--network", "none", "--entrypoint", program]
            words = ["run", "--rm", "-i", *user, *alike, found.image]
        return self.target.run([*self._runtime(), *words, *arguments], stdin=stdin, timeout=KEYSTORE_TIMEOUT)

    def limits(self) -> str | None:
        """Return what the running container was granted."""
        return limits_of(self.target, self.process())

    def log_position(self, log: PurePosixPath) -> int:
        """Return the time in nanoseconds: the image logs to its console, which is asked by time."""
        return nanoseconds_on(self.target)

    def log_since(self, log: PurePosixPath, position: int) -> str:
        """Return what the container has said since then."""
        return self._logs(position)

    def _runtime(self) -> list[str]:
        return [str(self.machine.runtime)]

    def _logs(self, since: int) -> str:
        """Return what it said since then; first standard error, which holds little more than where to read on."""
        words = ["logs", "--since", as_runtimes_read(since), "--tail", str(LOG_LINES), self.name]
        done = self.target.run([*self._runtime(), *words])
        return "\n".join(filter(None, map(in_plain_text, (done.stderr, done.stdout))))

    def _inspect(self) -> Container:
        done = self.target.run([*self._runtime(), "inspect", "--type", "container", "--format", INSPECTED, self.name])
        if not done.ok:
            raise self._unknown(done)
        running, pid, status, image, started = done.stdout.split(maxsplit=4)
        began = datetime.fromisoformat(json.loads(started)).timestamp()
        return Container(running == "true", Process(int(pid), began), int(status), image)

    def _unknown(self, done: Completed) -> CommandFailed | ConfigurationRefused:
        why, runtime = last_line(done), self.machine.runtime
        if NO_SUCH.search(why):
            return ConfigurationRefused(
                f"there is no container {self.name}",
                where=self.machine.node,
                why=why,
                next_step="correct `machine.container` in the stack file, or create the container",
            )
        what = f"`{runtime} inspect {self.name}` ended with status {done.exit_status}"
        next_step = f"run `{runtime} ps` on the machine as whoever runs this; mend what it says, then run again"
        return CommandFailed(what, where=self.machine.node, why=why, next_step=next_step)


def as_runtimes_read(nanoseconds: int) -> str:
    """Return a time in RFC 3339, which every docker and podman reads; not every podman reads a fraction since 1970.

    To the nanosecond, since in the second in which a node starts there may be last words of its former process.
    """
    seconds, fraction = divmod(nanoseconds, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"


def in_plain_text(said: str) -> str:
    """Return a log of which lines may be JSON, as the image writes them, as the lines that a log file would have."""
    return "\n".join(line for said_line in said.splitlines() for line in _plain(said_line))


def _plain(line: str) -> Iterator[str]:
    try:
        entry: Any = json.loads(line) if line.startswith("{") else None
    except ValueError:
        entry = None
    if not isinstance(entry, dict) or "message" not in entry:
        yield line
        return
    yield str(entry["message"])
    error = entry.get("error") if isinstance(entry.get("error"), dict) else {}
    for key in ("message", "stack_trace"):
        yield from str(entry.get(f"error.{key}") or (error or {}).get(key) or "").splitlines()
