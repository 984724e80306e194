"""Read certificates: ask the artefact, keep no diary."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from components.errors import ConfigurationRefused
from components.pki.keys import key_type_of
from components.pki.names import generation_of
from components.pki.profiles import Purpose
from components.pki.sans import Sans

Readable: TypeAlias = x509.Certificate | str | bytes
"""A certificate, parsed or as PEM or DER."""

ANY_PURPOSE = "anyExtendedKeyUsage"
_Extension = TypeVar("_Extension", bound=x509.ExtensionType)

_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_BEGIN = b"-----BEGIN CERTIFICATE-----"
_PURPOSES = {
    ExtendedKeyUsageOID.SERVER_AUTH: str(Purpose.SERVER),
    ExtendedKeyUsageOID.CLIENT_AUTH: str(Purpose.CLIENT),
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE: ANY_PURPOSE,
}
_KEY_USES = {
    "digital_signature": "digitalSignature",
    "content_commitment": "nonRepudiation",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
}


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What any certificate says.

    Attributes:
        subject: common name; empty without one.
        issuer: common name of who signed it; empty without one.
        serial: serial number in hex without leading zeros, as ``GET /_ssl/certificates`` shows it.
        not_before: start of its life, in UTC.
        not_after: end of its life, in UTC.
        key_type: a ``KeyType``, or the like for a key that we would not issue.
        key_use: keyUsage in RFC 5280's words; None when the extension is absent.
        purposes: extendedKeyUsage in RFC 5280's words or as object ids; None when the extension is absent.
        key_id: subject key identifier in hex; empty without one.
        signer_key_id: authority key identifier in hex; empty without one.
        fingerprint: SHA-256 over the whole certificate, in hex.
    """

    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    key_type: str
    key_use: frozenset[str] | None
    purposes: frozenset[str] | None
    key_id: str
    signer_key_id: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class LeafFacts(CertificateFacts):
    """What a leaf says.

    Attributes:
        sans: the names and addresses it vouches for.
    """

    sans: Sans

    @property
    def signing_generation(self) -> int | None:
        """The generation of the authority that signed it; None when that one is not ours."""
        return generation_of(self.issuer)


@dataclass(frozen=True, slots=True)
class AuthorityFacts(CertificateFacts):
    """What an authority's certificate says."""

    @property
    def generation(self) -> int | None:
        """Its generation; None when it is not ours."""
        return generation_of(self.subject)


def load_certificate(content: Readable, *, where: str = "certificate") -> x509.Certificate:
    """Read one certificate from PEM (the first of several) or DER.

    Raises:
        ConfigurationRefused: there is none, or it cannot be read.
    """
    if isinstance(content, x509.Certificate):
        return content
    raw = content.encode() if isinstance(content, str) else content
    if _BEGIN not in raw and raw[:1] == b"\x30":  # the first byte of any DER certificate
        return _parsed(raw, where)
    bundle = parse_bundle(raw, where=where)
    if not bundle:
        raise _unreadable(where, "there is no PEM block and no DER in it")
    return bundle[0]


def parse_bundle(content: str | bytes, *, where: str = "trust bundle") -> tuple[x509.Certificate, ...]:
    """Read every certificate of a PEM bundle, in its order; comments, CRLF and other blocks do not matter.

    Raises:
        ConfigurationRefused: a certificate's block is cut off or cannot be read.
    """
    raw = content.encode() if isinstance(content, str) else content
    blocks = _BLOCK.findall(raw)
    if raw.count(_BEGIN) != len(blocks) or any(block.count(_BEGIN) > 1 for block in blocks):
        raise _unreadable(where, "a PEM block has no end")
    return tuple(_parsed(block, where) for block in blocks)


def _parsed(raw: bytes, where: str) -> x509.Certificate:
    try:
        load = x509.load_pem_x509_certificate if raw.startswith(_BEGIN) else x509.load_der_x509_certificate
        certificate = load(raw)
        _ = certificate.extensions, certificate.public_key()  # both are read late; an error must come here
    except (ValueError, x509.DuplicateExtension, UnsupportedAlgorithm) as error:
        raise _unreadable(where, str(error).partition(". See https")[0]) from None
    return certificate


def _unreadable(where: str, why: str) -> ConfigurationRefused:
    return ConfigurationRefused(
        "the certificate cannot be read",
        where=where,
        why=why,
        next_step="give a certificate in PEM, whole, from BEGIN CERTIFICATE to END CERTIFICATE",
    )


def pem_of(certificate: x509.Certificate) -> str:
    """Return a certificate as PEM."""
    return certificate.public_bytes(Encoding.PEM).decode()


def leaf_facts(leaf: Readable, *, where: str = "certificate") -> LeafFacts:
    """Read a leaf.

    Raises:
        ConfigurationRefused: it cannot be read.
    """
    certificate = load_certificate(leaf, where=where)
    names = extension(certificate, x509.SubjectAlternativeName)
    dns = names.get_values_for_type(x509.DNSName) if names else ()
    ips = names.get_values_for_type(x509.IPAddress) if names else ()
    return LeafFacts(*_common(certificate), sans=Sans.as_found(dns, ips))


def authority_facts(authority: Readable, *, where: str = "authority") -> AuthorityFacts:
    """Read an authority's certificate.

    Raises:
        ConfigurationRefused: it cannot be read.
    """
    return AuthorityFacts(*_common(load_certificate(authority, where=where)))


_Common: TypeAlias = tuple[
    str, str, str, datetime, datetime, str, frozenset[str] | None, frozenset[str] | None, str, str, str
]


def _common(certificate: x509.Certificate) -> _Common:
    """Return the fields of ``CertificateFacts``, in their order."""
    return (
        common_name_of(certificate.subject),
        common_name_of(certificate.issuer),
        f"{certificate.serial_number:x}",
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
        key_type_of(certificate.public_key()),
        _key_use(certificate),
        _purposes(certificate),
        key_id_of(certificate),
        _signer_key_id(certificate),
        fingerprint_of(certificate),
    )


def common_name_of(name: x509.Name) -> str:
    """Return the most specific common name; empty without one."""
    values = [attribute.value for attribute in name.get_attributes_for_oid(NameOID.COMMON_NAME)]
    return str(values[-1]) if values else ""


def fingerprint_of(certificate: x509.Certificate) -> str:
    """Return the SHA-256 fingerprint in hex."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def key_id_of(certificate: x509.Certificate) -> str:
    """Return the subject key identifier in hex; empty without one."""
    found = extension(certificate, x509.SubjectKeyIdentifier)
    return found.digest.hex() if found else ""


def _signer_key_id(certificate: x509.Certificate) -> str:
    found = extension(certificate, x509.AuthorityKeyIdentifier)
    return found.key_identifier.hex() if found and found.key_identifier else ""


def _key_use(certificate: x509.Certificate) -> frozenset[str] | None:
    found = extension(certificate, x509.KeyUsage)
    return None if found is None else frozenset(word for field, word in _KEY_USES.items() if getattr(found, field))


def _purposes(certificate: x509.Certificate) -> frozenset[str] | None:
    found = extension(certificate, x509.ExtendedKeyUsage)
    return None if found is None else frozenset(_PURPOSES.get(oid, oid.dotted_string) for oid in found)


def extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    """Return an extension's value, or None when the certificate has none of that kind."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def is_authority(certificate: x509.Certificate) -> bool:
    """Tell whether a certificate may sign others. Source: RFC 5280 §4.2.1.3 and §4.2.1.9."""
    basic, use = extension(certificate, x509.BasicConstraints), extension(certificate, x509.KeyUsage)
    return basic is not None and basic.ca and (use is None or use.key_cert_sign)


def is_signed_by(leaf: Readable, authority: Readable) -> bool:
    """Tell whether the authority's key signed the certificate, and under the authority's subject.

    Says nothing about dates, nor whether the authority may sign.
    """
    try:
        load_certificate(leaf).verify_directly_issued_by(load_certificate(authority))
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def is_self_signed(certificate: x509.Certificate) -> bool:
    """Tell whether a certificate is a root: signed by its own key."""
    return is_signed_by(certificate, certificate)


def distinct(certificates: Iterable[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Return certificates without doubles, in the order of their first appearance."""
    return tuple({fingerprint_of(certificate): certificate for certificate in certificates}.values())
