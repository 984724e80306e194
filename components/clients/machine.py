"""What can be done with a Kibana on its machine: its files, its keystore, its process."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import ClassVar

from components.clients.content import PID_FILE
from components.clients.fleet import fingerprints
from components.clients.spec import Kibana, KibanaPaths
from components.errors import CommandFailed, ConfigurationRefused
from components.nodes.machine import NodeMachine
from components.nodes.process import Process, last_line
from components.nodes.software import Software
from components.nodes.target import Completed, NodeTarget
from components.nodes.targets import target_of
from components.settings.flat import flatten
from components.settings.scalars import Value
from components.settings.yaml_text import parse

RESTART_TIMEOUT = 180.0
"""Seconds that the operator's restart command gets to end; until Kibana is available may take longer."""
KIBANA = Software(
    folder="Kibana's config folder",
    any_folder="Kibana's config folder",
    settings=KibanaPaths.SETTINGS,
    keystore=KibanaPaths.KEYSTORE,
    keystore_command="kibana-keystore",
    folder_variable="KBN_PATH_CONF",
    folder_key="`config` of this Kibana in the stack file",
    process_mark="kibana",
)


def kibana_machine(kibana: Kibana) -> "KibanaMachine":
    """Return a Kibana's machine."""
    return KibanaMachine(kibana, target_of(kibana.machine))


class KibanaMachine(NodeMachine):
    """One Kibana on its machine; files are found, compared and written as a node's are."""

    software: ClassVar[Software] = KIBANA

    def __init__(self, kibana: Kibana, target: NodeTarget) -> None:
        super().__init__(kibana.machine, target)
        self.kibana = kibana

    def settings(self) -> Mapping[str, Value]:
        """Return the effective settings of kibana.yml.

        Raises:
            ConfigurationRefused: there is none, or it cannot be read.
        """
        with by_the_rules_of_elasticsearch():
            return flatten(self.settings_text(), where=self.settings_place(), also_opaque=True)

    def trusted_by_agents(self) -> tuple[str, ...]:
        """Return the fingerprints of the CAs that kibana.yml tells Elastic Agents to trust; errors as for settings."""
        with by_the_rules_of_elasticsearch():
            return tuple(fingerprints(parse(self.settings_text(), where=self.settings_place()).root))

    def cannot_be_configured(self) -> str:
        """Return why Kibana's keystore, or Kibana itself, could not be handled; empty when nothing is known against it.

        Runs nothing of Kibana's.
        """
        programs: list[tuple[str, str | None]] = [(self.place.program("kibana-keystore"), self.owner().user)]
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
            raise CommandFailed(what, where=self.name, why=last_line(done), next_step=next_step)

    def reload(self, process: Process) -> None:
        """Let Kibana read the files of `server.ssl` again. Source: elastic/kibana#171823 (SIGHUP)."""
        self.target.run(["kill", "-HUP", str(process.pid)])

    def _pid_file(self) -> PurePosixPath:
        """Return where this Kibana writes its process id: kibana.yml overrules what the stack file says."""
        written = self.settings().get(PID_FILE, "")
        own = PurePosixPath(written if isinstance(written, str) else "")
        return own if own.is_absolute() else PurePosixPath(self.machine.pid_file)

    def _keystore_refused(self, command: str, done: Completed) -> CommandFailed:
        return self._keystore_failed(command, last_line(done))

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
