"""A node that is run by commands of the operator's, for those verbs that the stack file names."""

import shlex
from collections.abc import Sequence
from pathlib import PurePosixPath

from components.clock import Clock
from components.errors import CommandFailed
from components.nodes.process import Process, last_line, process_of
from components.nodes.service import KEYSTORE_TIMEOUT, Place, Service
from components.nodes.spec import Commands
from components.nodes.target import Completed

CANNOT_BE_RUN = (126, 127)
"""What a shell says of a program that may not be run, or is not there: no answer to whether the node runs."""
IN_THE_STACK_FILE = "mend what it says, or `machine.commands.{verb}` in the stack file; then run again"


class OwnCommands:
    """Commands in place of what the layout would do; where there is none for a verb, the layout does it.

    They are run as whoever we are on the machine, as systemd's and the containers' are.
    """

    def __init__(self, place: Place, commands: Commands, usual: Service) -> None:
        self.place, self.commands, self.usual = place, commands, usual
        self.target, self.node = place.target, place.machine.node

    def process(self) -> Process | None:
        """Ask `status`: with status 0 the node runs, and the last word printed is its process id.

        Raises:
            CommandFailed: it could not be run, or printed no number.
        """
        if not self.commands.status:
            return self.usual.process()
        done = self.target.run(self.commands.status)
        if done.exit_status in CANNOT_BE_RUN:
            raise self._failed("status", self.commands.status, f"ended with status {done.exit_status}", last_line(done))
        if not done.ok:
            return None
        word = (done.stdout.split() or [""])[-1]
        if not word.isdecimal():
            why = f"it printed `{word[:60]}` at its end" if word else "it printed nothing"
            raise self._failed("status", self.commands.status, "told no process id", why)
        return process_of(self.target, int(word))

    def start(self, clock: Clock) -> Completed:
        """Run `start`."""
        if not self.commands.start:
            return self.usual.start(clock)
        return self.place.start(self.commands.start, clock)

    def start_command(self) -> str:
        """Return `start` as one types it."""
        return shlex.join(self.commands.start) if self.commands.start else self.usual.start_command()

    def ask_to_stop(self, process: Process) -> Completed:
        """Run `stop`."""
        if not self.commands.stop:
            return self.usual.ask_to_stop(process)
        return self.target.run(self.commands.stop, timeout=self.place.patience.stop)

    def is_gone(self, process: Process) -> bool:
        """Watch the process itself, whatever `stop` waits for."""
        if not (self.commands.stop or self.commands.status):
            return self.usual.is_gone(process)
        now = process_of(self.target, process.pid)
        return now is None or not now.is_same(process.pid, process.started)

    def cannot_start(self) -> str:
        """Look whether the command is there, where it has a path."""
        if not self.commands.start:
            return self.usual.cannot_start()
        program = self.commands.start[0]
        if "/" in program and not self.place.may("-x", program, None):
            return f"we may not run {program}, or there is no such file"
        return ""

    def cannot_read(self, paths: Sequence[str]) -> str:
        """Leave it to the layout, unless something else starts the node: then nobody knows as whom."""
        return "" if self.commands.start else self.usual.cannot_read(paths)

    def cannot_write_keystore(self) -> str:
        """Leave it to the layout, unless something else runs the program: then nobody knows as whom."""
        return "" if self.commands.keystore else self.usual.cannot_write_keystore()

    def keystore(self, arguments: Sequence[str], stdin: bytes) -> Completed:
        """Run `keystore` with the arguments of `elasticsearch-keystore` after its own."""
        if not self.commands.keystore:
            return self.usual.keystore(arguments, stdin)
        return self.target.run(
            [*self.commands.keystore, *arguments],
            stdin=stdin,
            environment=self.place.environment(),
            timeout=KEYSTORE_TIMEOUT,
        )

    def limits(self) -> str | None:
        """Leave it to the layout, unless something else starts the node: then nobody knows."""
        return None if self.commands.start else self.usual.limits()

    def log_position(self, log: PurePosixPath) -> int:
        """Leave it to the layout."""
        return self.usual.log_position(log)

    def log_since(self, log: PurePosixPath, position: int) -> str:
        """Leave it to the layout."""
        return self.usual.log_since(log, position)

    def _failed(self, verb: str, command: Sequence[str], what: str, why: str) -> CommandFailed:
        next_step = IN_THE_STACK_FILE.format(verb=verb)
        return CommandFailed(f"`{shlex.join(command)}` {what}", where=self.node, why=why, next_step=next_step)
