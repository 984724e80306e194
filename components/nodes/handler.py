"""The two waves about trust on a node: it trusts at least, it trusts nothing but (DESIGN §2, §5).

`essecurity:nodes:NodeTrust` and `NodeTrustExclusive` look at the files on the machine, never at a saved flag. The wave
between them, *present*, is in `identity_handler.py`.
"""

from collections.abc import Sequence
from typing import ClassVar

from pydantic import SecretStr

from components.drift import Drift, DriftKind
from components.errors import ConfigurationRefused
from components.findings import Finding
from components.handling import Change, Context, Handler, Recorded
from components.nodes.clocks import refuse_a_clock_that_is_behind
from components.nodes.converge import plan_on, put_files
from components.nodes.drift import file_drift, trust_drift
from components.nodes.identity import FILE_MODE
from components.nodes.plan import WantedFile
from components.nodes.spec import Node
from components.nodes.taking_over import in_force, trusted
from components.nodes.targets import machine_of
from components.nodes.trust import Authorities, covering, missing_authorities, names, surplus_authorities
from components.pki.inspect import parse_bundle
from components.pki.spec import FileFormat, Layer
from components.pki.trustfiles import read_trust_file, trust_file_p12, trust_file_pem
from components.values import MaybeUnknown, Unknown, Wire, reveal


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
        takes_over: whether what somebody else's files trust is trusted too, as long as they are in force.
        held: whether *retire* waits for a person: what is trusted too much stays for now.
    """

    node: Node
    layer: Layer
    file: str
    format: FileFormat = FileFormat.PEM
    password: MaybeUnknown[SecretStr] | None = None
    authorities_pem: MaybeUnknown[SecretStr]
    generations: tuple[int, ...]
    takes_over: bool = False
    held: bool = False


class NodeTrustOutputs(Wire):
    """Which CAs the node's file holds, by name, and what was done last."""

    trusted: MaybeUnknown[tuple[str, ...]] = ()
    steps: tuple[str, ...] = ()


TrustRecord = Recorded[NodeTrustInputs, NodeTrustOutputs]
UNREADABLE = "no CA that can be read"


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
        content = self._content_of(wanted)
        finding = self.finding(_authorities(content, wanted), self._wanted(wanted))
        if finding is None and plan_on(machine_of(wanted.node.machine), self._files(wanted, content)):
            finding = Finding("FileDiffers", f"has a trust file with another owner or mode ({wanted.file})")
        if finding is None:
            return ()
        named = Finding(finding.reason, f"{wanted.node.name}: {wanted.layer} layer {finding.message}")
        return [Change(named, on="trusted")]

    def preview(self, recorded: TrustRecord | None, wanted: NodeTrustInputs, context: Context) -> NodeTrustOutputs:
        """Return what will be trusted, and which file is written."""
        machine, files = machine_of(wanted.node.machine), self._files(wanted, self._content_of(wanted))
        steps = tuple(str(step) for step in plan_on(machine, files))
        if steps:
            refuse_a_clock_that_is_behind(machine, context)
        for step in steps:
            context.say(f"{wanted.node.name}: {step}")
        return NodeTrustOutputs(trusted=self._trusted(wanted), steps=steps)

    def converge(self, recorded: TrustRecord | None, wanted: NodeTrustInputs, context: Context) -> NodeTrustOutputs:
        """Write the trust file where it lacks a CA.

        Raises:
            ConfigurationRefused: the node's clock is behind.
            NotConverged: something else writes the file too.
            CommandFailed: it cannot be written.
        """
        machine, files = machine_of(wanted.node.machine), self._files(wanted, self._content_of(wanted))
        if plan_on(machine, files):
            refuse_a_clock_that_is_behind(machine, context)
        steps = put_files(machine, files)
        return NodeTrustOutputs(trusted=self._trusted(wanted), steps=tuple(str(step) for step in steps))

    def observe(self, recorded: TrustRecord, context: Context) -> NodeTrustOutputs | None:
        """Return which CAs the file holds now."""
        present = self._present(recorded.inputs)
        return recorded.outputs.model_copy(update={"trusted": tuple(names(one) for one in present)})

    def drift(self, recorded: TrustRecord, context: Context) -> Sequence[Drift]:
        """Return which CA the file lacks, or holds too much; or that it is gone, damaged, or another's to read."""
        wanted, machine = recorded.inputs, machine_of(recorded.inputs.node.machine)
        if not self.changes(recorded, wanted, context):
            return ()
        content = self._content_of(wanted)
        present, needed = _authorities(content, wanted), self._wanted(wanted)
        against = self.finding(present, needed) if present else None
        steps = plan_on(machine, self._files(wanted, content))
        found = list(file_drift(wanted.node.name, wanted.layer, steps, lambda _: UNREADABLE))
        if against is None:
            return tuple(found)
        trusts = trust_drift(wanted.node.name, wanted.layer, wanted.file, present, needed, against)
        return (trusts, *(one for one in found if one.kind is not DriftKind.FILE_CHANGED))

    def finding(self, present: Authorities, wanted: Authorities) -> Finding | None:
        """Return what this wave has against the present trust."""
        return missing_authorities(present, wanted)

    def goal(self, present: Authorities, wanted: Authorities) -> Authorities:
        """Return what this wave makes of the present trust."""
        return covering(present, wanted)

    def _trusted(self, wanted: NodeTrustInputs) -> tuple[str, ...] | Unknown:
        if isinstance(wanted.authorities_pem, Unknown):
            return Unknown()
        goal = covering if wanted.held else self.goal
        return tuple(names(one) for one in goal(self._present(wanted), self._wanted(wanted)))

    def _wanted(self, wanted: NodeTrustInputs) -> Authorities:
        return (*parse_bundle(reveal(wanted.authorities_pem)), *self._taken_over(wanted))

    def _taken_over(self, wanted: NodeTrustInputs) -> Authorities:
        """Return the CAs that somebody else made the node trust; none where it is not to be taken over, or is ours."""
        machine = machine_of(wanted.node.machine)
        found = in_force(wanted.node, machine, wanted.layer) if wanted.takes_over else None
        return trusted(machine, found) if found is not None else ()

    def _present(self, wanted: NodeTrustInputs) -> Authorities:
        """Return the CAs in the node's trust file; none where there is no file or it cannot be read."""
        return _authorities(self._content_of(wanted), wanted)

    def _content_of(self, wanted: NodeTrustInputs) -> bytes | None:
        """Return the node's trust file; None where there is none. One call decides by one look."""
        return machine_of(wanted.node.machine).read(wanted.file)

    def _files(self, wanted: NodeTrustInputs, kept: bytes | None) -> tuple[WantedFile, ...]:
        """Return the trust file as this wave wants it; its own bytes where this wave has nothing against them.

        Args:
            wanted: what is to be trusted.
            kept: the file as it is.
        """
        present = _authorities(kept, wanted)
        named = f"{wanted.layer} CA {' + '.join(f'g{number}' for number in wanted.generations)}"
        changed = self._shows(wanted, named, present)
        if isinstance(wanted.authorities_pem, Unknown) or isinstance(wanted.password, Unknown):
            return self._unknown_files(WantedFile(wanted.file, None, FILE_MODE, changed), present)
        needed = self._wanted(wanted)
        if self.finding(present, needed) is not None:
            content = self._content(self.goal(present, needed), wanted)
            return (WantedFile(wanted.file, content, FILE_MODE, changed),)
        return () if kept is None else (WantedFile(wanted.file, kept, FILE_MODE, named),)

    def _shows(self, wanted: NodeTrustInputs, authorities: str, present: Authorities) -> str:
        """Return what a person reads of the file: this wave takes nothing away."""
        there = present or self._taken_over(wanted)
        return f"{authorities}, beside what is trusted now" if there else authorities

    def _unknown_files(self, file: WantedFile, present: Authorities) -> tuple[WantedFile, ...]:
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

    def changes(self, recorded: TrustRecord, wanted: NodeTrustInputs, context: Context) -> Sequence[Change]:
        """Return what is trusted too much, unless that is held."""
        return () if wanted.held else super().changes(recorded, wanted, context)

    def finding(self, present: Authorities, wanted: Authorities) -> Finding | None:
        """Return what this wave has against the present trust; what is missing is the business of *cover*."""
        return surplus_authorities(present, wanted)

    def goal(self, present: Authorities, wanted: Authorities) -> Authorities:
        """Return what this wave makes of the present trust."""
        return wanted

    def _files(self, wanted: NodeTrustInputs, kept: bytes | None) -> tuple[WantedFile, ...]:
        """Return the trust file as this wave wants it; none while it is held."""
        return () if wanted.held else super()._files(wanted, kept)

    def _shows(self, wanted: NodeTrustInputs, authorities: str, present: Authorities) -> str:
        """Return what a person reads of the file: this wave leaves nothing else."""
        return f"nothing but {authorities}"

    def _unknown_files(self, file: WantedFile, present: Authorities) -> tuple[WantedFile, ...]:
        """Return what a preview shows of CAs that are not made yet: whatever is trusted now is surplus then."""
        return (file,) if present else ()


def _authorities(content: bytes | None, wanted: NodeTrustInputs) -> Authorities:
    """Return the CAs in a trust file; none where there is no file or it cannot be read."""
    if content is None or isinstance(wanted.password, Unknown):
        return ()
    try:
        return read_trust_file(content, wanted.format, _text(wanted.password))
    except ConfigurationRefused:
        return ()  # a damaged file of ours trusts nobody, and is written anew


def _text(password: SecretStr | Unknown | None) -> str | None:
    return None if password is None or isinstance(password, Unknown) else password.get_secret_value()
