"""The X.509 extensions of what we issue, each with its criticality, in one order."""

from ipaddress import ip_address
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID

from components.pki.inspect import extension
from components.pki.keys import PrivateKey, key_type_of
from components.pki.profiles import AUTHORITY, KeyUse, Profile, Purpose
from components.pki.sans import Sans

Extensions: TypeAlias = tuple[tuple[x509.ExtensionType, bool], ...]
"""Values, each with whether software that does not understand it must refuse the certificate."""

_PURPOSE_IDS = {
    Purpose.SERVER: ExtendedKeyUsageOID.SERVER_AUTH,
    Purpose.CLIENT: ExtendedKeyUsageOID.CLIENT_AUTH,
}


def authority_extensions(key: PrivateKey, key_id: x509.SubjectKeyIdentifier) -> Extensions:
    """Return what makes a certificate an authority. Path length 0: it signs leaves, no authority below it."""
    return (
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (_key_usage(AUTHORITY.key_use(key_type_of(key.public_key()))), True),
        (key_id, False),
        (_signer_id(key_id), False),
    )


def leaf_extensions(
    profile: Profile, sans: Sans, public_key: CertificatePublicKeyTypes, signer: x509.Certificate, *, named: bool
) -> Extensions:
    """Return what makes a certificate a leaf.

    CA:FALSE is critical, which certutil leaves open and RFC 5280 §4.2.1.9 allows: software that does not
    understand the extension must then refuse the leaf instead of taking it for an authority. The names are
    critical only where they stand in for an empty subject (§4.2.1.6).

    Args:
        profile: the kind of leaf.
        sans: names and addresses it vouches for; without any, the extension is left out.
        public_key: its public key.
        signer: the authority's certificate.
        named: whether the leaf has a subject.
    """
    purposes = [_PURPOSE_IDS[purpose] for purpose in sorted(profile.purposes)]
    fixed: Extensions = (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_key_usage(profile.key_use(key_type_of(public_key))), True),
        (x509.ExtendedKeyUsage(purposes), False),
        (x509.SubjectKeyIdentifier.from_public_key(public_key), False),
        (_signer_id(key_id_for(signer)), False),
    )
    names = general_names(sans)
    return (*fixed, (x509.SubjectAlternativeName(names), not named)) if names else fixed


def general_names(sans: Sans) -> list[x509.GeneralName]:
    """Return names and addresses as the extension holds them."""
    addresses = [x509.IPAddress(ip_address(address)) for address in sans.ips]
    return [*(x509.DNSName(name) for name in sans.dns), *addresses]


def key_id_for(authority: x509.Certificate) -> x509.SubjectKeyIdentifier:
    """Return the key id that an authority's certificate carries, or the one that follows from its key."""
    carried = extension(authority, x509.SubjectKeyIdentifier)
    return carried or x509.SubjectKeyIdentifier.from_public_key(authority.public_key())


def _signer_id(key_id: x509.SubjectKeyIdentifier) -> x509.AuthorityKeyIdentifier:
    """Name only the key: issuer and serial would tie a leaf to one certificate of a renewed authority."""
    return x509.AuthorityKeyIdentifier(key_id.digest, None, None)


def _key_usage(use: frozenset[KeyUse]) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=KeyUse.SIGN in use,
        content_commitment=False,
        key_encipherment=KeyUse.ENCIPHER in use,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=KeyUse.SIGN_CERTIFICATES in use,
        crl_sign=KeyUse.SIGN_REVOCATIONS in use,
        encipher_only=False,
        decipher_only=False,
    )
