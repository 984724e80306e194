"""A process on a machine, and how it is asked for; how long things may take there."""

from collections.abc import Mapping
from dataclasses import dataclass

from components.errors import CommandFailed
from components.nodes.target import Completed, NodeTarget

STOP_TIMEOUT = 120
"""Seconds a node gets to end after SIGTERM where nobody says more; Elasticsearch's own units wait for ever."""
START_TIMEOUT = 300
"""Seconds `bin/elasticsearch -d`, or an operator's command, gets until the node is ready, where nobody says more."""
NO_SUCH_PROCESS = 1
"""How `ps` ends then, without a word, and in no other case. Source: ps(1)."""
PS = """
said=$(ps -o etimes=,args= -p "$1" 2>&1)
status=$?
printf '%s\\n' "$said"
[ "$status" -eq 0 ] || exit "$status"
date +%s.%N
"""
"""The shell itself may complain on standard error, of a locale that there is not; what counts is what `ps` says."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who must own what we write for a node."""

    user: str
    group: str


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a node may take.

    Attributes:
        start: seconds until it is ready; None for what is usual for that which runs it.
        stop: seconds until it has ended after SIGTERM.
    """

    start: float | None = None
    stop: float = STOP_TIMEOUT

    def not_ended(self, process: "Process", *, where: str) -> CommandFailed:
        """Return the error of a node that was asked to stop, and did not end in time."""
        return CommandFailed(
            f"the node did not stop within {self.stop:.0f} s",
            where=where,
            why=f"its process {process.pid} does not end after SIGTERM; it waits for requests that are open",
            next_step="look at the node's log and its tasks; once it has ended, start it, and run again; where it only "
            "needs longer, raise `rollout.stop_timeout` in the stack file",
        )


USUAL = Patience()
"""What a node gets where the stack file does not say."""


@dataclass(frozen=True, slots=True)
class Process:
    """A node's running process.

    Attributes:
        pid: process id.
        started: seconds since 1970 on the machine's clock; exact to one second, never too early.
    """

    pid: int
    started: float

    def is_same(self, pid: int, started: float) -> bool:
        """Tell whether this is the process that was recorded (a process id alone may be used again)."""
        return self.pid == pid and abs(self.started - started) <= 2


def process_of(target: NodeTarget, pid: int, mark: str = "") -> Process | None:
    """Return the process with this number, if there is one whose command line holds the mark.

    Raises:
        CommandFailed: that could not be found out; a machine that is short of everything fails to tell, too.
    """
    done = target.run(["sh", "-c", PS, "sh", str(pid)])
    if done.exit_status == NO_SUCH_PROCESS and not done.stdout.strip():
        return None
    lines = done.stdout.splitlines()
    if not done.ok or len(lines) < 2:
        raise CommandFailed(
            f"whether process {pid} runs could not be found out",
            where=target.name,
            why=last_line(done),
            next_step="see what `ps` says there, and whether the machine has memory and processes left; then run again",
        )
    if mark not in lines[0]:
        return None
    elapsed = float(lines[0].split(maxsplit=1)[0])
    return Process(pid, float(lines[-1]) - elapsed)


def now_on(target: NodeTarget) -> int:
    """Return the seconds since 1970 on the machine's clock, rounded down."""
    return int(target.run(["date", "+%s"]).stdout)


def nanoseconds_on(target: NodeTarget) -> int:
    """Return the nanoseconds since 1970 on the machine's clock."""
    return int(target.run(["date", "+%s%N"]).stdout)


def properties(text: str) -> Mapping[str, str]:
    """Return what lines of `NAME=VALUE` say."""
    return {name: value for name, _, value in (line.partition("=") for line in text.splitlines())}


def last_line(done: Completed) -> str:
    """Return the last line that a command printed, of its errors where there are any."""
    return next(reversed((done.stderr.strip() or done.stdout.strip()).splitlines()), "it printed nothing")
