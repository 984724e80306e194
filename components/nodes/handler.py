"""The wave *cover* on a node: it trusts at least these CAs (DESIGN §2, §5).

`essecurity:nodes:NodeTrust` looks at the files on the machine, never at a saved flag. *Present* is in
`identity_handler.py`, *retire* in `exclusive_handler.py`.
"""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from pydantic import SecretStr

from components.drift import Drift, DriftKind
from components.errors import ConfigurationRefused
from components.findings import Finding
from components.handling import Change, Context, Handler, Recorded
from components.layer_words import spelled
from components.nodes.clocks import refuse_a_clock_that_is_off
from components.nodes.converge import differing, plan_on, put_files, written_before
from components.nodes.drift import file_drift, trust_drift
from components.nodes.identity import FILE_MODE
from components.nodes.other_format import refuse_another_ca_beside_another_format
from components.nodes.plan import WantedFile
from components.nodes.remote_clusters import beside, is_another, unnamed_remote_clusters, without
from components.nodes.spec import Node
from components.nodes.stopped_wave import authority_of, stopping, unseen_step
from components.nodes.taking_over import in_force, trusted
from components.nodes.targets import machine_of
from components.nodes.trust import Authorities, covering, generations_called, missing_authorities, names
from components.pki.inspect import parse_bundle
from components.pki.rotation import WaveName
from components.pki.spec import FileFormat, Layer
from components.pki.trustfiles import read_trust_file, trust_file_p12, trust_file_pem
from components.settings.merge import flatten
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
        remote_clusters: other clusters whose nodes and ours verify each other, by name.
        remote_authorities_pem: the CAs of those, which are trusted beside.
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
    remote_clusters: tuple[str, ...] = ()
    remote_authorities_pem: SecretStr | None = None


class NodeTrustOutputs(Wire):
    """Which CAs the node's file holds, by name, what was done last, and how often something was."""

    trusted: MaybeUnknown[tuple[str, ...]] = ()
    steps: tuple[str, ...] = ()
    times_written: int = 0


TrustRecord = Recorded[NodeTrustInputs, NodeTrustOutputs]
UNREADABLE = "no CA that can be read"


class NodeTrustHandler(Handler[NodeTrustInputs, NodeTrustOutputs]):
    """The wave *cover*: the node trusts at least these CAs; nothing is taken away."""

    wave: ClassVar[WaveName] = WaveName.COVER
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
        if finding is None and differing(machine_of(wanted.node.machine), self._files(wanted, content)):
            finding = Finding("FileDiffers", f"has a trust file with another owner or mode ({wanted.file})")
        if finding is None:
            return ()
        named = Finding(finding.reason, f"{wanted.node.name}: {spelled(wanted.layer)} layer {finding.message}")
        return [Change(named, on="trusted")]

    def preview(self, recorded: TrustRecord | None, wanted: NodeTrustInputs, context: Context) -> NodeTrustOutputs:
        """Return what will be trusted, and which file is written."""
        machine, files = machine_of(wanted.node.machine), self._files(wanted, self._content_of(wanted), recorded)
        steps = tuple(str(step) for step in plan_on(machine, files, written_before(recorded, wanted.node.machine)))
        self._refuse_at_once(recorded, wanted)  # of a folder that is not there its lack is what is told
        if steps:
            refuse_a_clock_that_is_off(machine, context)
            for line in self._told_of_others(recorded, wanted):
                context.warn(f"{wanted.node.name}: {line}")
        for step in steps:
            context.say(f"{wanted.node.name}: {step}")
        return self._outputs(recorded, wanted, steps)

    def unseen(self, recorded: TrustRecord, wanted: NodeTrustInputs) -> NodeTrustOutputs:
        """Return what is recorded, and that something else is wanted where it is."""
        steps = () if wanted == recorded.inputs or wanted.held else (unseen_step(self.wave, self.about(wanted)),)
        return recorded.outputs.model_copy(update={"steps": steps})

    def converge(self, recorded: TrustRecord | None, wanted: NodeTrustInputs, context: Context) -> NodeTrustOutputs:
        """Write the trust file where it lacks a CA.

        Raises:
            ConfigurationRefused: the node's clock is behind, or a new CA comes while another format is in force.
            NotConverged: something else writes the file too.
            CommandFailed: it cannot be written.
            SecurityError: any of them, also that its machine does not answer, says which wave it stops.
        """
        with stopping(self.wave, self.about(wanted), wanted.node.name):
            self._refuse_at_once(recorded, wanted)
            machine, files = machine_of(wanted.node.machine), self._files(wanted, self._content_of(wanted), recorded)
            if differing(machine, files):
                refuse_a_clock_that_is_off(machine, context)
            steps = put_files(machine, files, written_before(recorded, wanted.node.machine))
            return self._outputs(recorded, wanted, tuple(map(str, steps)))

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
        steps = differing(machine, self._files(wanted, content))
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

    def about(self, wanted: NodeTrustInputs) -> str:
        """Return what an error calls the CAs that this wave is about."""
        return authority_of(wanted.layer, wanted.generations)

    def _outputs(
        self, recorded: TrustRecord | None, wanted: NodeTrustInputs, steps: tuple[str, ...]
    ) -> NodeTrustOutputs:
        times = (recorded.outputs.times_written if recorded else 0) + bool(steps)
        return NodeTrustOutputs(trusted=self._trusted(wanted, recorded), steps=steps, times_written=times)

    def _refuse_at_once(self, recorded: TrustRecord | None, wanted: NodeTrustInputs) -> None:
        """Refuse a new CA and another format of the trust file at once: *cover* would be none before the restart."""
        ours, former = ours_of(wanted), former_of(recorded)
        refuse_another_ca_beside_another_format(
            machine_of(wanted.node.machine),
            wanted.layer,
            wanted.file,
            lambda held: is_another(ours, former, wanted.generations, held),
        )

    def _trusted(self, wanted: NodeTrustInputs, recorded: TrustRecord | None) -> tuple[str, ...] | Unknown:
        if isinstance(wanted.authorities_pem, Unknown):
            return Unknown()
        goal = covering if wanted.held else self.goal
        present = self._present(wanted) or self._former(recorded, wanted)
        return tuple(names(one) for one in goal(present, self._wanted(wanted)))

    def _former(self, recorded: TrustRecord | None, wanted: NodeTrustInputs) -> Authorities:
        """Return what a file that holds nothing has to trust besides: nodes present leaves of it until they follow."""
        ours = ours_of(wanted) or ()
        return tuple(one for one in former_of(recorded) if one not in ours)

    def _wanted(self, wanted: NodeTrustInputs) -> Authorities:
        return (*parse_bundle(reveal(wanted.authorities_pem)), *remote_of(wanted), *self._taken_over(wanted))

    def _told_of_others(self, recorded: TrustRecord | None, wanted: NodeTrustInputs) -> Iterator[str]:
        """Yield what a CA of ours that is new on the node does to other clusters, whose nodes verify ours."""
        if wanted.layer is not Layer.TRANSPORT:
            return
        present = without(self._present(wanted), remote_of(wanted))
        if is_another(ours_of(wanted), former_of(recorded), wanted.generations, present):
            machine = machine_of(wanted.node.machine)
            settings = flatten(machine.settings_text(), where=machine.settings_place())
            yield from unnamed_remote_clusters(settings, wanted.remote_clusters)

    def _called(self, wanted: NodeTrustInputs, present: Authorities) -> str:
        """Return what a plan calls our generations, whatever the CAs of others are called."""
        return generations_called(wanted.generations, without(present, remote_of(wanted)), ours_of(wanted))

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

    def _files(
        self, wanted: NodeTrustInputs, kept: bytes | None, recorded: TrustRecord | None = None
    ) -> tuple[WantedFile, ...]:
        """Return the trust file as this wave wants it; its own bytes where this wave has nothing against them.

        Args:
            wanted: what is to be trusted.
            kept: the file as it is.
            recorded: what was to be trusted before.
        """
        present = _authorities(kept, wanted)
        needed = None if isinstance(wanted.authorities_pem, Unknown) else self._wanted(wanted)
        named = f"{spelled(wanted.layer)} CA {self._called(wanted, present)}{beside(wanted.remote_clusters)}"
        beside_it = present or self._former(recorded, wanted)
        changed = self._shows(wanted, named, beside_it)
        if needed is None or isinstance(wanted.password, Unknown):
            return self._unknown_files(WantedFile(wanted.file, None, FILE_MODE, changed), present)
        if self.finding(present, needed) is not None:
            content = self._content(self.goal(beside_it, needed), wanted)
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


def ours_of(wanted: NodeTrustInputs) -> Authorities | None:
    """Return the layer's own CAs; None while not all of them are made."""
    pem = wanted.authorities_pem
    return None if isinstance(pem, Unknown) else parse_bundle(reveal(pem))


def former_of(recorded: TrustRecord | None) -> Authorities:
    """Return the layer's own CAs as they are recorded; none where nothing is."""
    return (ours_of(recorded.inputs) if recorded else None) or ()


def remote_of(wanted: NodeTrustInputs) -> Authorities:
    """Return the CAs of remote clusters."""
    return parse_bundle(reveal(wanted.remote_authorities_pem)) if wanted.remote_authorities_pem else ()
