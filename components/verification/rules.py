"""What a secured cluster must show. Every rule looks at evidence and returns a finding with its source, or nothing."""

from collections.abc import Callable
from dataclasses import dataclass

from components.findings import Finding
from components.layer_words import spelled
from components.nodes.probes import Answer, Speech
from components.nodes.spec import Node
from components.pki.chains import leads_up_to
from components.pki.inspect import leaf_facts, load_certificate
from components.pki.spec import Layer
from components.verification.evidence import HttpEvidence, TransportEvidence

UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be served on a layer of a node.

    Attributes:
        serial: serial number of the leaf, in hex.
        authority_pem: the CA that must have signed it.
    """

    serial: str
    authority_pem: str


@dataclass(frozen=True, slots=True)
class TransportCase:
    """A node's transport layer as it must be, and as it answered."""

    expected: Expected
    seen: TransportEvidence


@dataclass(frozen=True, slots=True)
class HttpCase:
    """A node's HTTP layer as it must be (None: plain), and as it answered."""

    expected: Expected | None
    seen: HttpEvidence


def node_does_not_answer(transport: Answer, http: Answer, node: str) -> Finding | None:
    """Find a node on neither of whose ports anything answers: then no other rule has anything to say about it."""
    if not transport.speech is http.speech is Speech.NOTHING:
        return None
    return Finding(
        "NodeDoesNotAnswer", f"{node}: nothing answers on its ports ({http.refusal}); start it, then run again"
    )


def transport_serves_our_leaf(case: TransportCase) -> Finding | None:
    """The leaf served is the recorded one, signed by our CA, and names the node's address.

    Source: deploy-manage/security/updating-certificates (verify what is served).
    """
    return _served(case.expected, case.seen.ours, case.seen.node, Layer.TRANSPORT)


def transport_admits_our_nodes(case: TransportCase) -> Finding | None:
    """A leaf of our CA is accepted. Source: deploy-manage/security/set-up-basic-security."""
    if case.seen.ours.speech is not Speech.TLS or case.seen.ours.trusted:
        return None
    if case.seen.ours.undecided:
        return _not_told(case.seen.node, case.seen.ours, "a leaf of our own CA")
    return Finding(
        "OurLeafRefused",
        f"{case.seen.node.name}: the transport layer refuses a leaf of our own CA ({case.seen.ours.refusal})",
    )


def transport_refuses_strangers(case: TransportCase) -> Finding | None:
    """A leaf of another CA is refused, even one of the same name.

    Source: manually-configure-security (prevents unauthorized nodes from joining your cluster).
    """
    if case.seen.stranger.undecided:
        return _not_told(case.seen.node, case.seen.stranger, "a certificate of a foreign CA")
    if not case.seen.stranger.trusted:
        return None
    return Finding(
        "StrangerAdmitted", f"{case.seen.node.name}: the transport layer accepts a certificate of a foreign CA"
    )


def transport_refuses_nobody(case: TransportCase) -> Finding | None:
    """A peer without a certificate is refused. Source: security-settings, client_authentication."""
    if case.seen.nobody.undecided:
        return _not_told(case.seen.node, case.seen.nobody, "a peer without any certificate")
    if not case.seen.nobody.trusted:
        return None
    return Finding(
        "NobodyAdmitted", f"{case.seen.node.name}: the transport layer accepts a peer without any certificate"
    )


def http_serves_our_leaf(case: HttpCase) -> Finding | None:
    """The leaf served is the recorded one, signed by our CA, and names the node's address.

    Source: deploy-manage/security/set-up-basic-security-plus-https.
    """
    if case.expected is None:
        return None
    return _served(case.expected, case.seen.greeting, case.seen.node, Layer.HTTP)


def http_stays_plain(case: HttpCase) -> Finding | None:
    """In scenario `basic`, HTTP is not encrypted. Source: manually-configure-security (basic security)."""
    if case.expected is not None or case.seen.greeting.speech is not Speech.TLS:
        return None
    return Finding("HttpSpeaksTls", f"{case.seen.node.name}: the HTTP layer speaks TLS, and the scenario says plain")


def anonymous_is_refused(case: HttpCase) -> Finding | None:
    """A request without a login gets 401. Source: anonymous-access (off by default)."""
    if case.seen.anonymous_status == UNAUTHORIZED:
        return None
    if case.seen.greeting.speech is Speech.NOTHING:  # with HTTPS, `http_serves_our_leaf` says so
        return None if case.expected else _nothing_listens(case.seen.greeting, case.seen.node, Layer.HTTP)
    answer = f"status {case.seen.anonymous_status}" if case.seen.anonymous_status else "no answer that TLS accepts"
    return Finding(
        "AnonymousNotRefused", f"{case.seen.node.name}: a request without a login got {answer} instead of status 401"
    )


def plain_http_is_refused(case: HttpCase) -> Finding | None:
    """With HTTPS on, plain HTTP gets no answer. Source: set-up-basic-security-plus-https."""
    if not case.seen.plain_status:
        return None
    return Finding(
        "PlainHttpAnswered",
        f"{case.seen.node.name}: plain HTTP is answered with status {case.seen.plain_status} on the HTTPS port",
    )


TRANSPORT_RULES: tuple[Callable[[TransportCase], Finding | None], ...] = (
    transport_serves_our_leaf,
    transport_admits_our_nodes,
    transport_refuses_strangers,
    transport_refuses_nobody,
)
HTTP_RULES: tuple[Callable[[HttpCase], Finding | None], ...] = (
    http_serves_our_leaf,
    http_stays_plain,
    anonymous_is_refused,
    plain_http_is_refused,
)


def documents_are_all_there(before: int, after: int) -> Finding | None:
    """No document may be missing after a full stop; -1 stands for not counted."""
    if before < 0 or after < 0 or after >= before:
        return None
    return Finding("DocumentsMissing", f"there were {before} documents before the restart, and {after} after it")


def _served(expected: Expected, answer: Answer, at: Node, which: Layer) -> Finding | None:
    if answer.speech is Speech.NOTHING:
        return _nothing_listens(answer, at, which)
    why, node, side = f" ({answer.refusal})" if answer.refusal else "", at.name, spelled(which)
    if answer.speech is not Speech.TLS:
        return Finding("TlsNotServed", f"{node}: the {side} layer answers {answer.speech} to a TLS greeting{why}")
    if not answer.chain:
        return Finding("TlsNotServed", f"{node}: the {side} layer speaks TLS and shows no certificate{why}")
    facts = leaf_facts(answer.chain[0])
    if facts.serial != expected.serial:
        return Finding(
            "OtherLeafServed",
            f"{node}: the {side} layer serves leaf {facts.serial[:8]}…, recorded is {expected.serial[:8]}…",
        )
    if not leads_up_to(answer.chain, load_certificate(expected.authority_pem)):
        return Finding("OtherSigner", f"{node}: the {side} layer serves a leaf that our CA did not sign")
    if not facts.sans.covers(at.address):
        return Finding("AddressNotNamed", f"{node}: the {side} leaf does not name {at.address} (names: {facts.sans})")
    return None


def _not_told(node: Node, answer: Answer, what: str) -> Finding:
    """Say of a node that was silent twice that nothing is shown."""
    return Finding(
        "TrustNotTold",
        f"{node.name}: the transport layer does not tell whether it takes {what} ({answer.refusal}); if the node is "
        "busy, wait until it is less so, then run again",
    )


def _nothing_listens(answer: Answer, node: Node, layer: Layer) -> Finding:
    """Say of a node whose other layer answers that its port must be another one."""
    port = node.http_port if layer is Layer.HTTP else node.transport_port
    return Finding(
        "NothingListens",
        f"{node.name}: nothing answers on its {spelled(layer)} port {port} ({answer.refusal}), and its other layer "
        f"does: compare `{layer}_port` in the stack file with `{layer}.port` in its elasticsearch.yml, which counts "
        "from the node's start; correct one of them, or restart the node, then run again",
    )
