"""What lies on a Kibana's machine beside what must lie there: changes as lines, and how they are made.

How files and keystore come to hold what they must:

1. Key file and trust file first: kibana.yml names them, and Kibana may start at any moment.
2. The keystore, which overrules kibana.yml.
3. kibana.yml last.

A Kibana that runs goes on with what it read at its start; only `restart_handler` lets it read anything again.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from components.clients.content import PID_FILE, KibanaContent
from components.clients.machine import KibanaMachine, by_the_rules_of_elasticsearch
from components.clients.spec import KibanaPaths
from components.errors import ConfigurationRefused
from components.nodes.converge import plan_on, put_files
from components.nodes.plan import PutFile, WantedFile
from components.nodes.trust import Authorities
from components.pki.inspect import parse_bundle
from components.settings.merge import LineChange, Merged, SettingValue, merge
from components.settings.operator_file import HEADER
from components.settings.scalars import Opaque
from components.values import MaybeUnknown, Unknown, reveal

Secrets = Mapping[str, MaybeUnknown[SecretStr]]


@dataclass(frozen=True, slots=True)
class EntryChange:
    """One entry of the keystore that has to change: a new one, another value, or gone."""

    name: str
    before: bool
    after: bool

    def __str__(self) -> str:
        if not self.after:
            return f"keystore: − {self.name}"
        return f"keystore: {self.name}: other value" if self.before else f"keystore: + {self.name}"


@dataclass(frozen=True, slots=True)
class KnownKeystore:
    """The keystore as an earlier run left it: its digest, and what was put into it."""

    sha256: str
    content: KibanaContent


def merged_on(machine: KibanaMachine, content: KibanaContent) -> Merged:
    """Return kibana.yml with our settings in it; write nothing.

    Raises:
        ConfigurationRefused: the operator's file cannot be read, or not be changed safely.
    """
    standing = machine.settings()
    missing = {
        key: value
        for key, value in content.defaults.items()
        if isinstance(standing.get(key), Opaque | None) and (key != PID_FILE or machine.may_keep_a_pid_file())
    }
    wanted: dict[str, SettingValue] = {**content.settings, **missing}
    with by_the_rules_of_elasticsearch():
        return merge(
            machine.settings_text(),
            wanted,
            content.absent,
            where=machine.settings_place(),
            header=HEADER,
            also_opaque=True,
        )


def entry_changes(
    content: KibanaContent, present: Collection[str], in_file: Collection[str], known: KibanaContent | None
) -> tuple[EntryChange, ...]:
    """Return what has to change in the keystore.

    Kibana's command shows no value. An entry has the value that an earlier run gave it as long as the keystore is the
    one that it left; otherwise it is set again.

    Args:
        content: what must be in it.
        present: names of its entries.
        in_file: keys of kibana.yml, where an encryption key of the operator's may stand.
        known: what an earlier run put into this very keystore; None where that is not known.
    """
    ours = {**content.secure}
    ours |= {name: value for name, value in content.secure_defaults.items() if name not in {*present, *in_file}}
    held: Secrets = known.secure if known else {}
    differing = [
        name for name, value in sorted(ours.items()) if name not in present or not _equal(held.get(name), value)
    ]
    gone = [name for name in content.secure_absent if name in present]
    return (
        *(EntryChange(name, before=name in present, after=True) for name in differing),
        *(EntryChange(name, before=True, after=False) for name in gone),
    )


def keystore_changes(
    machine: KibanaMachine, content: KibanaContent, known: KnownKeystore | None
) -> tuple[EntryChange, ...]:
    """Look at the keystore, and return what has to change in it.

    The command takes a second or more, so a keystore that an earlier run left as it is wanted is known by its digest.
    """
    stat = machine.stat(KibanaPaths.KEYSTORE).get(KibanaPaths.KEYSTORE)
    untouched = known.content if known and stat and stat.sha256 == known.sha256 else None
    if untouched is not None and _holds(untouched, content):
        return ()
    present = machine.secure_setting_names() if stat else frozenset()
    return entry_changes(content, present, machine.settings().keys(), untouched)


def _holds(known: KibanaContent, wanted: KibanaContent) -> bool:
    """Tell whether a keystore made for one content serves another."""
    return (
        known.secure.keys() == wanted.secure.keys()
        and all(_equal(known.secure[name], value) for name, value in wanted.secure.items())
        and known.secure_defaults.keys() == wanted.secure_defaults.keys()
        and known.secure_absent == wanted.secure_absent
    )


def _equal(one: SecretStr | Unknown | None, other: SecretStr | Unknown | None) -> bool:
    return isinstance(one, SecretStr) and isinstance(other, SecretStr) and one == other


@dataclass(frozen=True, slots=True)
class Pending:
    """What differs on a machine from what must be there."""

    files: tuple[PutFile, ...]
    lines: tuple[LineChange, ...]
    entries: tuple[EntryChange, ...]

    @property
    def steps(self) -> tuple[str, ...]:
        """All of it as lines for people; secrets never."""
        lines = (f"kibana.yml: {line}" for line in self.lines)
        return (*map(str, self.files), *map(str, self.entries), *lines)

    @property
    def read_at_start(self) -> bool:
        """Whether some of it is read when Kibana starts, and not again."""
        return bool(self.lines or self.entries)


def pending_on(
    machine: KibanaMachine,
    content: KibanaContent,
    wanted: tuple[WantedFile, ...],
    known: KnownKeystore | None,
    written_before: Collection[str] = (),
) -> Pending:
    """Look at a machine, and return what differs; change nothing."""
    return Pending(
        files=plan_on(machine, wanted, written_before),
        lines=merged_on(machine, content).changes,
        entries=keystore_changes(machine, content, known),
    )


def put_in_place(
    machine: KibanaMachine,
    content: KibanaContent,
    wanted: tuple[WantedFile, ...],
    known: KnownKeystore | None,
    written_before: Collection[str] = (),
) -> Pending:
    """Make it so, in the order that the module's text says, and return what it took.

    Raises:
        NotConverged: something else writes the same files.
        CommandFailed: a file or an entry could not be written.
        ConfigurationRefused: kibana.yml cannot take our settings, or is a link; nothing was changed then.
    """
    merged = merged_on(machine, content)
    if merged.changes:
        machine.refuse_linked_settings(merged.changes)
    entries = keystore_changes(machine, content, known)
    steps = put_files(machine, wanted, written_before)
    values = {**content.secure_defaults, **content.secure}
    machine.set_secure_settings({each.name: reveal(values[each.name]) for each in entries if each.after})
    machine.remove_secure_settings([each.name for each in entries if not each.after])
    if merged.changes:
        machine.write_settings(merged.text)
    return Pending(steps, merged.changes, entries)


def trusted_on(machine: KibanaMachine) -> Authorities:
    """Return the CAs in Kibana's trust file; none where there is no file or it cannot be read."""
    content = machine.read(KibanaPaths.TRUST_FILE)
    try:
        return () if content is None else parse_bundle(content)
    except ConfigurationRefused:
        return ()  # a damaged file of ours trusts nobody, and is written anew


def keys_of_the_operator(machine: KibanaMachine, content: KibanaContent) -> tuple[str, ...]:
    """Return which encryption keys this Kibana had before we came; they stay."""
    found = {*machine.secure_setting_names(), *machine.settings()}
    return tuple(sorted(content.secure_defaults.keys() & found))


def start_files(machine: KibanaMachine) -> str:
    """Return a digest of what Kibana reads when it starts, and not again."""
    stats = machine.stat(KibanaPaths.SETTINGS, KibanaPaths.KEYSTORE)
    return hashlib.sha256("".join(stats[name].sha256 for name in sorted(stats)).encode()).hexdigest()
