"""A node that systemd runs, as the packages have it, and archives whose operator wrote a unit.

Source: start-stop-elasticsearch (Debian packages, RPM packages); distribution/packages elasticsearch.service.
"""

import shlex
from collections.abc import Mapping, Sequence

from components.clock import Clock
from components.errors import CommandFailed, ConfigurationRefused
from components.nodes.process import Process, last_line, now_on, process_of, properties
from components.nodes.service import OnMachine, limits_of
from components.nodes.target import Completed

START_TIMEOUT = 900
"""Seconds where nobody says more, as `TimeoutStartSec` in Elasticsearch's unit. With its `Type=notify` a start returns
when it is ready. Since systemd 238 the node prolongs that time of the unit's for as long as it starts."""
ASKED = "--property=LoadState,ActiveState,MainPID"
ENDED = frozenset({"inactive", "failed"})
JOURNAL_LINES = 200
CHANGING = frozenset({"create", "add", "remove"})


class Systemd(OnMachine):
    """A unit. It knows its process itself, so there is no pid file to be wrong and no command line to recognise.

    The keystore's password is not given at a start: the unit reads it from the file that `ES_KEYSTORE_PASSPHRASE_FILE`
    names in its environment.
    """

    @property
    def unit(self) -> str:
        """The unit's name."""
        return self.machine.unit or ""

    def process(self) -> Process | None:
        """Return the unit's main process."""
        pid = int(self._properties().get("MainPID", "0") or 0)
        return process_of(self.target, pid) if pid else None

    def start(self, clock: Clock) -> Completed:
        """Start the unit. `systemctl` says little of a failure, so what the journal has of this start is added.

        What it counts of earlier starts is forgotten first: `StartLimitBurst=` is for a service that fails again and
        again, and would refuse to start a node whose files are back. Source: systemctl(1), reset-failed.
        """
        self.target.run(self._systemctl("reset-failed"))
        began = now_on(self.target)
        done = self.place.start(self._systemctl("start"), clock, usual=START_TIMEOUT)
        if done.ok:
            return done
        said = self._journal(began)
        self.target.run(self._systemctl("stop", "--no-block"))  # or `Restart=` starts it while its files are put back
        return Completed(done.exit_status, said, done.stderr)

    def start_command(self) -> str:
        """Return the command of the page."""
        return shlex.join(self._systemctl("start"))

    def ask_to_stop(self, process: Process) -> Completed:
        """Let systemd send SIGTERM, and begin no wait of its own: its units wait for ever."""
        return self.target.run(self._systemctl("stop", "--no-block"))

    def is_gone(self, process: Process) -> bool:
        """Wait for the unit and not only for its process: a start that comes before it is idle would wait for it."""
        return self._properties().get("ActiveState") in ENDED

    def cannot_start(self) -> str:
        """Look whether there is such a unit, and whether the user may read the settings."""
        self._properties()
        return self.settings_unreadable()

    def keystore(self, arguments: Sequence[str], stdin: bytes) -> Completed:
        """Run the program as the owner of the config folder; a file that it makes anew keeps the folder's group.

        It does so by itself where the folder has mode 2750, as the packages make it.
        """
        done = super().keystore(arguments, stdin)
        path, group = self.machine.path(self.place.software.keystore), self.place.owner().group
        stat = self.target.stat([path]).get(path) if done.ok and arguments[0] in CHANGING else None
        if stat is not None and stat.group != group:
            self.target.run(["chgrp", "-h", group, str(path)])
        return done

    def limits(self) -> str | None:
        """Return what the running process was granted: the unit's limits, and not those of a login."""
        return limits_of(self.target, self.process())

    def _systemctl(self, verb: str, *options: str) -> list[str]:
        return ["systemctl", verb, *options, self.unit]

    def _properties(self) -> Mapping[str, str]:
        done = self.target.run(self._systemctl("show", ASKED))
        if not done.ok:
            raise CommandFailed(
                f"`systemctl show {self.unit}` ended with status {done.exit_status}",
                where=self.machine.node,
                why="; ".join(done.stderr.strip().splitlines()) or last_line(done),
                next_step="mend what it says; where something else than systemd runs the node, write how in "
                "`machine.commands` of the stack file",
            )
        found = properties(done.stdout)
        if found.get("LoadState") == "not-found":
            raise ConfigurationRefused(
                f"systemd has no unit {self.unit}",
                where=self.machine.node,
                why="it is to run the node, as `machine.unit` of the stack file says, or its layout",
                next_step="correct `machine.unit` or `machine.layout` in the stack file, or name the right machine",
            )
        return found

    def _journal(self, since: int) -> str:
        """Return what the unit said since then; by default only what comes before the node's own log is opened."""
        asked = ["--unit", self.unit, "--since", f"@{since}", "--lines", str(JOURNAL_LINES)]
        return self.target.run(["journalctl", *asked, "--no-pager", "--output", "cat"]).stdout
