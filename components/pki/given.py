"""Leaves that somebody else signed: read from files, and followed over their life."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from cryptography import x509

from components.errors import ConfigurationRefused
from components.findings import Finding
from components.layer_words import spelled
from components.pki.chains import ordered_chain
from components.pki.dates import day, day_and_distance
from components.pki.inspect import (
    fingerprint_of,
    is_authority,
    is_signed_by,
    leaf_facts,
    load_certificate,
    parse_bundle,
    pem_of,
)
from components.pki.keys import belongs_to, load_private_key
from components.pki.renewal import renewal_opens
from components.pki.spec import Layer
from components.values import Wire


@dataclass(frozen=True, slots=True)
class GivenLeaf:
    """A node's leaf that somebody else signed. Its key never shows in a repr.

    Attributes:
        private_key_pem: PKCS#8 PEM, not encrypted, a secret; empty where the key was made here.
        certificate_pem: the leaf.
        chain_pem: the CAs between it and the root, the nearest first; empty where the root signed it.
    """

    private_key_pem: str = field(repr=False)
    certificate_pem: str
    chain_pem: str


class Answer(Wire):
    """The certificate that a request was answered with, while others are awaited.

    Attributes:
        certificate_pem: the leaf.
        chain_pem: the CAs between it and the one that verifiers trust; empty without any.
        trusted_pem: the CA that verifiers trust.
        dns: DNS names that it has to carry at least.
        ips: IP addresses likewise.
    """

    certificate_pem: str
    chain_pem: str
    trusted_pem: str
    dns: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()


def given_leaf(private_key_pem: str, certificates: Iterable[x509.Certificate]) -> GivenLeaf:
    """Return the leaf that a key and the certificates beside it make, whatever their order.

    Args:
        private_key_pem: the key; empty where it was made here, and then the leaf is the one that is no CA.
        certificates: the leaf, and CAs above it.

    Raises:
        ConfigurationRefused: there is no such leaf, or a certificate is not above it.
    """
    given = tuple(certificates)
    key = load_private_key(private_key_pem) if private_key_pem else None
    fits = [one for one in given if (belongs_to(key, one) if key else not is_authority(one))]
    if not fits:
        raise ConfigurationRefused(
            "there is no leaf",
            where="leaf",
            why="no certificate in it belongs to the private key" if key else "there is no node's certificate in it",
            next_step="give the certificate that was signed for this node's key",
        )
    leaf = fits[0]
    return GivenLeaf(private_key_pem, pem_of(leaf), "".join(pem_of(one) for one in ordered_chain(leaf, given)))


def given_leaf_differs(recorded_pem: str, given_pem: str) -> Finding | None:
    """Find a leaf that is not the one that was given."""
    recorded, given = load_certificate(recorded_pem), load_certificate(given_pem)
    if fingerprint_of(recorded) == fingerprint_of(given):
        return None
    ends = day(given.not_valid_after_utc)
    return Finding("GivenLeafDiffers", f"a certificate of your own is given, until {ends}")


def refuse_to_keep_a_leaf_of_another(recorded_pem: str, signer_pem: str, node: str, layer: Layer) -> None:
    """Refuse to wait with a leaf that will be refused: the CA before, which signed it, is about to be retired.

    Args:
        recorded_pem: the leaf, with the CAs that the node sends after it.
        signer_pem: the CA that signs now.
        node: the node.
        layer: the layer.

    Raises:
        ConfigurationRefused: that CA signed neither the leaf nor a CA after it.
    """
    if any(is_signed_by(one, signer_pem) for one in parse_bundle(recorded_pem)):
        return
    signer = leaf_facts(signer_pem).subject
    raise ConfigurationRefused(
        f"the certificate of {node} for the {spelled(layer)} layer cannot be awaited any more",
        where=f"authorities.{layer}.own.leaves",
        why=f"what it has now is not signed by {signer!r}, the CA that has moved on to sign and will be trusted alone",
        next_step=f"give the certificate of {node} that {signer!r} signed; or set `authorities.{layer}.generation` "
        "back, as long as the generation before is not retired; nothing was changed on it",
    )


def given_leaf_ends(given_pem: str, node: str, renew_in_last: Fraction, now: datetime) -> Finding | None:
    """Find a given leaf that nears its end: advice, because only its owner can replace it."""
    facts = leaf_facts(given_pem)
    if now < renewal_opens(facts.not_before, facts.not_after, renew_in_last):
        return None
    ends = day_and_distance(facts.not_after, now)
    text = f"{node}: your certificate expires on {ends}; put its successor in its file's place"
    return Finding("GivenLeafEnds", text)
