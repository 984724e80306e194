"""One node in a rollout: what it runs with, and its configuration put in place, kept, and put back."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from pydantic import SecretStr

from components.nodes.greeting import greet
from components.nodes.machine import NodeMachine
from components.nodes.others_folder import remove_inside
from components.nodes.probes import Speech
from components.nodes.process import Process
from components.nodes.spec import Node, Paths
from components.nodes.taking_over import why_useless
from components.nodes.target import FileStat
from components.pki.spec import Layer
from components.rollout import kept
from components.rollout.decode import in_an_operators_words
from components.rollout.entries import EntryDifference, entry_differences
from components.rollout.kept import MANIFEST
from components.rollout.view import NodeView, Running
from components.settings.content import Content
from components.settings.leftovers import entries_to_remove, old_files
from components.settings.merge import Value, flatten
from components.settings.operator_file import merged_on
from components.settings.scenarios import VERIFICATION_MODE, VerificationMode
from components.settings.standing import Standing, foreign, told
from components.values import MaybeUnknown, Unknown, Wire, reveal

TRANSPORT_TLS = "xpack.security.transport.ssl.enabled"


class RecordedNode(Wire):
    """What a node was last seen to run with.

    Attributes:
        name: the node's name.
        settings_digest: digest of our settings.
        secure_digest: digest of our keystore entries.
        settings_file: SHA-256 of elasticsearch.yml with them; empty when they were not in it.
        keystore_file: SHA-256 of the keystore with them; empty likewise.
        pid: the process that runs with them, 0 when there was none.
        started: when that process was started, seconds since 1970.
    """

    name: str
    settings_digest: str
    secure_digest: MaybeUnknown[SecretStr]
    settings_file: str
    keystore_file: str
    pid: int
    started: float


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a node: the files and the process, as they are now."""

    settings: FileStat | None
    keystore: FileStat | None
    process: Process | None
    in_hand: bool
    restarted: bool
    left_files: bool


class RolloutNode:
    """A node, what it must run with and was last recorded to, whether it is new, and whether others' old files go."""

    def __init__(
        self,
        node: Node,
        machine: NodeMachine,
        content: Content,
        recorded: RecordedNode | None,
        *,
        removes_old: bool = False,
        new: bool = False,
    ) -> None:
        self.node, self.machine, self.content, self.recorded = node, machine, content, recorded
        self.name, self.removes_old, self.new = node.name, removes_old, new

    @in_an_operators_words()
    def view(self) -> NodeView:
        """Look at the node and return what a rollout has to know of it; change nothing."""
        look = self._look()
        entries = self._entries(look)
        changes = (*self._lines(look), *map(str, entries))
        running = self._running(look, on_disk=not changes)
        speech = greet(self.node, Layer.TRANSPORT).speech if look.process else Speech.NOTHING
        settled = running is Running.WANTED and not changes and not look.in_hand
        others = self._secured_by_others() if changes else ()
        return NodeView(
            name=self.name,
            start=self.machine.start_command(),
            running=running,
            on_disk=not changes,
            speaks_tls=None if speech is Speech.NOTHING else speech is Speech.TLS,
            wants_tls=self.content.settings.get(TRANSPORT_TLS) is True,
            master_eligible=settled or self.master_eligible(),  # of those that stay as they are it rarely counts
            in_hand=look.in_hand,
            kept_tls=self._kept_tls() if look.in_hand else None,
            restarted=look.restarted,
            left_files=look.left_files,
            changes=changes,
            entries=entries,
            has_keystore=look.keystore is not None,
            secured=told(others),
            half_done=why_useless(self.machine, others) if look.process is None else "",
            new=self.new,
            unnamed=any(self._may_lack_its_name(one) for one in others),
        )

    @in_an_operators_words()
    def master_eligible(self) -> bool:
        """Tell whether the node may be elected. Source: node-settings, node.roles (default: every role)."""
        roles = flatten(self.machine.settings_text(), where=self.name).get("node.roles")
        return roles is None or "master" in (roles if isinstance(roles, (list, tuple)) else str(roles).split(","))

    @in_an_operators_words()
    def record(self) -> RecordedNode:
        """Return what the node has and runs with now, for the state file; what is not as wanted is not vouched for."""
        look = self._look()
        on_disk = not self._changes(look)
        runs = self._running(look, on_disk=on_disk) is Running.WANTED
        return self._recorded(look, look.process if runs else None, on_disk=on_disk)

    @in_an_operators_words()
    def configure(self) -> None:
        """Put our settings into elasticsearch.yml, and our secure settings into the keystore."""
        before = self._look()
        if self._secured_by_others():  # first, since what is left to do is known by the files that come after
            present = self.machine.secure_setting_names()
            going = entries_to_remove(present, self.content.secure, also_idle=self.removes_old)
            self.machine.remove_secure_settings(going)
        merged = merged_on(self.machine, self.content)
        if merged.changes:
            self.machine.write_settings(merged.text)
        if self.content.secure and not self._keystore_as_recorded(before):
            self.machine.set_secure_settings({name: reveal(value) for name, value in self.content.secure.items()})
            if self.content.absent_layers:
                self.machine.remove_secure_settings(self.content.unwanted(self.machine.secure_setting_names()))
        runs = before.process if before.process and self._process_as_recorded(before.process) else None
        # recorded at once, so that the next look need not read the keystore's values again
        self.recorded = self._recorded(self._look(), runs, on_disk=True)

    def keep_previous(self) -> None:
        """Keep elasticsearch.yml and the keystore as they are; what was kept before stays, being older."""
        if not self._look().in_hand:
            kept.keep(self.machine)

    def restore(self) -> None:
        """Put back what was kept; a file that was not there is removed."""
        kept.put_back(self.machine)

    def discard_previous(self) -> None:
        """Let go of what was kept.

        Where other people's files are to go, they go before that, unless they are in force again: what was kept tells
        which they are.
        """
        if self.removes_old and not self._secured_by_others():
            present = flatten(self.machine.settings_text(), where=self.name)
            for path in old_files(foreign(self._kept_settings()), present):
                remove_inside(self.machine, path)
        kept.let_go(self.machine)

    def log_file(self) -> PurePosixPath:
        """Return where the node writes its log. Source: important-settings-configuration, path.logs."""
        settings = flatten(self.machine.settings_text(), where=self.name)
        logs = PurePosixPath(self.machine.machine.home) / str(settings.get("path.logs", "logs"))
        return logs / f"{settings.get('cluster.name', 'elasticsearch')}.log"

    def logged(self) -> int:
        """Return where the node's log ends now, for `log_since`."""
        return self.machine.service.log_position(self.log_file())

    def log_since(self, logged: int) -> str:
        """Return what the node has logged since then: nothing of an earlier start."""
        return self.machine.service.log_since(self.log_file(), logged)

    def _look(self) -> Look:
        stats = self.machine.stat(Paths.SETTINGS, Paths.KEYSTORE, MANIFEST, Paths.ROLLOUT)
        in_hand, process = MANIFEST in stats, self.machine.process()
        return Look(
            settings=stats.get(Paths.SETTINGS),
            keystore=stats.get(Paths.KEYSTORE),
            process=process,
            in_hand=in_hand,
            restarted=process is not None and in_hand and process.started > stats[MANIFEST].modified,
            left_files=Paths.ROLLOUT in stats and not in_hand,
        )

    def _recorded(self, look: Look, process: Process | None, *, on_disk: bool) -> RecordedNode:
        return RecordedNode(
            name=self.name,
            settings_digest=self.content.settings_digest(),
            secure_digest=self.content.secure_digest(),
            settings_file=look.settings.sha256 if look.settings and on_disk else "",
            keystore_file=look.keystore.sha256 if look.keystore and on_disk else "",
            pid=process.pid if process else 0,
            started=process.started if process else 0,
        )

    def _kept_tls(self) -> bool:
        """Tell whether the transport layer speaks TLS with the elasticsearch.yml that is kept."""
        return str(self._kept_settings().get(TRANSPORT_TLS, "false")).lower() == "true"

    def _kept_settings(self) -> Mapping[str, Value]:
        text = kept.kept_settings(self.machine).decode(errors="replace")
        return flatten(text, where=f"{self.name}: {Paths.ROLLOUT}/{Paths.SETTINGS}")

    def _secured_by_others(self) -> tuple[Standing, ...]:
        return foreign(flatten(self.machine.settings_text(), where=self.name))

    def _may_lack_its_name(self, other: Standing) -> bool:
        wanted = self.content.settings.get(VERIFICATION_MODE)
        strict = VerificationMode.FULL.value
        return other.layer is Layer.TRANSPORT and other.verification_mode != strict == wanted

    def _changes(self, look: Look) -> tuple[str, ...]:
        """Return what differs from the wanted configuration, each as a line."""
        return (*self._lines(look), *map(str, self._entries(look)))

    def _lines(self, look: Look) -> tuple[str, ...]:
        """Return the settings that differ; the recorded file needs no reading."""
        if self._settings_as_recorded(look):
            return ()
        return tuple(str(change) for change in merged_on(self.machine, self.content).changes)

    def _settings_as_recorded(self, look: Look) -> bool:
        return (
            self.recorded is not None
            and look.settings is not None
            and self.recorded.settings_file == look.settings.sha256
            and self.recorded.settings_digest == self.content.settings_digest()
        )

    def _entries(self, look: Look) -> tuple[EntryDifference, ...]:
        """Return the entries that must be set, or must go.

        The keystore's command takes about a second, so an untouched keystore is known by its digest.
        """
        if not self.content.secure or self._keystore_as_recorded(look):
            return ()
        return entry_differences(self.machine, self.content, there=look.keystore is not None)

    def _keystore_as_recorded(self, look: Look) -> bool:
        return (
            self.recorded is not None
            and look.keystore is not None
            and self.recorded.keystore_file == look.keystore.sha256
            and not isinstance(self.recorded.secure_digest, Unknown)
            and self.recorded.secure_digest == self.content.secure_digest()
        )

    def _running(self, look: Look, *, on_disk: bool) -> Running:
        if look.process is None:
            return Running.NOT_RUNNING
        if self._process_as_recorded(look.process):
            return Running.WANTED
        files = [stat.modified for stat in (look.settings, look.keystore) if stat is not None]
        started_after_its_files = all(modified <= look.process.started for modified in files)
        return Running.WANTED if on_disk and started_after_its_files else Running.OTHER

    def _process_as_recorded(self, process: Process) -> bool:
        """Tell whether the very process that was recorded still runs, with the configuration that is wanted."""
        recorded = self.recorded
        return (
            recorded is not None
            and process.is_same(recorded.pid, recorded.started)
            and recorded.settings_digest == self.content.settings_digest()
            and not isinstance(recorded.secure_digest, Unknown)
            and recorded.secure_digest == self.content.secure_digest()
        )
