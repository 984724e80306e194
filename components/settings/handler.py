"""`essecurity:settings:NodeSettings`: our keys in elasticsearch.yml and the keystore of one node.

This resource says what must be there, checks that it can be, and shows what differs. It is written by the
cluster's restart, in the moment in which it takes effect: a node that crashed between the writing and the
restart would otherwise come back with a configuration that the others do not have yet
(docs/decisions/0004).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from components.drift import Drift
from components.errors import ConfigurationRefused
from components.findings import Finding
from components.handling import Change, Context, Handler, Recorded
from components.nodes.machine import NodeMachine
from components.nodes.spec import Node, Paths
from components.nodes.target import FileStat
from components.nodes.targets import machine_of
from components.settings.awaiting import refuse_to_wait_again, speaks_https
from components.settings.concerns import Concern, minded, refuse_if_any
from components.settings.content import Content
from components.settings.drift import file_is_gone, settings_drift
from components.settings.lowering import in_clear_from_then_on, lowered
from components.settings.merge import Value, flatten
from components.settings.operator_file import merged_on
from components.settings.ports import refuse_other_ports
from components.settings.standing import foreign
from components.settings.starting import concerns_on
from components.settings.writers import other_writer
from components.values import Wire


class NodeSettingsInputs(Wire):
    """What one node's configuration must hold.

    Attributes:
        node: the node.
        content: our settings and keystore entries.
        awaits_https: whether it is without HTTPS because certificates are missing, and not because somebody wants that.
    """

    node: Node
    content: Content
    awaits_https: bool = False


class NodeSettingsOutputs(Wire):
    """What is known of it.

    Attributes:
        settings_digest: digest of our settings.
        steps: the lines of elasticsearch.yml that differed when this was last changed.
    """

    settings_digest: str
    steps: tuple[str, ...] = ()


SettingsRecord = Recorded[NodeSettingsInputs, NodeSettingsOutputs]


class NodeSettingsHandler(Handler[NodeSettingsInputs, NodeSettingsOutputs]):
    """Prepares a node's configuration; see the module's text for why it does not write it."""

    token = "essecurity:settings:NodeSettings"  # noqa: S105 (a resource type, not a secret)
    summary = "Our settings in elasticsearch.yml and in the keystore of one node."
    inputs = NodeSettingsInputs
    outputs = NodeSettingsOutputs
    replace_on: ClassVar[frozenset[str]] = frozenset()

    def name(self, wanted: NodeSettingsInputs) -> str:
        """Return the id."""
        return f"{wanted.node.name}/settings"

    def changes(self, recorded: SettingsRecord, wanted: NodeSettingsInputs, context: Context) -> Sequence[Change]:
        """Return the lines of elasticsearch.yml that somebody changed since."""
        refuse_to_wait_again(waits=wanted.awaits_https, has_https=speaks_https(recorded.inputs.content.settings))
        lines = self._lines(wanted)
        if not lines or recorded.inputs != wanted:
            return ()
        finding = Finding("SettingsDrifted", f"{wanted.node.name}: elasticsearch.yml differs: {'; '.join(lines)}")
        return [Change(finding, on="drift")]

    def preview(
        self, recorded: SettingsRecord | None, wanted: NodeSettingsInputs, context: Context
    ) -> NodeSettingsOutputs:
        """Return what will be there, tell which lines change and what speaks against it; refuse what may not be."""
        machine = machine_of(wanted.node.machine)
        text = machine.settings_text()
        standing = flatten(text, where=machine.settings_place())
        for concern in minded(_refuse_what_may_not_be(machine, standing, wanted)):
            context.warn(f"{wanted.node.name}: {concern}")
        for line in exposed(machine.stat(Paths.KEYSTORE)):
            context.warn(f"{wanted.node.name}: {line}")
        for line in in_clear_from_then_on(standing, wanted.content.absent):
            context.warn(f"{wanted.node.name}: {line}")
        lines = self._lines(wanted)
        if lines:
            machine.refuse_linked_settings(lines, taken_over=bool(foreign(standing)))
        for line in lines:
            context.say(f"elasticsearch.yml of {wanted.node.name}: {line}")
        writer = other_writer(text) if lines else ""
        if writer:
            context.warn(
                f"elasticsearch.yml of {wanted.node.name} says that {writer} writes it, and would take our lines out "
                "again; let it leave this file alone, or write the same lines"
            )
        return NodeSettingsOutputs(settings_digest=wanted.content.settings_digest(), steps=lines)

    def converge(
        self, recorded: SettingsRecord | None, wanted: NodeSettingsInputs, context: Context
    ) -> NodeSettingsOutputs:
        """Check that the operator's file can take our settings, and return what must be there.

        Raises:
            ConfigurationRefused: it cannot, and the text names the line; it is a link; it has other ports than the
                stack file; it would take security away; or the node would not start, in Elasticsearch's own words.
        """
        machine = machine_of(wanted.node.machine)
        standing = flatten(machine.settings_text(), where=machine.settings_place())
        _refuse_what_may_not_be(machine, standing, wanted)
        lines = self._lines(wanted)
        if lines:
            machine.refuse_linked_settings(lines, taken_over=bool(foreign(standing)))
        return NodeSettingsOutputs(settings_digest=wanted.content.settings_digest(), steps=lines)

    def drift(self, recorded: SettingsRecord, context: Context) -> Sequence[Drift]:
        """Return which of our settings somebody changed since."""
        wanted, machine = recorded.inputs, machine_of(recorded.inputs.node.machine)
        if not machine.stat(Paths.SETTINGS):
            return (file_is_gone(wanted.node.name, Paths.SETTINGS),)
        changes = merged_on(machine, wanted.content).changes
        return tuple(settings_drift(wanted.node.name, Paths.SETTINGS, changes, there=True))

    def _lines(self, wanted: NodeSettingsInputs) -> tuple[str, ...]:
        merged = merged_on(machine_of(wanted.node.machine), wanted.content)
        return tuple(str(change) for change in merged.changes)


def _refuse_what_may_not_be(
    machine: NodeMachine, standing: Mapping[str, Value], wanted: NodeSettingsInputs
) -> tuple[Concern, ...]:
    """Refuse, or return what else is to be said.

    Args:
        machine: the node's machine.
        standing: the settings of its file as it is now.
        wanted: the node, and what must be there.
    """
    refuse_other_ports(wanted.node, standing, where=machine.settings_place())
    refuse_to_wait_again(waits=wanted.awaits_https, has_https=speaks_https(standing))
    _refuse_less_security(machine, standing, wanted.content)
    concerns = concerns_on(machine, wanted.content)
    refuse_if_any(concerns, where=machine.settings_place())
    return concerns


def exposed(found: Mapping[str, FileStat]) -> Iterator[str]:
    """Yield that everybody may read the keystore, where it is so; its owner is the operator's to choose."""
    stat = found.get(Paths.KEYSTORE)
    if stat is not None and stat.mode & 0o004:
        yield (
            f"everybody on the machine may read {Paths.KEYSTORE} (mode {stat.mode:04o}), which hides nothing without a "
            f"password: `chmod {stat.mode & ~0o007:04o}` it"
        )


def _refuse_less_security(machine: NodeMachine, standing: Mapping[str, Value], content: Content) -> None:
    found = lowered(standing, content.settings, content.absent)
    if found:
        raise ConfigurationRefused(
            "this scenario would leave the node with less security than it has",
            where=machine.settings_place(),
            why="; ".join(finding.message for finding in found),
            next_step="correct `cluster.scenario` in the stack file; to lower security all the same, accept the "
            "danger with `consent: {traffic_in_clear: true}`",
        )
