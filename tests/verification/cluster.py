"""A secured cluster as a verification sees it, and whatever is wrong with it."""

from dataclasses import dataclass, field, replace

from pydantic import SecretStr

from components.drift import Drift
from components.handling import Recorded
from components.nodes.spec import Node
from components.pki.issue import IssuedLeaf
from components.pki.spec import Layer
from components.verification.evidence import HttpEvidence, Probes, TransportEvidence
from components.verification.handler import (
    ExpectedLeaf,
    VerificationHandler,
    VerificationInputs,
    VerificationOutputs,
)
from tests.fakes import FakeContext
from tests.pki.makers import authority, leaf
from tests.verification.evidence import PLAIN, expected, node, refusing, serving

THREE = ("es-1", "es-2", "es-3")
TRANSPORT_CA, HTTP_CA = authority(1), authority(1, layer=Layer.HTTP)
CAS = {Layer.TRANSPORT: TRANSPORT_CA, Layer.HTTP: HTTP_CA}


def leaf_of(name: str, layer: Layer) -> IssuedLeaf:
    """Return a node's leaf on a layer."""
    return leaf(name, signer=CAS[layer], hosts=(f"{name}.example.net",))


@dataclass
class Secured:
    """A cluster in which all is well, but for what is put wrong.

    Attributes:
        https: whether HTTP speaks TLS.
        wrong: by node, what differs in the evidence; keys are its fields.
        asked: nodes that were asked, by layer.
        probes: who knocked.
    """

    https: bool = True
    transport: bool = True
    documents: tuple[int, int] = (5000, 5000)
    wrong: dict[str, dict[str, object]] = field(default_factory=dict)
    asked: list[tuple[str, Layer]] = field(default_factory=list)
    probes: list[Probes] = field(default_factory=list)
    pems: set[str | None] = field(default_factory=set)
    names: tuple[str, ...] = THREE
    context: FakeContext = field(default_factory=FakeContext)

    def ask_transport(self, at: Node, probes: Probes) -> TransportEvidence:
        """Stand in for `ask_transport`."""
        self.asked.append((at.name, Layer.TRANSPORT))
        self.probes.append(probes)
        own = leaf_of(at.name, Layer.TRANSPORT)
        well = TransportEvidence(at, ours=serving(own), stranger=refusing(own), nobody=refusing(own))
        return self._but_for_what_is_wrong(well)

    def ask_http(self, at: Node, authorities_pem: str | None) -> HttpEvidence:
        """Stand in for `ask_http`."""
        self.asked.append((at.name, Layer.HTTP))
        self.pems.add(authorities_pem)
        greeting = serving(leaf_of(at.name, Layer.HTTP)) if self.https else PLAIN
        return self._but_for_what_is_wrong(HttpEvidence(at, greeting, anonymous_status=401, plain_status=0))

    def _but_for_what_is_wrong(self, well):
        differs = self.wrong.get(well.node.name, {})
        return replace(well, **{name: value for name, value in differs.items() if hasattr(well, name)})

    def wanted(self) -> VerificationInputs:
        layers = [Layer.TRANSPORT] * self.transport + [Layer.HTTP] * self.https
        return VerificationInputs(
            cluster="logs",
            scenario="basic-https" if self.https else "basic",
            nodes=tuple(map(node, self.names)),
            leaves=tuple(
                ExpectedLeaf(node=name, layer=layer, serial=expected(leaf_of(name, layer)).serial)
                for layer in layers
                for name in self.names
            ),
            transport_certificate_pem=SecretStr(TRANSPORT_CA.certificate_pem) if self.transport else None,
            transport_key_pem=SecretStr(TRANSPORT_CA.private_key_pem) if self.transport else None,
            http_certificate_pem=SecretStr(HTTP_CA.certificate_pem) if self.https else None,
            documents_before=self.documents[0],
            documents_after=self.documents[1],
        )

    def recorded(self, *findings: str) -> Recorded:
        return Recorded(self.wanted(), VerificationOutputs(findings=findings, checks=25))

    def up(self) -> VerificationOutputs:
        return VerificationHandler().converge(None, self.wanted(), self.context)

    def refresh(self, *findings: str) -> VerificationOutputs:
        return VerificationHandler().observe(self.recorded(*findings), self.context)

    def drift(self, *findings: str) -> list[Drift]:
        return list(VerificationHandler().drift(self.recorded(*findings), self.context))

    def changes(self, *findings: str) -> list:
        return list(VerificationHandler().changes(self.recorded(*findings), self.wanted(), self.context))

    def preview(self, **differs) -> VerificationOutputs:
        return VerificationHandler().preview(None, self.wanted().model_copy(update=differs), self.context)
