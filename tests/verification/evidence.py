"""Builders of what a node answered: well in everything, unless something else is said."""

from dataclasses import replace

from components.nodes.probes import Answer, Speech
from components.nodes.spec import Machine, Node
from components.pki.inspect import leaf_facts, load_certificate
from components.pki.issue import IssuedAuthority, IssuedLeaf
from components.verification.evidence import HttpEvidence, TransportEvidence
from components.verification.rules import Expected, HttpCase, TransportCase
from tests.pki.makers import authority, leaf

HOSTS = ("es-1.example.net",)
OURS, NEXT, STRANGERS = authority(1), authority(2), authority(1, cluster="strangers")
RECORDED = leaf("es-1", signer=OURS, hosts=HOSTS)
NAMES_ANOTHER = leaf("es-1", signer=OURS, hosts=("es-2.example.net",))
OF_A_STRANGER = leaf("es-1", signer=STRANGERS, hosts=HOSTS)
PLAIN = Answer(Speech.PLAIN)
NOTHING = Answer(Speech.NOTHING, refusal="Connection refused")
REFUSED = Answer(Speech.TLS, refusal="tlsv1 alert unknown ca")
SILENT = Answer(Speech.TLS, refusal="no answer")


def node(name: str = "es-1") -> Node:
    """Return a node whose address is its name with a domain."""
    machine = Machine(node=name, home="/opt/es", config="/etc/es", pid_file="/run/es.pid")
    return Node(name=name, address=f"{name}.example.net", http_port=9200, transport_port=9300, machine=machine)


def serving(found: IssuedLeaf = RECORDED, refusal: str = "") -> Answer:
    """Return the answer of a layer that serves this leaf."""
    return Answer(Speech.TLS, (load_certificate(found.certificate_pem),), refusal)


def refusing(found: IssuedLeaf = RECORDED) -> Answer:
    """Return the answer of a layer that serves this leaf and does not take what was presented."""
    return serving(found, "tlsv1 alert unknown ca")


def expected(found: IssuedLeaf = RECORDED, signer: IssuedAuthority = OURS) -> Expected:
    """Return what must be served."""
    return Expected(leaf_facts(found.certificate_pem).serial, signer.certificate_pem)


def transport_evidence(name: str = "es-1", **differs) -> TransportEvidence:
    """Return how a transport layer answers that is as it must be."""
    well = TransportEvidence(node(name), ours=serving(), stranger=refusing(), nobody=refusing())
    return replace(well, **differs)


def transport(wants: Expected | None = None, **differs) -> TransportCase:
    """Return a transport layer that is as it must be, but for what differs."""
    return TransportCase(wants or expected(), transport_evidence(**differs))


def https(wants: Expected | None = None, **differs) -> HttpCase:
    """Return an HTTP layer that is as `basic-https` wants it, but for what differs."""
    well = HttpEvidence(node(), serving(), anonymous_status=401, plain_status=0)
    return HttpCase(wants or expected(), replace(well, **differs))


def plain_http(**differs) -> HttpCase:
    """Return an HTTP layer that is as `basic` wants it, but for what differs."""
    well = HttpEvidence(node(), PLAIN, anonymous_status=401, plain_status=0)
    return HttpCase(None, replace(well, **differs))
