"""The three waves on a node: it trusts at least, it presents, it trusts nothing but (DESIGN §2, §5).

`essecurity:nodes:NodeTrust`, `NodeIdentity` and `NodeTrustExclusive` each look at the files on the machine and
at what a handshake shows, never at a saved flag.
"""

import base64
from collections.abc import Sequence
from typing import ClassVar

from pydantic import SecretStr

from components.errors import ConfigurationRefused
from components.findings import Finding
from components.handling import Change, Context, Handler, Recorded
from components.nodes.converge import plan_on, put_files
from components.nodes.layers import LAYERS
from components.nodes.plan import WantedFile
from components.nodes.probes import handshake
from components.nodes.served import wait_until_served, will_reload
from components.nodes.spec import Node
from components.nodes.targets import machine_of
from components.nodes.trust import Authorities, covering, missing_authorities, names, surplus_authorities
from components.pki.inspect import parse_bundle
from components.pki.spec import FileFormat, Layer
from components.pki.trustfiles import read_trust_file, trust_file_p12, trust_file_pem
from components.values import MaybeUnknown, Unknown, Wire, reveal

FILE_MODE = 0o640
"""Source: tutorial-self-managed-secure (certificates belong to the group elasticsearch, mode 640)."""


class NodeTrustInputs(Wire):
    """Which CAs a node must trust on a layer.

    Attributes:
        node: the node.
        layer: the layer.
        file: the trust file, relative to the config folder.
        format: PEM, or a PKCS#12 trust file.
        password: of a PKCS#12 trust file.
        authorities_pem: the CAs' certificates.
        generations: their generations, for the reader of a preview.
    """

    node: Node
    layer: Layer
    file: str
    format: FileFormat = FileFormat.PEM
    password: MaybeUnknown[SecretStr] | None = None
    authorities_pem: MaybeUnknown[SecretStr]
    generations: tuple[int, ...]


class NodeTrustOutputs(Wire):
    """Which CAs the node's file holds, by name, and what was done last."""

    trusted: MaybeUnknown[tuple[str, ...]] = ()
    steps: tuple[str, ...] = ()


TrustRecord = Recorded[NodeTrustInputs, NodeTrustOutputs]


class NodeTrustHandler(Handler[NodeTrustInputs, NodeTrustOutputs]):
    """The wave *cover*: the node trusts at least these CAs; nothing is taken away."""

    token = "essecurity:nodes:NodeTrust"  # noqa: S105 (a resource type, not a secret)
    summary = "A node trusts at least these CAs on a layer."
    inputs = NodeTrustInputs
    outputs = NodeTrustOutputs
    replace_on: ClassVar[frozenset[str]] = frozenset({"layer"})

    def name(self, wanted: NodeTrustInputs) -> str:
        """Return the id."""
        return f"{wanted.node.name}/{wanted.layer}/trust"

    def changes(self, recorded: TrustRecord, wanted: NodeTrustInputs, context: Context) -> Sequence[Change]:
        """Return what the node's trust file lacks, or has too much."""
        if isinstance(wanted.authorities_pem, Unknown) or isinstance(wanted.password, Unknown):
            return ()
        finding = self.finding(self._present(wanted), self._wanted(wanted))
        if finding is None and plan_on(machine_of(wanted.node.machine), self._files(wanted)):
            finding = Finding("FileDiffers", f"has a trust file with another owner or mode ({wanted.file})")
        if finding is None:
            return ()
        named = Finding(finding.reason, f"{wanted.node.name}: {wanted.layer} layer {finding.message}")
        return [Change(named, on="trusted")]

    def preview(self, recorded: TrustRecord | None, wanted: NodeTrustInputs, context: Context) -> NodeTrustOutputs:
        """Return what will be trusted, and which file is written."""
        steps = tuple(str(step) for step in plan_on(machine_of(wanted.node.machine), self._files(wanted)))
        for step in steps:
            context.say(f"{wanted.node.name}: {step}")
        return NodeTrustOutputs(trusted=self._trusted(wanted), steps=steps)

    def converge(self, recorded: TrustRecord | None, wanted: NodeTrustInputs, context: Context) -> NodeTrustOutputs:
        """Write the trust file where it lacks a CA.

        Raises:
            NotConverged: something else writes the file too.
            CommandFailed: it cannot be written.
        """
        steps = put_files(machine_of(wanted.node.machine), self._files(wanted))
        return NodeTrustOutputs(trusted=self._trusted(wanted), steps=tuple(str(step) for step in steps))

    def observe(self, recorded: TrustRecord, context: Context) -> NodeTrustOutputs | None:
        """Return which CAs the file holds now."""
        present = self._present(recorded.inputs)
        return recorded.outputs.model_copy(update={"trusted": tuple(names(one) for one in present)})

    def finding(self, present: Authorities, wanted: Authorities) -> Finding | None:
        """Return what this wave has against the present trust."""
        return missing_authorities(present, wanted)

    def goal(self, present: Authorities, wanted: Authorities) -> Authorities:
        """Return what this wave makes of the present trust."""
        return covering(present, wanted)

    def _trusted(self, wanted: NodeTrustInputs) -> tuple[str, ...] | Unknown:
        if isinstance(wanted.authorities_pem, Unknown):
            return Unknown()
        return tuple(names(one) for one in self.goal(self._present(wanted), self._wanted(wanted)))

    def _wanted(self, wanted: NodeTrustInputs) -> Authorities:
        return parse_bundle(reveal(wanted.authorities_pem))

    def _present(self, wanted: NodeTrustInputs) -> Authorities:
        """Return the CAs in the node's trust file; none where there is no file or it cannot be read."""
        content = machine_of(wanted.node.machine).read(wanted.file)
        if content is None or isinstance(wanted.password, Unknown):
            return ()
        try:
            return read_trust_file(content, wanted.format, _text(wanted.password))
        except ConfigurationRefused:
            return ()  # a damaged file of ours trusts nobody, and is written anew

    def _files(self, wanted: NodeTrustInputs) -> tuple[WantedFile, ...]:
        """Return the trust file as this wave wants it; its own bytes where this wave has nothing against them."""
        named = f"{wanted.layer} CA {' + '.join(f'g{number}' for number in wanted.generations)}"
        changed = self._shows(wanted, named)
        if isinstance(wanted.authorities_pem, Unknown) or isinstance(wanted.password, Unknown):
            return self._unknown_files(WantedFile(wanted.file, None, FILE_MODE, changed), wanted)
        present, needed = self._present(wanted), self._wanted(wanted)
        if self.finding(present, needed) is not None:
            content = self._content(self.goal(present, needed), wanted)
            return (WantedFile(wanted.file, content, FILE_MODE, changed),)
        kept = machine_of(wanted.node.machine).read(wanted.file)
        return () if kept is None else (WantedFile(wanted.file, kept, FILE_MODE, named),)

    def _shows(self, wanted: NodeTrustInputs, authorities: str) -> str:
        """Return what a person reads of the file: this wave takes nothing away."""
        return f"{authorities}, beside what is trusted now" if self._present(wanted) else authorities

    def _unknown_files(self, file: WantedFile, wanted: NodeTrustInputs) -> tuple[WantedFile, ...]:
        """Return what a preview shows of CAs that are not made yet: they are missing everywhere."""
        return (file,)

    def _content(self, authorities: Authorities, wanted: NodeTrustInputs) -> bytes:
        if wanted.format is FileFormat.PEM:
            return trust_file_pem(authorities).encode()
        return trust_file_p12(authorities, _text(wanted.password) or "")


class NodeTrustExclusiveHandler(NodeTrustHandler):
    """The wave *retire*: the node trusts nothing but these CAs."""

    token = "essecurity:nodes:NodeTrustExclusive"  # noqa: S105 (a resource type, not a secret)
    summary = "A node trusts nothing but these CAs on a layer."

    def name(self, wanted: NodeTrustInputs) -> str:
        """Return the id."""
        return f"{wanted.node.name}/{wanted.layer}/trust-exclusive"

    def finding(self, present: Authorities, wanted: Authorities) -> Finding | None:
        """Return what this wave has against the present trust; what is missing is the business of *cover*."""
        return surplus_authorities(present, wanted)

    def goal(self, present: Authorities, wanted: Authorities) -> Authorities:
        """Return what this wave makes of the present trust."""
        return wanted

    def _shows(self, wanted: NodeTrustInputs, authorities: str) -> str:
        """Return what a person reads of the file: this wave leaves nothing else."""
        return f"nothing but {authorities}"

    def _unknown_files(self, file: WantedFile, wanted: NodeTrustInputs) -> tuple[WantedFile, ...]:
        """Return what a preview shows of CAs that are not made yet: whatever is trusted now is surplus then."""
        return (file,) if self._present(wanted) else ()


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


def _text(password: SecretStr | Unknown | None) -> str | None:
    return None if password is None or isinstance(password, Unknown) else password.get_secret_value()
