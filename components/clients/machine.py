"""What can be done with a Kibana on its machine: its files, its keystore, its process."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath

from components.clients.content import PID_FILE
from components.clients.spec import Kibana, KibanaPaths
from components.errors import CommandFailed, ConfigurationRefused
from components.nodes.local import LocalTarget
from components.nodes.machine import NodeMachine, Owner, Process
from components.nodes.target import Completed, DesiredFile, NodeTarget
from components.settings.flat import flatten
from components.settings.scalars import Value

RESTART_TIMEOUT = 180.0
"""Seconds that the operator's restart command gets to end; until Kibana is available may take longer."""
KEYSTORE_TIMEOUT = 60.0
SETTINGS_MODE = 0o660


def kibana_machine(kibana: Kibana) -> "KibanaMachine":
    """Return a Kibana's machine."""
    return KibanaMachine(kibana, LocalTarget(kibana.name))


class KibanaMachine(NodeMachine):
    """One Kibana on its machine; files are found, compared and written as a node's are."""

    process_mark = "kibana"

    def __init__(self, kibana: Kibana, target: NodeTarget) -> None:
        super().__init__(kibana.machine, target)
        self.kibana = kibana

    def owner(self) -> Owner:
        """Return whom Kibana's files belong to.

        Raises:
            ConfigurationRefused: there is no config folder at the path that the stack file names.
        """
        folder = PurePosixPath(self.machine.config)
        stat = self.target.stat([folder]).get(folder)
        if stat is None:
            raise ConfigurationRefused(
                f"there is no folder {folder}",
                where=self.name,
                why="it should be Kibana's config folder (KBN_PATH_CONF)",
                next_step="correct `config` of this Kibana in the stack file",
            )
        return Owner(self.machine.user or stat.owner, stat.group)

    def settings_text(self) -> str:
        """Return kibana.yml.

        Raises:
            ConfigurationRefused: there is none, or it is not text.
        """
        try:
            content = self.read(KibanaPaths.SETTINGS)
            if content is not None:
                return content.decode()
            why = "Kibana's config folder must hold one"
        except UnicodeDecodeError as error:
            why = f"it is not UTF-8 text: {error.reason} at byte {error.start}"
        raise ConfigurationRefused(
            "cannot use kibana.yml",
            where=self.settings_place(),
            why=why,
            next_step="correct the file, or `config` of this Kibana in the stack file",
        )

    def settings_place(self) -> str:
        """Return how messages name kibana.yml."""
        return f"{self.name}: {self.path(KibanaPaths.SETTINGS)}"

    def settings(self) -> Mapping[str, Value]:
        """Return the effective settings of kibana.yml.

        Raises:
            ConfigurationRefused: there is none, or it cannot be read.
        """
        with by_the_rules_of_elasticsearch():
            return flatten(self.settings_text(), where=self.settings_place())

    def write_settings(self, text: str) -> None:
        """Replace kibana.yml; its owner and mode stay as they are."""
        stat = self.stat(KibanaPaths.SETTINGS).get(KibanaPaths.SETTINGS)
        owner = Owner(stat.owner, stat.group) if stat else self.owner()
        mode = stat.mode if stat else SETTINGS_MODE
        path = self.path(KibanaPaths.SETTINGS)
        self.target.write(DesiredFile(path, text.encode(), mode, owner.user, owner.group))

    def cannot_be_configured(self) -> str:
        """Return why Kibana's keystore, or Kibana itself, could not be handled; empty when nothing is known against it.

        Runs nothing of Kibana's.
        """
        programs: list[tuple[str, str | None]] = [(self._program("kibana-keystore"), self.owner().user)]
        programs += [(word, None) for word in self.kibana.restart[:1] if "/" in word]
        for program, user in programs:
            if not self.target.run(["test", "-x", program], user=user).ok:
                return f"{f'user {user}' if user else 'we'} may not run {program}, or there is no such file"
        return ""

    def may_keep_a_pid_file(self) -> bool:
        """Tell whether Kibana can write its process id where we would let it: one that cannot does not start.

        A place that the stack file names is taken as it is. In the config folder, the user that owns it must be able to
        write, and must be the one that Kibana runs as, which root is not.
        """
        folder = PurePosixPath(self.machine.config)
        if PurePosixPath(self.machine.pid_file).parent != folder:
            return True
        user = self.owner().user
        return user not in ("root", "0") and self.target.run(["test", "-w", str(folder)], user=user).ok

    def secure_setting_names(self) -> frozenset[str]:
        """Return the names of the keystore's entries; none when there is no keystore."""
        if not self.stat(KibanaPaths.KEYSTORE):
            return frozenset()
        return frozenset(self._keystore(["list"]).stdout.split())

    def set_secure_settings(self, values: Mapping[str, str]) -> None:
        """Set keystore entries, one command each; a value goes by standard input, as a JSON text.

        Kibana's command reads a value as JSON: without quotes, digits alone would be stored as a number. It ends with
        status 0 even when it stored nothing, so the names are read back. Source: secure-settings (kibana-keystore).

        Raises:
            CommandFailed: an entry is not there afterwards.
        """
        if values and not self.stat(KibanaPaths.KEYSTORE):
            self._keystore(["create"])
        for name, value in sorted(values.items()):
            self._keystore(["add", name, "--force", "--stdin"], json.dumps(value).encode())
        missing = sorted(values.keys() - self.secure_setting_names()) if values else ()
        if missing:
            raise self._keystore_failed("add", f"{', '.join(missing)} is not in it afterwards")

    def remove_secure_settings(self, names: Sequence[str]) -> None:
        """Remove keystore entries that are there."""
        for name in names:
            self._keystore(["remove", name])

    def restart(self) -> None:
        """Run the operator's restart command.

        Raises:
            CommandFailed: it ended with an error, or not in time.
        """
        command = f"`{' '.join(self.kibana.restart)}`"
        next_step = "mend what it says, or `restart` of this Kibana in the stack file; then run again"
        try:
            done = self.target.run(self.kibana.restart, timeout=RESTART_TIMEOUT)
        except CommandFailed as error:
            raise CommandFailed(error.what, where=self.name, why=error.why, next_step=next_step) from error
        if not done.ok:
            what = f"{command} ended with status {done.exit_status}"
            raise CommandFailed(what, where=self.name, why=_last_line(done), next_step=next_step)

    def reload(self, process: Process) -> None:
        """Let Kibana read the files of `server.ssl` again. Source: elastic/kibana#171823 (SIGHUP)."""
        self.target.run(["kill", "-HUP", str(process.pid)])

    def _pid_file(self) -> PurePosixPath:
        """Return where this Kibana writes its process id: kibana.yml overrules what the stack file says."""
        written = self.settings().get(PID_FILE, "")
        own = PurePosixPath(written if isinstance(written, str) else "")
        return own if own.is_absolute() else PurePosixPath(self.machine.pid_file)

    def _environment(self) -> Mapping[str, str]:
        return {"KBN_PATH_CONF": self._real(self.machine.config)}

    def _keystore(self, arguments: Sequence[str], stdin: bytes | None = None) -> Completed:
        done = self.target.run(
            [self._program("kibana-keystore"), *arguments],
            stdin=stdin,
            user=self.owner().user,
            environment=self._environment(),
            timeout=KEYSTORE_TIMEOUT,
        )
        if not done.ok:
            raise self._keystore_failed(arguments[0], _last_line(done))
        return done

    def _keystore_failed(self, command: str, why: str) -> CommandFailed:
        return CommandFailed(
            f"`kibana-keystore {command}` did not do its work",
            where=self.name,
            why=why,
            next_step="run the command as Kibana's user; mend what it says, then run again",
        )


@contextmanager
def by_the_rules_of_elasticsearch() -> Iterator[None]:
    """Say in a refusal of kibana.yml whose rules these are: Kibana's own are wider."""
    try:
        yield
    except ConfigurationRefused as error:
        why = f"{error.why} (kibana.yml is read by the rules for elasticsearch.yml)"
        raise ConfigurationRefused(error.what, where=error.where, why=why, next_step=error.next_step) from error


def _last_line(done: Completed) -> str:
    return next(reversed((done.stderr.strip() or done.stdout.strip()).splitlines()), "it printed nothing")
