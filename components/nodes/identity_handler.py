"""The wave *present* on a node, `essecurity:nodes:NodeIdentity` (DESIGN §2, §5).

It looks at the key file on the machine and at what a handshake shows, never at a saved flag.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar

from components.drift import Drift, DriftKind, drift
from components.errors import SecurityError
from components.findings import Finding
from components.handling import Change, Context, Handler, Recorded
from components.layer_words import spelled
from components.nodes.clocks import refuse_a_clock_that_is_off
from components.nodes.converge import differing, plan_on, put_files, written_before
from components.nodes.drift import OTHER_CONTENT, file_drift, held_leaf, recorded_leaf, words_of_leaf
from components.nodes.greeting import greet
from components.nodes.identity import NodeIdentityInputs, identity_files
from components.nodes.key_passwords import keystore_opens
from components.nodes.machine import NodeMachine
from components.nodes.served import reads_now, wait_until_served
from components.nodes.stopped_wave import authority_of, stopping, unseen_step
from components.nodes.targets import machine_of
from components.pki.rotation import WaveName
from components.pki.spec import FileFormat
from components.values import MaybeUnknown, Unknown, Wire

TWO_STATES = (
    "{node}: {file} is there already, is not in this stack's state, and is written anew; if another state looks after "
    "this node too (another backend or checkout), the two undo each other's work: use one of them"
)
"""What a state says that meets a key file of ours for the first time."""


class NodeIdentityOutputs(Wire):
    """Which leaf the node presents, and what was done last.

    Attributes:
        presented_serial: serial number of the leaf that a handshake shows; where TLS is not on yet, or the node
            does not run, of the leaf that it will present.
        steps: what was done last.
    """

    presented_serial: MaybeUnknown[str] = ""
    steps: tuple[str, ...] = ()


IdentityRecord = Recorded[NodeIdentityInputs, NodeIdentityOutputs]


class NodeIdentityHandler(Handler[NodeIdentityInputs, NodeIdentityOutputs]):
    """The wave *present*: the node presents this leaf."""

    token = "essecurity:nodes:NodeIdentity"  # noqa: S105 (a resource type, not a secret)
    summary = "A node presents this leaf on a layer."
    inputs = NodeIdentityInputs
    outputs = NodeIdentityOutputs
    replace_on: ClassVar[frozenset[str]] = frozenset({"layer"})

    def name(self, wanted: NodeIdentityInputs) -> str:
        """Return the id."""
        return f"{wanted.node.name}/{wanted.layer}/identity"

    def changes(self, recorded: IdentityRecord, wanted: NodeIdentityInputs, context: Context) -> Sequence[Change]:
        """Return what differs between the record, the file and what is served."""
        if isinstance(wanted.key_file, Unknown):
            return ()
        machine = machine_of(wanted.node.machine)
        steps = differing(machine, identity_files(wanted), written_before(recorded, wanted.node.machine))
        if steps:
            return [Change(Finding("FileDiffers", f"{wanted.node.name}: {steps[0]}"), on="presentedSerial")]
        served = self._served(wanted)
        if not served or served == wanted.serial or not _reads(recorded, wanted, machine):
            return ()
        text = f"{wanted.node.name}: {spelled(wanted.layer)} layer serves {served[:8]}…, its file holds another leaf"
        return [Change(Finding("ServedDiffers", text), on="presentedSerial")]

    def preview(
        self, recorded: IdentityRecord | None, wanted: NodeIdentityInputs, context: Context
    ) -> NodeIdentityOutputs:
        """Return what will be served, and which file is written."""
        machine = machine_of(wanted.node.machine)
        steps = tuple(
            str(step)
            for step in plan_on(machine, identity_files(wanted), written_before(recorded, wanted.node.machine))
        )
        if steps:
            refuse_a_clock_that_is_off(machine, context, _end(wanted))
        if recorded is None and machine.stat(wanted.file) and steps:
            context.warn(TWO_STATES.format(node=wanted.node.name, file=wanted.file))
        for step in steps:
            context.say(f"{wanted.node.name}: {step}")
        return NodeIdentityOutputs(presented_serial=wanted.serial, steps=steps)

    def unseen(self, recorded: IdentityRecord, wanted: NodeIdentityInputs) -> NodeIdentityOutputs:
        """Return what is recorded, and that something else is wanted where it is."""
        steps = () if wanted == recorded.inputs else (unseen_step(WaveName.PRESENT, _about(wanted)),)
        return recorded.outputs.model_copy(update={"steps": steps})

    def converge(
        self, recorded: IdentityRecord | None, wanted: NodeIdentityInputs, context: Context
    ) -> NodeIdentityOutputs:
        """Write the key file; where the layer speaks TLS with it already, wait until a handshake shows the leaf.

        Raises:
            ConfigurationRefused: by the node's clock the leaf would not be valid there.
            NotConverged: something else writes the file, or the node goes on serving another leaf.
            CommandFailed: it cannot be written.
            SecurityError: any of them, also that its machine does not answer, says that it stops this wave.
        """
        machine, files = machine_of(wanted.node.machine), identity_files(wanted)
        with stopping(WaveName.PRESENT, _about(wanted), wanted.node.name):
            if differing(machine, files):
                refuse_a_clock_that_is_off(machine, context, _end(wanted))
            steps = put_files(machine, files, written_before(recorded, wanted.node.machine))
            served = self._served(wanted)
            if served and served != wanted.serial and _reads(recorded, wanted, machine):
                could_start = partial(_could_start, machine, wanted)
                wait_until_served(wanted.node, wanted.layer, str(wanted.serial), context, could_start)
        return NodeIdentityOutputs(presented_serial=wanted.serial, steps=tuple(str(step) for step in steps))

    def observe(self, recorded: IdentityRecord, context: Context) -> NodeIdentityOutputs | None:
        """Return which leaf is served now."""
        served = self._served(recorded.inputs) or recorded.outputs.presented_serial
        return recorded.outputs.model_copy(update={"presented_serial": served})

    def drift(self, recorded: IdentityRecord, context: Context) -> Sequence[Drift]:
        """Return how the files, and what a handshake shows, differ from the recorded leaf."""
        wanted, machine = recorded.inputs, machine_of(recorded.inputs.node.machine)
        if not self.changes(recorded, wanted, context):
            return ()
        steps = differing(machine, identity_files(wanted))
        held = held_leaf(machine, wanted) if steps else None
        in_file = words_of_leaf(held) if held else OTHER_CONTENT
        found = tuple(file_drift(wanted.node.name, wanted.layer, steps, lambda _: in_file))
        served = greet(wanted.node, wanted.layer)
        if not served.chain or served.serial == wanted.serial or not _reads(recorded, wanted, machine):
            return found
        file = f"its file holds {in_file}" if steps else "its file holds the recorded one"
        told = f"serves {words_of_leaf(served.chain[0])}; {file}"
        record = f"serves {recorded_leaf(wanted)}"
        node, layer = wanted.node.name, wanted.layer
        return (*found, drift(node, "handshake", DriftKind.SERVED_DIFFERS, record, told, layer=layer))

    def _served(self, wanted: NodeIdentityInputs) -> str:
        return greet(wanted.node, wanted.layer).serial


def _reads(recorded: IdentityRecord | None, wanted: NodeIdentityInputs, machine: NodeMachine) -> bool:
    """Tell whether the running node reads the key file; the leaf that is recorded was seen to come out of it."""
    before = recorded.inputs if recorded else wanted
    presented = () if recorded is None or isinstance(before.serial, Unknown) else (before.serial,)
    renamed = before.file != wanted.file
    return reads_now(machine, wanted.node, wanted.layer, wanted.file, presented, renamed=renamed)


def _could_start(machine: NodeMachine, wanted: NodeIdentityInputs) -> bool:
    """Tell whether the node could start with its key file; a keystore that cannot be read tells nothing against it."""
    form = FileFormat.PKCS12 if wanted.leaf_file is None else FileFormat.PEM
    try:
        return keystore_opens(machine, machine.read(wanted.file) or b"", wanted.layer, form)
    except SecurityError:
        return True


def _about(wanted: NodeIdentityInputs) -> str:
    return authority_of(wanted.layer, (wanted.generation,))


def _end(wanted: NodeIdentityInputs) -> datetime | None:
    return datetime.fromisoformat(wanted.not_after) if isinstance(wanted.not_after, str) else None
