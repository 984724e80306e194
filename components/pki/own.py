"""A CA of the operator's own: read out of its files, judged, and what nodes present and trust of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from cryptography import x509

from components.errors import ConfigurationRefused
from components.findings import Check, Finding
from components.pki.chains import ordered_chain, too_many_below
from components.pki.dates import day_and_distance
from components.pki.inspect import (
    ANY_PURPOSE,
    AuthorityFacts,
    authority_facts,
    common_name_of,
    extension,
    is_authority,
    is_self_signed,
    is_signed_by,
    key_id_of,
    load_certificate,
    parse_bundle,
    pem_of,
)
from components.pki.issue import IssuedAuthority
from components.pki.keys import belongs_to, key_type_of, load_private_key
from components.pki.lifetimes import Lifetime, lifetime_end
from components.pki.profiles import PROFILES, ProfileName
from components.pki.spec import Layer

KEY_ELSEWHERE = "its key is not here"
"""Stands for the key of a CA that signs elsewhere; whoever tried to sign with it would be told that it is no PEM."""
SUPPORTED_KEYS = ("ec-p256", "ec-p384", "ec-p521", "rsa-")
"""Types of keys that sign for the whole Elastic Stack, as they begin."""


@dataclass(frozen=True, slots=True)
class OwnAuthority:
    """A CA of the operator's own. Its key never shows in a repr.

    Attributes:
        private_key_pem: PKCS#8 PEM, not encrypted, a secret; or ``KEY_ELSEWHERE``.
        certificate_pem: its certificate.
        chain_pem: the CAs above it, the nearest first, with the root where it was given; empty for a root.
    """

    private_key_pem: str = field(repr=False)
    certificate_pem: str
    chain_pem: str = ""

    @property
    def facts(self) -> AuthorityFacts:
        """What its certificate says."""
        return authority_facts(self.certificate_pem)

    @property
    def is_at_hand(self) -> bool:
        """Whether its key is here, so that it signs here."""
        return self.private_key_pem != KEY_ELSEWHERE

    @property
    def issuing(self) -> IssuedAuthority:
        """It as the authority that signs."""
        return IssuedAuthority(self.private_key_pem, self.certificate_pem)

    @property
    def presented_pem(self) -> str:
        """What a node sends after its leaf: every CA below the root."""
        return "".join(pem_of(one) for one in self._line() if not is_self_signed(one))

    def trusted_pem(self, layer: Layer) -> str:
        """Return what a verifier must trust.

        Between nodes that is the CA that signs, and no other CA of the same root: whom a node trusts may join.
        Clients of the HTTP layer need the root: OpenSSL, as Kibana has it, takes no other CA for an anchor.
        """
        return self.certificate_pem if layer is Layer.TRANSPORT else pem_of(self._line()[-1])

    def _line(self) -> tuple[x509.Certificate, ...]:
        return (load_certificate(self.certificate_pem), *parse_bundle(self.chain_pem))


def own_authority(private_key_pem: str, certificates: Iterable[x509.Certificate]) -> OwnAuthority:
    """Return the CA that a key and the certificates beside it make, whatever their order.

    Raises:
        ConfigurationRefused: no certificate belongs to the key, or one is not above the CA.
    """
    given = tuple(certificates)
    key = load_private_key(private_key_pem)
    own = next((one for one in given if belongs_to(key, one)), None)
    if own is None:
        raise ConfigurationRefused(
            "the private key does not belong to the certificate",
            where="authority",
            why="its private key belongs to none of the certificates",
            next_step="give the key and the certificate that belong together",
        )
    return _with_those_above(private_key_pem, own, given)


def authority_elsewhere(certificates: Iterable[x509.Certificate], layer: Layer) -> OwnAuthority:
    """Return the CA that signs elsewhere: for clients a root, and between nodes the CA that signs their leaves.

    Args:
        certificates: what its file holds: it, and for the transport layer also CAs above it, in any order.
        layer: the layer.

    Raises:
        ConfigurationRefused: it is not plain which one it is, or another one is not above it.
    """
    given = tuple(certificates)
    if layer is Layer.HTTP:
        found = [one for one in given if is_self_signed(one)]
        wanted = "give the one root that clients trust"
    else:
        found = [one for one in given if not any(is_signed_by(other, one) for other in given if other != one)]
        wanted = "give the one CA that signs the nodes' certificates, and CAs above it"
    if len(found) != 1:
        what = "root certificates" if layer is Layer.HTTP else "CAs that signed no other one in it"
        raise ConfigurationRefused(
            "it is not plain which CA signs", where="authority", why=f"it holds {len(found)} {what}", next_step=wanted
        )
    return _with_those_above(KEY_ELSEWHERE, found[0], given if layer is Layer.TRANSPORT else found)


def _with_those_above(private_key_pem: str, own: x509.Certificate, given: Iterable[x509.Certificate]) -> OwnAuthority:
    others = [one for one in given if one != own]
    chain = ordered_chain(own, others)
    roots = sorted((one for one in others if one not in chain), key=lambda one: one.not_valid_after_utc)
    return OwnAuthority(private_key_pem, pem_of(own), "".join(pem_of(one) for one in (*chain, *roots[-1:])))


@dataclass(frozen=True, slots=True)
class OwnView:
    """A CA of the operator's own, and the layer that it shall sign for.

    Attributes:
        certificate: its certificate.
        above: the CAs above it, the nearest first.
        layer: the layer.
    """

    certificate: x509.Certificate
    above: tuple[x509.Certificate, ...]
    layer: Layer


def it_may_sign(view: OwnView) -> Finding | None:
    """Find a certificate that is no CA's. Source: RFC 5280 §4.2.1.3 and §4.2.1.9."""
    if is_authority(view.certificate):
        return None
    return Finding(
        "NoAuthority",
        f"{_called(view.certificate)} is no CA certificate (basicConstraints, keyCertSign); "
        "of certutil's files, `elastic-stack-ca.p12` has the CA's key",
    )


def its_key_is_supported(view: OwnView) -> Finding | None:
    """Find a key that a part of the Elastic Stack does not verify with."""
    found = key_type_of(view.certificate.public_key())
    if found.startswith(SUPPORTED_KEYS):
        return None
    return Finding("KeyNotSupported", f"{_called(view.certificate)} has a key of type {found}; use EC P-256 or RSA")


def it_names_its_key(view: OwnView) -> Finding | None:
    """Find a CA without a key identifier: another CA of its name could not be told from it. RFC 5280 §4.2.1.2."""
    if key_id_of(view.certificate):
        return None
    return Finding("KeyNotNamed", f"{_called(view.certificate)} has no subjectKeyIdentifier, which every CA must have")


def it_is_not_confined_to_names(view: OwnView) -> Finding | None:
    """Find name constraints (RFC 5280 §4.2.1.10): verifiers would refuse leaves that look fine here."""
    for one in (view.certificate, *view.above):
        if extension(one, x509.NameConstraints):
            return Finding("NamesConstrained", f"{_called(one)} may sign for some names only (nameConstraints)")
    return None


def its_purposes_fit(view: OwnView) -> Finding | None:
    """Find a CA whose extendedKeyUsage takes from leaves what they need, as OpenSSL and Go read it."""
    needed = PROFILES[ProfileName(view.layer.value)].purposes
    for one in (view.certificate, *view.above):
        found = authority_facts(one).purposes
        if found is not None and ANY_PURPOSE not in found and not found >= needed:
            missing = ", ".join(sorted(needed - found))
            return Finding("PurposeMissing", f"{_called(one)} lacks {missing} in its extendedKeyUsage")
    return None


def the_root_is_there(view: OwnView) -> Finding | None:
    """Find a CA of the HTTP layer without its root, which clients with OpenSSL need (see ``trusted_pem``)."""
    top = (view.certificate, *view.above)[-1]
    if view.layer is Layer.TRANSPORT or is_self_signed(top):
        return None
    issuer = common_name_of(top.issuer) or top.issuer.rfc4514_string()
    return Finding("RootMissing", f"{_called(top)} is signed by {issuer!r}, whose certificate is in no file")


def those_above_may_sign_it(view: OwnView) -> Finding | None:
    """Find a CA above that is none, or that may not have so many CAs below it. Source: RFC 5280 §4.2.1.9."""
    for below, (lower, upper) in enumerate(pairwise((view.certificate, *view.above)), start=1):
        if not is_authority(upper):
            return Finding("IssuerMayNotSign", f"{_called(upper)} signed {_called(lower)}, but it is no CA certificate")
        if too_many_below(upper, below):
            return Finding("PathTooLong", f"{_called(upper)} may not have {below} CA certificates below it")
    return None


OWN_CHECKS: tuple[Check[OwnView], ...] = (
    it_may_sign,
    its_key_is_supported,
    it_names_its_key,
    it_is_not_confined_to_names,
    its_purposes_fit,
    those_above_may_sign_it,
    the_root_is_there,
)
"""What speaks against a CA of somebody's own, whatever the day."""


def own_view(own: OwnAuthority, layer: Layer) -> OwnView:
    """Return a CA of somebody's own as the checks look at it."""
    return OwnView(load_certificate(own.certificate_pem), parse_bundle(own.chain_pem), layer)


def not_in_its_life(own: OwnAuthority, now: datetime) -> Finding | None:
    """Find a CA, or one above it, that has expired or is not valid yet."""
    for one in (load_certificate(own.certificate_pem), *parse_bundle(own.chain_pem)):
        begins, ends = one.not_valid_before_utc, one.not_valid_after_utc
        if now > ends:
            return Finding("OwnAuthorityExpired", f"{_called(one)} expired on {day_and_distance(ends, now)}")
        if now < begins:
            return Finding("OwnAuthorityNotYetValid", f"{_called(one)} is valid from {day_and_distance(begins, now)}")
    return None


def too_short_for_a_leaf(own: OwnAuthority, leaf_valid_for: Lifetime, now: datetime) -> Finding | None:
    """Find a CA that could not give its first leaves their whole life."""
    ends = own.facts.not_after
    if lifetime_end(leaf_valid_for, now) <= ends:
        return None
    return Finding(
        "OwnAuthorityTooShort",
        f"{own.facts.subject!r} expires on {day_and_distance(ends, now)}, and leaves live {leaf_valid_for}",
    )


def _called(certificate: x509.Certificate) -> str:
    return repr(common_name_of(certificate.subject) or certificate.subject.rfc4514_string())
