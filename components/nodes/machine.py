"""What can be done with a node on its machine, whatever the target: files, keystore, start and stop."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import PurePosixPath
from typing import ClassVar

from components.clock import Clock
from components.errors import CommandFailed, ConfigurationRefused
from components.nodes.keystore_looks import KeystoreLooks
from components.nodes.keystore_password import keystore_has_none, password_line
from components.nodes.layouts import LAYOUTS
from components.nodes.limits import Limits, read_limits
from components.nodes.process import USUAL, Owner, Patience, Process, last_line
from components.nodes.service import Place, Service
from components.nodes.services import service_of
from components.nodes.software import ELASTICSEARCH, Software
from components.nodes.spec import Machine, Paths
from components.nodes.target import Completed, DesiredFile, FileStat, NodeTarget

SETTINGS_MODE, NO_MORE_THAN = 0o660, 0o777
A_FILE = "put a file in its place (`cp --remove-destination`)"
OF_A_LINK = f"write these lines where it leads to, by whatever keeps it, or {A_FILE}; then run again"
OF_A_TAKEN_OVER_LINK = f"{A_FILE}, then run again; link it again, with our lines where it leads, once `up` is through"


class NodeMachine:
    """One node on its machine."""

    software: ClassVar[Software] = ELASTICSEARCH

    def __init__(
        self,
        machine: Machine,
        target: NodeTarget,
        looks: KeystoreLooks | None = None,
        patience: Patience = USUAL,
    ) -> None:
        self.machine, self.target, self.patience = machine, target, patience
        self.name = machine.node
        self._looks = looks or KeystoreLooks()

    def path(self, relative: str) -> PurePosixPath:
        """Return the absolute path of something in the config folder."""
        return self.machine.path(relative)

    def owner(self) -> Owner:
        """Return whom the files in the config folder belong to: its owner, or the node's user where that owns it.

        Raises:
            ConfigurationRefused: there is no config folder at the path that the stack file names.
        """
        return self.owner_and_stat()[0]

    def owner_and_stat(self, *relative: str) -> tuple[Owner, Mapping[str, FileStat]]:
        """Return whom the files belong to, and what is known of some of them, by one look.

        Raises:
            ConfigurationRefused: there is no config folder at the path that the stack file names.
        """
        folder = PurePosixPath(self.machine.config)
        found = self.target.stat([folder, *map(self.path, relative)])
        stat = found.get(folder)
        if stat is None:
            named = f"the name `{self.name}`, which is part of it, or " if self.name in str(folder) else ""
            raise ConfigurationRefused(
                f"there is no folder {folder}",
                where=self.name,
                why=f"it should be {self.software.folder} ({self.software.folder_variable})",
                next_step=f"correct {named}{self.software.folder_key}",
            )
        user = self.machine.user if LAYOUTS[self.machine.layout].user_owns_config else None
        stats = {name: found[self.path(name)] for name in relative if self.path(name) in found}
        return Owner(user or stat.owner, stat.group), stats

    @cached_property
    def place(self) -> Place:
        """Where the node's service is."""
        return Place(self.machine, self.target, self.software, self.owner, self._pid_file, self.patience)

    @cached_property
    def service(self) -> Service:
        """What runs the node."""
        return service_of(self.place)

    def stat(self, *relative: str) -> Mapping[str, FileStat]:
        """Return what is known of those files of the config folder that exist."""
        found = self.target.stat([self.path(name) for name in relative])
        return {name: found[self.path(name)] for name in relative if self.path(name) in found}

    def read(self, relative: str) -> bytes | None:
        """Return the content of a file of the config folder, or None when there is none."""
        return self.target.find(self.path(relative))

    def write(self, relative: str, content: bytes, mode: int) -> None:
        """Put a file of ours into the config folder."""
        path, owner = self.path(relative), self.owner()
        within = PurePosixPath(self.machine.config)
        self.target.write(DesiredFile(path, content, mode, owner.user, owner.group, no_acl=True, within=within))

    def refuse_linked_settings(self, differ: Sequence[object] = (), *, taken_over: bool = False) -> None:
        """Refuse to replace a settings file that is a link: what keeps the file behind it would go on unread.

        Args:
            differ: how the lines differ that would be written.
            taken_over: whether somebody else's security is in it, which our lines, come by another way, would hide.

        Raises:
            ConfigurationRefused: it is one.
        """
        done = self.target.run(["readlink", str(self.path(self.software.settings))])
        if done.ok:
            lines = "".join(f"; {each}" for each in differ)
            raise ConfigurationRefused(
                f"{self.software.settings} is a link, which would become a file of its own",
                where=self.settings_place(),
                why=f"it leads to {done.stdout.strip()}, which something else may keep{lines}",
                next_step=OF_A_TAKEN_OVER_LINK if taken_over else OF_A_LINK,
            )

    def write_settings(self, text: str) -> None:
        """Replace the settings file; its owner, mode and ACL stay as they are.

        Raises:
            ConfigurationRefused: it is a link.
            CommandFailed: it could not be written.
        """
        self.refuse_linked_settings()
        stat = self.stat(self.software.settings).get(self.software.settings)
        owner = Owner(stat.owner, stat.group) if stat else self.owner()
        mode = stat.mode & NO_MORE_THAN if stat else SETTINGS_MODE
        path = self.path(self.software.settings)
        self.target.write(DesiredFile(path, text.encode(), mode, owner.user, owner.group))

    def settings_place(self) -> str:
        """Return how messages name the settings file."""
        return f"{self.name}: {self.path(self.software.settings)}"

    def settings_text(self) -> str:
        """Return the settings file.

        Raises:
            ConfigurationRefused: there is none, or it is not text.
        """
        content = self.read(self.software.settings)
        try:
            if content is not None:
                return content.decode()
            why = f"{self.software.any_folder} must hold one"
        except UnicodeDecodeError as error:
            why = f"it is not UTF-8 text: {error.reason} at byte {error.start}"
        raise ConfigurationRefused(
            f"cannot use {self.software.settings}",
            where=self.settings_place(),
            why=why,
            next_step=f"correct the file, or {self.software.folder_key}",
        )

    def jvm_options(self) -> tuple[str, ...]:
        """Return the JVM options of `jvm.options` and `jvm.options.d`, in their order.

        Lines for some Java versions only (``8-13:-Xmx2g``) are left out. Source: reference/elasticsearch/jvm-settings.
        """
        script = 'grep -hs "^-" "$1/jvm.options" "$1"/jvm.options.d/*.options; true'
        done = self.target.run(["sh", "-c", script, "sh", self.machine.config])
        return tuple(line.strip() for line in done.stdout.splitlines())

    def limits(self) -> Limits | None:
        """Return what a node would be granted that is started as ours is; None where the machine does not tell."""
        answer = self.service.limits()
        return None if answer is None else read_limits(answer, self.place.user())

    def secure_setting_names(self) -> frozenset[str]:
        """Return the names of the keystore's entries; none when there is no keystore."""
        if not self.stat(self.software.keystore):
            return frozenset()
        return frozenset(self._read_keystore("list").split())

    def secure_setting(self, name: str) -> str:
        """Return the value of a keystore entry."""
        return self._read_keystore("show", name).removesuffix("\n")

    def set_secure_settings(self, values: Mapping[str, str]) -> None:
        """Set keystore entries, all in one command; the values go by standard input.

        Source: elasticsearch-keystore, `add -f -x`.
        """
        if not self.stat(Paths.KEYSTORE):
            password = password_line(self.machine, self.target)
            self._run_keystore(["create", "-p"] if password else ["create"], password * 2)  # it is asked for twice
        names = sorted(values)
        lines = "".join(f"{values[name]}\n" for name in names)
        self._keystore(["add", "-f", "-x", *names], lines.encode())

    def keystore_password_bytes(self) -> int:
        """Return how long the keystore's password is, in bytes; 0 where the stack file names none."""
        return len(password_line(self.machine, self.target).rstrip(b"\n"))

    def remove_secure_settings(self, names: Sequence[str]) -> None:
        """Remove keystore entries that are there."""
        if names:
            self._keystore(["remove", *names])

    def process(self) -> Process | None:
        """Return the node's process, or None when it does not run."""
        return self.service.process()

    def _pid_file(self) -> PurePosixPath:
        return PurePosixPath(self.machine.pid_file)

    def start(self, clock: Clock) -> Completed:
        """Start the node and return once it is ready, or has failed; what it said is in the result."""
        return self.service.start(clock)

    def start_command(self) -> str:
        """Return what a person would type on the machine to start the node."""
        return self.service.start_command()

    def cannot_start(self) -> str:
        """Return why the node's user could not start it; empty when nothing is known against it. Starts nothing."""
        return self.service.cannot_start()

    def cannot_read(self, relative: Sequence[str]) -> str:
        """Return which of these files the node's user may not read; of those that are not there yet, the folder."""
        folders = {name: str(PurePosixPath(name).parent) for name in relative}
        found = self.stat(*relative, *sorted({*folders.values()} - {"."})) if relative else {}
        there = [name if name in found else folders[name] for name in relative]
        return self.service.cannot_read([str(self.path(name)) for name in dict.fromkeys(there) if name in found])

    def stop(self, clock: Clock) -> None:
        """Stop the node and return once its process is gone; nobody kills it.

        Raises:
            CommandFailed: it could not be asked, or did not end in time; it is left as it is.
        """
        process = self.process()
        if process is None:
            return
        deadline = clock.monotonic() + self.patience.stop
        try:
            done = self.service.ask_to_stop(process)
        except CommandFailed:
            if clock.monotonic() < deadline:  # else it is only the command that was tired of waiting
                raise
            done = None
        while not self.service.is_gone(process):
            if done is not None and not done.ok:
                raise self._not_asked(done)
            if clock.monotonic() > deadline:
                raise self.patience.not_ended(process, where=self.name)
            clock.sleep(0.2)

    def _not_asked(self, done: Completed) -> CommandFailed:
        return CommandFailed(
            f"the node could not be asked to stop (exit status {done.exit_status})",
            where=self.name,
            why=last_line(done),
            next_step="stop it on the machine to see what is wrong; mend that, start it, and run again",
        )

    def _read_keystore(self, *arguments: str) -> str:
        """Return what a command says that changes nothing."""

        def digest() -> str:
            found = self.stat(self.software.keystore).get(self.software.keystore)
            return found.sha256 if found else ""

        where = (self.name, self.path(self.software.keystore), self.machine.keystore_password_file)
        return self._looks.answer(where, arguments, digest, lambda: self._keystore(arguments).stdout)

    def _keystore(self, arguments: Sequence[str], stdin: bytes = b"") -> Completed:
        """Run a command on the keystore that there is, opened with its password."""
        return self._run_keystore(arguments, self._opens_keystore + stdin)

    @cached_property
    def _opens_keystore(self) -> bytes:
        """The line that opens the keystore that there is; asking whether it has a password takes about a second."""
        password = password_line(self.machine, self.target)
        if password and not self._ask_keystore(["has-passwd", "-s"]).ok:
            raise keystore_has_none(self.machine)
        return password

    def _run_keystore(self, arguments: Sequence[str], stdin: bytes) -> Completed:
        done = self._ask_keystore(arguments, stdin)
        if not done.ok:
            raise self._keystore_refused(arguments[0], done)
        return done

    def _ask_keystore(self, arguments: Sequence[str], stdin: bytes = b"") -> Completed:
        return self.service.keystore(arguments, stdin)

    def _keystore_refused(self, command: str, done: Completed) -> CommandFailed:
        return CommandFailed(
            f"`elasticsearch-keystore {command}` ended with status {done.exit_status}",
            where=self.name,
            why=last_line(done),
            next_step="run the command on the node as its user; mend what it says, then run again",
        )
