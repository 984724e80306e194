"""The wave *present* on a node, `essecurity:nodes:NodeIdentity` (DESIGN §2, §5).

It looks at the key file on the machine and at what a handshake shows, never at a saved flag.
"""

import base64
from collections.abc import Sequence
from typing import ClassVar

from pydantic import SecretStr

from components.findings import Finding
from components.handling import Change, Context, Handler, Recorded
from components.nodes.converge import plan_on, put_files
from components.nodes.layers import LAYERS
from components.nodes.plan import FILE_MODE, WantedFile
from components.nodes.probes import handshake
from components.nodes.served import wait_until_served, will_reload
from components.nodes.spec import Node
from components.nodes.targets import machine_of
from components.pki.spec import Layer
from components.values import MaybeUnknown, Unknown, Wire, reveal


class NodeIdentityInputs(Wire):
    """Which leaf a node must present on a layer.

    Attributes:
        node: the node.
        layer: the layer.
        file: the key file, relative to the config folder.
        key_file: the key file's content, in base64.
        serial: serial number of the leaf, in hex.
        not_after: when the leaf ends, ISO 8601.
        generation: generation of the CA that signed it.
    """

    node: Node
    layer: Layer
    file: str
    key_file: MaybeUnknown[SecretStr]
    serial: MaybeUnknown[str]
    not_after: MaybeUnknown[str]
    generation: int


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
        steps = plan_on(machine, [self._file(wanted)])
        if steps:
            return [Change(Finding("FileDiffers", f"{wanted.node.name}: {steps[0]}"), on="presentedSerial")]
        served = self._served(wanted)
        if not served or served == wanted.serial or not will_reload(machine, wanted.layer):
            return ()
        text = f"{wanted.node.name}: {wanted.layer} layer serves {served[:8]}…, its file holds another leaf"
        return [Change(Finding("ServedDiffers", text), on="presentedSerial")]

    def preview(
        self, recorded: IdentityRecord | None, wanted: NodeIdentityInputs, context: Context
    ) -> NodeIdentityOutputs:
        """Return what will be served, and which file is written."""
        steps = tuple(str(step) for step in plan_on(machine_of(wanted.node.machine), [self._file(wanted)]))
        for step in steps:
            context.say(f"{wanted.node.name}: {step}")
        return NodeIdentityOutputs(presented_serial=wanted.serial, steps=steps)

    def converge(
        self, recorded: IdentityRecord | None, wanted: NodeIdentityInputs, context: Context
    ) -> NodeIdentityOutputs:
        """Write the key file; where the layer speaks TLS with it already, wait until a handshake shows the leaf.

        Raises:
            NotConverged: something else writes the file, or the node goes on serving another leaf.
            CommandFailed: it cannot be written.
        """
        machine = machine_of(wanted.node.machine)
        steps = put_files(machine, [self._file(wanted)])
        served = self._served(wanted)
        if served and served != wanted.serial and will_reload(machine, wanted.layer):
            wait_until_served(wanted.node, wanted.layer, str(wanted.serial), context)
        return NodeIdentityOutputs(presented_serial=wanted.serial, steps=tuple(str(step) for step in steps))

    def observe(self, recorded: IdentityRecord, context: Context) -> NodeIdentityOutputs | None:
        """Return which leaf is served now."""
        served = self._served(recorded.inputs) or recorded.outputs.presented_serial
        return recorded.outputs.model_copy(update={"presented_serial": served})

    def _served(self, wanted: NodeIdentityInputs) -> str:
        return handshake(wanted.node.address, LAYERS[wanted.layer].port(wanted.node)).serial

    def _file(self, wanted: NodeIdentityInputs) -> WantedFile:
        until = "" if isinstance(wanted.not_after, Unknown) else f", until {wanted.not_after[:10]}"
        shows = f"{wanted.layer} leaf, g{wanted.generation}{until}"
        if isinstance(wanted.key_file, Unknown):
            return WantedFile(wanted.file, None, FILE_MODE, shows)
        return WantedFile(wanted.file, base64.b64decode(reveal(wanted.key_file)), FILE_MODE, shows)
