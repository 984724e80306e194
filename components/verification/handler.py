"""`essecurity:verification:ClusterVerification`: every finding after the fact, none hidden."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

from pydantic import SecretStr

from components.drift import Drift, DriftKind, drift
from components.findings import Finding, all_findings
from components.handling import Change, Context, HalfDone, Handler, Recorded
from components.nodes.at_once import MACHINES
from components.nodes.spec import Node
from components.pki.issue import IssuedAuthority
from components.pki.probe import probe_leaf
from components.pki.sample import sample_leaf
from components.pki.spec import Layer
from components.values import MaybeUnknown, Unknown, Wire, known, reveal
from components.verification.evidence import Probes, ask_http, ask_transport, make_probes
from components.verification.rules import (
    HTTP_RULES,
    TRANSPORT_RULES,
    Expected,
    HttpCase,
    TransportCase,
    documents_are_all_there,
    node_does_not_answer,
)


class ExpectedLeaf(Wire):
    """The leaf that a node must serve on a layer."""

    node: str
    layer: Layer
    serial: MaybeUnknown[str]


class VerificationInputs(Wire):
    """What the cluster must show.

    Attributes:
        cluster: the cluster's name.
        scenario: the scenario, for the reader.
        nodes: every node.
        leaves: the leaf of each node and layer that speaks TLS.
        transport_certificate_pem: the transport CA.
        transport_key_pem: its key, to issue probe leaves that live in memory only.
        transport_sample_pem: a leaf of it with that leaf's key, where its own key is elsewhere.
        http_certificate_pem: the HTTP CA; absent where HTTP stays plain.
        http_authorities_pem: what clients of the HTTP layer trust: that CA, the root above it, or two CAs while a
            rotation is held; absent likewise.
        documents_before: documents before the last full stop; -1 when not counted.
        documents_after: documents after it; -1 when not counted.
        processes: node and process id of every node: after a restart everything is asked again.
    """

    cluster: str
    scenario: str
    nodes: tuple[Node, ...]
    leaves: tuple[ExpectedLeaf, ...] = ()
    transport_certificate_pem: MaybeUnknown[SecretStr] | None = None
    transport_key_pem: MaybeUnknown[SecretStr] | None = None
    transport_sample_pem: MaybeUnknown[SecretStr] | None = None
    http_certificate_pem: MaybeUnknown[SecretStr] | None = None
    http_authorities_pem: MaybeUnknown[SecretStr] | None = None
    documents_before: MaybeUnknown[int] = -1
    documents_after: MaybeUnknown[int] = -1
    processes: MaybeUnknown[tuple[str, ...]] = ()


class VerificationOutputs(Wire):
    """What was found: nothing, when all is well."""

    findings: tuple[str, ...] = ()
    checks: MaybeUnknown[int] = 0


VerificationRecord = Recorded[VerificationInputs, VerificationOutputs]


class VerificationHandler(Handler[VerificationInputs, VerificationOutputs]):
    """Asks every node, and reports everything that is not as it must be."""

    token = "essecurity:verification:ClusterVerification"  # noqa: S105 (a resource type, not a secret)
    summary = "All findings after the fact."
    inputs = VerificationInputs
    outputs = VerificationOutputs
    replace_on: ClassVar[frozenset[str]] = frozenset({"cluster"})

    def name(self, wanted: VerificationInputs) -> str:
        """Return the id."""
        return f"{wanted.cluster}/verification"

    def changes(self, recorded: VerificationRecord, wanted: VerificationInputs, context: Context) -> Sequence[Change]:
        """Verify again whatever was found the last time."""
        return [
            Change(Finding("FoundBefore", f"found at the last look: {text}"), on="findings")
            for text in recorded.outputs.findings
        ]

    def preview(
        self, recorded: VerificationRecord | None, wanted: VerificationInputs, context: Context
    ) -> VerificationOutputs:
        """Return the number of checks; what they find is not known before they are made."""
        return VerificationOutputs(checks=self._count(wanted))

    def converge(
        self, recorded: VerificationRecord | None, wanted: VerificationInputs, context: Context
    ) -> VerificationOutputs:
        """Ask every node.

        Raises:
            HalfDone: something is not as it must be; the findings are recorded, and asked again next time.
        """
        findings = self._findings(wanted, context)
        outputs = VerificationOutputs(findings=tuple(map(str, findings)), checks=self._count(wanted))
        if findings:
            raise HalfDone(outputs, [f"verification: {finding}" for finding in findings])
        return outputs

    def observe(self, recorded: VerificationRecord, context: Context) -> VerificationOutputs:
        """Return what is found now."""
        findings = self._findings(recorded.inputs, context)
        return recorded.outputs.model_copy(update={"findings": tuple(map(str, findings))})

    def drift(self, recorded: VerificationRecord, context: Context) -> Sequence[Drift]:
        """Return what a verification finds now."""
        found = []
        for finding in self._findings(recorded.inputs, context):
            lead, _, text = finding.message.partition(": ")
            node = lead if any(one.name == lead for one in recorded.inputs.nodes) else ""
            told = text if node else finding.message
            found.append(drift(node, finding.reason, DriftKind.VERIFICATION_FAILED, "verified", told))
        return found

    def _count(self, wanted: VerificationInputs) -> int:
        layers = len(TRANSPORT_RULES) * (wanted.transport_key_pem is not None) + len(HTTP_RULES)
        return len(wanted.nodes) * layers + 1

    def _findings(self, wanted: VerificationInputs, context: Context) -> tuple[Finding, ...]:
        probes = self._probes(wanted, context)
        with ThreadPoolExecutor(MACHINES.most) as pool:
            by_node = pool.map(lambda node: self._of_node(node, wanted, probes), wanted.nodes)
            findings = [finding for found in by_node for finding in found]
        missing = documents_are_all_there(known(wanted.documents_before), known(wanted.documents_after))
        return (*findings, *([missing] if missing else []))

    def _probes(self, wanted: VerificationInputs, context: Context) -> Probes | None:
        key, certificate = wanted.transport_key_pem, wanted.transport_certificate_pem
        if key is None or certificate is None:
            return None
        sample, now = wanted.transport_sample_pem, context.clock.now()
        signer = IssuedAuthority(reveal(key), reveal(certificate))
        ours = probe_leaf(signer, now) if sample is None else sample_leaf(reveal(sample))
        return make_probes(ours, wanted.cluster, now)

    def _of_node(self, node: Node, wanted: VerificationInputs, probes: Probes | None) -> tuple[Finding, ...]:
        trusted = _pem(wanted.http_authorities_pem or wanted.http_certificate_pem)
        http = HttpCase(self._expected(node, Layer.HTTP, wanted), ask_http(node, trusted))
        on_http = all_findings(HTTP_RULES, http)
        if probes is None:
            return on_http
        expected = self._expected(node, Layer.TRANSPORT, wanted)
        assert expected is not None  # noqa: S101 (the program lists a transport leaf for every node)
        transport = TransportCase(expected, ask_transport(node, probes))
        away = node_does_not_answer(transport.seen.ours, http.seen.greeting, node.name)
        return (away,) if away else (*all_findings(TRANSPORT_RULES, transport), *on_http)

    def _expected(self, node: Node, layer: Layer, wanted: VerificationInputs) -> Expected | None:
        pem = _pem(wanted.transport_certificate_pem if layer is Layer.TRANSPORT else wanted.http_certificate_pem)
        for leaf in wanted.leaves:
            if (leaf.node, leaf.layer) == (node.name, layer) and pem is not None:
                return Expected(known(leaf.serial), pem)
        return None


def _pem(value: SecretStr | Unknown | None) -> str | None:
    return None if value is None or isinstance(value, Unknown) else value.get_secret_value()
