"""What is asked of each node, and what it answered. Looks only; changes nothing."""

from dataclasses import dataclass
from datetime import datetime

from components.nodes.cluster_api import answers_with
from components.nodes.greeting import greet
from components.nodes.line import endpoint_of
from components.nodes.probes import LISTEN, Answer, Identity, Speech
from components.nodes.spec import Node
from components.pki.issue import IssuedLeaf, new_authority
from components.pki.probe import probe_leaf
from components.pki.spec import KeyType, Layer


@dataclass(frozen=True, slots=True)
class Probes:
    """Who knocks at a transport layer: one of ours, and a stranger with a CA of the same name."""

    ours: Identity
    stranger: Identity


@dataclass(frozen=True, slots=True)
class TransportEvidence:
    """How a node's transport layer answered to our leaf, to a stranger's, and to nobody's."""

    node: Node
    ours: Answer
    stranger: Answer
    nobody: Answer


@dataclass(frozen=True, slots=True)
class HttpEvidence:
    """How a node's HTTP layer answered.

    Attributes:
        node: the node.
        greeting: to a TLS greeting.
        anonymous_status: to a request without a login, over what it speaks, verified with our CA where that is TLS;
            0 when there was no answer or the certificate was not accepted.
        plain_status: to the same request in plain text; 0 when there was no answer.
    """

    node: Node
    greeting: Answer
    anonymous_status: int
    plain_status: int


def make_probes(ours: IssuedLeaf, cluster: str, now: datetime) -> Probes:
    """Return a leaf of ours and one of a stranger, which exists in memory only."""
    stranger = new_authority(
        cluster=cluster, layer=Layer.TRANSPORT, generation=1, key_type=KeyType.EC_P256, valid_for="30D", now=now
    )
    return Probes(_identity(ours), _identity(probe_leaf(stranger, now)))


def ask_transport(node: Node, probes: Probes) -> TransportEvidence:
    """Let each of three knock at a node's transport layer, and once more if it did not tell whether it takes them."""
    ours, stranger, nobody = (_told(node, identity) for identity in (probes.ours, probes.stranger, None))
    return TransportEvidence(node, ours, stranger, nobody)


def _told(node: Node, identity: Identity | None) -> Answer:
    answer = greet(node, Layer.TRANSPORT, identity, listen=LISTEN)
    return greet(node, Layer.TRANSPORT, identity, listen=LISTEN) if answer.undecided else answer


def ask_http(node: Node, authorities_pem: str | None) -> HttpEvidence:
    """Ask a node's HTTP layer without a login, over TLS and in plain text."""
    endpoint = endpoint_of(node)
    greeting = endpoint.greet()
    https = greeting.speech is Speech.TLS
    return HttpEvidence(
        node=node,
        greeting=greeting,
        anonymous_status=answers_with(endpoint, authorities_pem, None, https=https),
        plain_status=answers_with(endpoint, None, None, https=False) if https else 0,
    )


def _identity(leaf: IssuedLeaf) -> Identity:
    return Identity(leaf.certificate_pem, leaf.private_key_pem)
