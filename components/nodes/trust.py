"""What a trust file must hold in each wave: at least these CAs, or nothing but these."""

from collections.abc import Sequence
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from components.findings import Finding
from components.pki.keys import public_key_of
from components.pki.names import generation_of

Authorities: TypeAlias = tuple[x509.Certificate, ...]

NOTHING_BUT = "nothing but"
"""How a plan begins to say what a trust file holds that *retire* leaves; by it a plan tells it from *cover*."""
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


def generations_called(
    generations: Sequence[int], present: Sequence[x509.Certificate], wanted: Sequence[x509.Certificate] | None
) -> str:
    """Return generations as a plan names them, with a word where one has a new certificate for the same key.

    Args:
        generations: what is to be trusted, by number.
        present: what is trusted.
        wanted: what is to be trusted; None while not all of it is made.
    """
    renewed = _renewed(present, wanted) if wanted is not None else _about_to_be_renewed(generations, present)
    return " + ".join(f"g{number} (renewed)" if number in renewed else f"g{number}" for number in generations)


def _renewed(present: Sequence[x509.Certificate], wanted: Sequence[x509.Certificate]) -> set[int | None]:
    goes = {public_key_of(one) for one in present if one not in wanted}
    return {generation_of(names(one)) for one in wanted if public_key_of(one) in goes}


def _about_to_be_renewed(generations: Sequence[int], present: Sequence[x509.Certificate]) -> set[int | None]:
    """Return the generation that is made though it is there; of several it is not known which one is."""
    return {generation_of(names(one)) for one in present} if len(generations) == 1 else set()


def names(certificate: x509.Certificate) -> str:
    """Return what a person calls a certificate: its common name, else its whole subject."""
    common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(common[0].value) if common else certificate.subject.rfc4514_string()
