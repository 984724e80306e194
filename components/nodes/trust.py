"""What a trust file must hold in each wave: at least these CAs, or nothing but these."""

from collections.abc import Sequence
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from components.findings import Finding

Authorities: TypeAlias = tuple[x509.Certificate, ...]

SURPLUS = "SurplusAuthorityTrusted"
"""The reason of a finding that more is trusted than is wanted."""


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 fingerprint, in hex."""
    return certificate.fingerprint(SHA256()).hex()


def covering(present: Sequence[x509.Certificate], wanted: Sequence[x509.Certificate]) -> Authorities:
    """Return what is trusted once the wanted CAs are trusted too; nothing is taken away."""
    have = {fingerprint(certificate) for certificate in present}
    return (*present, *(certificate for certificate in wanted if fingerprint(certificate) not in have))


def missing_authorities(present: Sequence[x509.Certificate], wanted: Sequence[x509.Certificate]) -> Finding | None:
    """Find wanted CAs that are not trusted. Source: deploy-manage/security/different-ca."""
    missing = names_beyond(present, wanted)
    if not missing:
        return None
    return Finding("AuthorityNotTrusted", f"does not trust {', '.join(missing)} yet")


def surplus_authorities(present: Sequence[x509.Certificate], wanted: Sequence[x509.Certificate]) -> Finding | None:
    """Find CAs that are trusted and should not be. Source: deploy-manage/security/different-ca."""
    surplus = names_beyond(wanted, present)
    if not surplus:
        return None
    return Finding(SURPLUS, f"still trusts {', '.join(surplus)}")


def names_beyond(some: Sequence[x509.Certificate], others: Sequence[x509.Certificate]) -> tuple[str, ...]:
    """Return what a person calls the others that are not among some."""
    known = {fingerprint(certificate) for certificate in some}
    return tuple(names(certificate) for certificate in others if fingerprint(certificate) not in known)


def names(certificate: x509.Certificate) -> str:
    """Return what a person calls a certificate: its common name, else its whole subject."""
    common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(common[0].value) if common else certificate.subject.rfc4514_string()
