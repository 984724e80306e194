"""Who signs leaves: one narrow interface. A leaf's key is made and kept by whoever asks; a signer never sees it.

Built in: a CA that is at hand, ours or the operator's own; and a certificate that was signed elsewhere. A signer that
is a service (Vault, step-ca) would be a class here with the same one method.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cryptography import x509
from cryptography.x509.oid import NameOID

from components.errors import ConfigurationRefused
from components.layer_words import spelled
from components.pki.chains import ChainView, chain_findings
from components.pki.extensions import general_names
from components.pki.inspect import load_certificate, parse_bundle, pem_of
from components.pki.issue import IssuedAuthority, LeafRequest, sign_leaf
from components.pki.keys import PrivateKey, public_key_of, signing_hash
from components.pki.names import common_name


@dataclass(frozen=True, slots=True)
class SignedLeaf:
    """A leaf, and what a node sends after it.

    Attributes:
        certificate_pem: the leaf.
        chain_pems: the CAs above it, below the root, the nearest first.
    """

    certificate_pem: str
    chain_pems: tuple[str, ...] = ()


class Signer(Protocol):
    """Signs leaves."""

    def sign(self, request: LeafRequest, proof: x509.CertificateSigningRequest, now: datetime) -> SignedLeaf:
        """Return the leaf.

        Args:
            request: what it shall be.
            proof: the key that it is for, signed with that key.
            now: the present moment, in UTC.

        Raises:
            ConfigurationRefused: this signer may not, or cannot, sign it.
        """


@dataclass(frozen=True, slots=True)
class AuthorityAtHand:
    """A CA whose key is here: one of ours, or the operator's own.

    Attributes:
        authority: the CA.
        chain_pem: it and the CAs above it, below the root; empty where it is a root itself.
    """

    authority: IssuedAuthority
    chain_pem: str = ""

    def sign(self, request: LeafRequest, proof: x509.CertificateSigningRequest, now: datetime) -> SignedLeaf:
        """Return the leaf; of the proof it takes the key, and what the leaf says comes from the stack file.

        Raises:
            ConfigurationRefused: as with ``sign_leaf``.
        """
        leaf = sign_leaf(request, proof.public_key(), self.authority, now)
        return SignedLeaf(leaf, tuple(pem_of(one) for one in parse_bundle(self.chain_pem)))


@dataclass(frozen=True, slots=True)
class SignedElsewhere:
    """A certificate that somebody else signed, handed over as a file.

    Attributes:
        leaf_pem: the leaf.
        chain_pem: the CAs between it and the one that verifiers trust.
        trusted_pem: the CA that verifiers trust.
    """

    leaf_pem: str
    chain_pem: str
    trusted_pem: str

    def sign(self, request: LeafRequest, proof: x509.CertificateSigningRequest, now: datetime) -> SignedLeaf:
        """Return the certificate, if it is what was asked for.

        Raises:
            ConfigurationRefused: it is of another key, or a node must not present it; with every reason.
        """
        leaf, between = load_certificate(self.leaf_pem), parse_bundle(self.chain_pem)
        hosts = tuple(sorted(request.sans.hosts()))
        view = ChainView(leaf, between, parse_bundle(self.trusted_pem), request.profile, hosts, now)
        reasons = [finding.message for finding in chain_findings(view)]
        if public_key_of(proof) != public_key_of(leaf):
            reasons.insert(0, "it was issued for another key")
        if reasons:
            raise ConfigurationRefused(
                "your certificate cannot be presented",
                where=f"{spelled(request.profile.name)} certificate of {request.subject}",
                why="; ".join(reasons),
                next_step="give a certificate of the key in its file, signed for this node; nothing was changed on it",
            )
        return SignedLeaf(pem_of(leaf), tuple(pem_of(one) for one in between))


def proof_of_key(request: LeafRequest, key: PrivateKey) -> x509.CertificateSigningRequest:
    """Return a certificate request (PKCS#10): the subject, the names, and the key's own signature."""
    subject = common_name(request.subject)
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, subject)] if subject else []
    builder = x509.CertificateSigningRequestBuilder(x509.Name(attributes))
    names = general_names(request.sans)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=not subject)
    return builder.sign(key, signing_hash(key))
