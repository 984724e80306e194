"""`essecurity:nodes:NodeAdoption`: before a node is taken over, our key file holds the leaf that it presents now.

The nodes that are still to be restarted trust no CA but the old one. So a node that was restarted with our files goes
on presenting its old leaf out of them; the wave *present* comes when all of them trust ours (docs/decisions/0016).
"""

import base64
from collections.abc import Sequence
from typing import ClassVar

from pydantic import SecretStr

from components.drift import Drift
from components.findings import Finding
from components.handling import Change, Context, Handler, Recorded
from components.layer_words import spelled
from components.nodes.converge import differing, plan_on, put_files, written_before
from components.nodes.drift import file_drift
from components.nodes.identity import FILE_MODE
from components.nodes.machine import NodeMachine
from components.nodes.plan import WantedFile
from components.nodes.spec import Node
from components.nodes.stopped_wave import ADOPT, authority_of, stopping
from components.nodes.taking_over import in_force, presented
from components.nodes.targets import machine_of
from components.pki.foreign import as_key_file
from components.pki.inspect import pem_of
from components.pki.keyfiles import ALIASES, check_key_file
from components.pki.spec import Layer
from components.settings.standing import Standing
from components.values import MaybeUnknown, Unknown, Wire, reveal


class NodeAdoptionInputs(Wire):
    """Our key file on a layer of a node that may be somebody else's.

    Attributes:
        node: the node.
        layer: the layer.
        file: our key file, relative to the config folder.
        key_file: its content with our leaf, in base64, for a node that presents nothing yet.
        password: the password that opens it.
    """

    node: Node
    layer: Layer
    file: str
    key_file: MaybeUnknown[SecretStr]
    password: MaybeUnknown[SecretStr]


class NodeAdoptionOutputs(Wire):
    """What was done last."""

    steps: tuple[str, ...] = ()


AdoptionRecord = Recorded[NodeAdoptionInputs, NodeAdoptionOutputs]


class NodeAdoptionHandler(Handler[NodeAdoptionInputs, NodeAdoptionOutputs]):
    """Puts what a node presents into our key file, as long as it is not our key file that the node presents."""

    token = "essecurity:nodes:NodeAdoption"  # noqa: S105 (a resource type, not a secret)
    summary = "A node that is taken over goes on presenting its leaf, out of our key file."
    inputs = NodeAdoptionInputs
    outputs = NodeAdoptionOutputs
    replace_on: ClassVar[frozenset[str]] = frozenset({"layer"})

    def name(self, wanted: NodeAdoptionInputs) -> str:
        """Return the id."""
        return f"{wanted.node.name}/{wanted.layer}/adoption"

    def changes(self, recorded: AdoptionRecord, wanted: NodeAdoptionInputs, context: Context) -> Sequence[Change]:
        """Return what our key file lacks."""
        if isinstance(wanted.key_file, Unknown) or isinstance(wanted.password, Unknown):
            return ()
        steps = differing(
            machine_of(wanted.node.machine), self._files(wanted), written_before(recorded, wanted.node.machine)
        )
        return [Change(Finding("FileDiffers", f"{wanted.node.name}: {step}"), on="steps") for step in steps]

    def preview(
        self, recorded: AdoptionRecord | None, wanted: NodeAdoptionInputs, context: Context
    ) -> NodeAdoptionOutputs:
        """Return which file is written."""
        files = plan_on(
            machine_of(wanted.node.machine), self._files(wanted), written_before(recorded, wanted.node.machine)
        )
        steps = tuple(map(str, files))
        for step in steps:
            context.say(f"{wanted.node.name}: {step}")
        return NodeAdoptionOutputs(steps=steps)

    def converge(
        self, recorded: AdoptionRecord | None, wanted: NodeAdoptionInputs, context: Context
    ) -> NodeAdoptionOutputs:
        """Write the file.

        Raises:
            ConfigurationRefused: what the node presents cannot be read.
            NotConverged: something else writes the file too.
            CommandFailed: it cannot be written.
            SecurityError: any of them, also that its machine does not answer, says that it stops this wave.
        """
        with stopping(ADOPT, authority_of(wanted.layer, ()), wanted.node.name):
            steps = put_files(
                machine_of(wanted.node.machine), self._files(wanted), written_before(recorded, wanted.node.machine)
            )
        return NodeAdoptionOutputs(steps=tuple(str(step) for step in steps))

    def drift(self, recorded: AdoptionRecord, context: Context) -> Sequence[Drift]:
        """Return how our key file differs."""
        wanted = recorded.inputs
        steps = differing(machine_of(wanted.node.machine), self._files(wanted))
        return tuple(file_drift(wanted.node.name, wanted.layer, steps))

    def _files(self, wanted: NodeAdoptionInputs) -> tuple[WantedFile, ...]:
        machine = machine_of(wanted.node.machine)
        found = in_force(wanted.node, machine, wanted.layer)
        return self._adopted(wanted, machine, found) if found is not None else self._own(wanted, machine)

    def _adopted(self, wanted: NodeAdoptionInputs, machine: NodeMachine, found: Standing) -> tuple[WantedFile, ...]:
        """Return our file with the key and leaf of somebody else's; its own bytes where it holds them already."""
        shows = f"the {spelled(wanted.layer)} leaf that the node presents now, from {', '.join(found.key_files)}"
        held = presented(machine, found)
        if isinstance(wanted.password, Unknown):
            return (WantedFile(wanted.file, None, FILE_MODE, shows),)
        password, kept = reveal(wanted.password), machine.read(wanted.file)
        if kept is None or held.leaf is None or check_key_file(kept, password, pem_of(held.leaf)):
            where = f"{machine.name}: {', '.join(found.key_files)}"
            kept = as_key_file(held, password, ALIASES[wanted.layer], where=where)
        return (WantedFile(wanted.file, kept, FILE_MODE, shows),)

    def _own(self, wanted: NodeAdoptionInputs, machine: NodeMachine) -> tuple[WantedFile, ...]:
        """Return our file as it is where it opens, whatever it holds; with our leaf where it does not."""
        shows, kept = f"{spelled(wanted.layer)} leaf", machine.read(wanted.file)
        if isinstance(wanted.key_file, Unknown) or isinstance(wanted.password, Unknown):
            return (WantedFile(wanted.file, None, FILE_MODE, shows),) if kept is None else ()
        if kept is None or check_key_file(kept, reveal(wanted.password)):
            kept = base64.b64decode(reveal(wanted.key_file))
        return (WantedFile(wanted.file, kept, FILE_MODE, shows),)
