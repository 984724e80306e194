"""Leaves that somebody else signed: read from files, and followed over their life."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from cryptography import x509

from components.errors import ConfigurationRefused
from components.findings import Finding
from components.pki.chains import ordered_chain
from components.pki.dates import day, day_and_distance
from components.pki.inspect import fingerprint_of, leaf_facts, load_certificate, pem_of
from components.pki.keys import belongs_to, load_private_key
from components.pki.renewal import renewal_opens


@dataclass(frozen=True, slots=True)
class GivenLeaf:
    """A node's leaf that somebody else signed. Its key never shows in a repr.

    Attributes:
        private_key_pem: PKCS#8 PEM, not encrypted; a secret.
        certificate_pem: the leaf.
        chain_pem: the CAs between it and the root, the nearest first; empty where the root signed it.
    """

    private_key_pem: str = field(repr=False)
    certificate_pem: str
    chain_pem: str


def given_leaf(private_key_pem: str, certificates: Iterable[x509.Certificate]) -> GivenLeaf:
    """Return the leaf that a key and the certificates beside it make, whatever their order.

    Raises:
        ConfigurationRefused: no certificate belongs to the key, or one is not above the leaf.
    """
    given, key = tuple(certificates), load_private_key(private_key_pem)
    leaf = next((one for one in given if belongs_to(key, one)), None)
    if leaf is None:
        raise ConfigurationRefused(
            "the private key does not belong to the certificate",
            where="leaf",
            why="no certificate in it belongs to the private key",
            next_step="give the key and the certificate that belong together",
        )
    return GivenLeaf(private_key_pem, pem_of(leaf), "".join(pem_of(one) for one in ordered_chain(leaf, given)))


def given_leaf_differs(recorded_pem: str, given_pem: str) -> Finding | None:
    """Find a leaf that is not the one that was given."""
    recorded, given = load_certificate(recorded_pem), load_certificate(given_pem)
    if fingerprint_of(recorded) == fingerprint_of(given):
        return None
    ends = day(given.not_valid_after_utc)
    return Finding("GivenLeafDiffers", f"a certificate of your own is given, until {ends}")


def given_leaf_ends(given_pem: str, node: str, renew_in_last: Fraction, now: datetime) -> Finding | None:
    """Find a given leaf that nears its end: advice, because only its owner can replace it."""
    facts = leaf_facts(given_pem)
    if now < renewal_opens(facts.not_before, facts.not_after, renew_in_last):
        return None
    ends = day_and_distance(facts.not_after, now)
    text = f"{node}: your certificate expires on {ends}; put its successor in its file's place"
    return Finding("GivenLeafEnds", text)
