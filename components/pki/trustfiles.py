"""Trust files: the authorities that a verifier trusts, and nothing else, as PEM or as a Java trust file."""

import re
from collections.abc import Iterable

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from components.errors import ConfigurationRefused
from components.findings import Finding
from components.pki.dates import day
from components.pki.inspect import (
    common_name_of,
    distinct,
    fingerprint_of,
    is_authority,
    parse_bundle,
    pem_of,
)
from components.pki.keyfiles import file_encryption
from components.pki.names import generation_of
from components.pki.spec import FileFormat

_HYPHENS = re.compile("-+")


def anchor_findings(certificates: Iterable[x509.Certificate]) -> tuple[Finding, ...]:
    """Return a finding for each certificate that must not be a trust anchor, because it is no authority.

    Trusting a leaf would admit whoever holds that one key, and would break with its next reissue.
    """
    return tuple(
        Finding(
            "LeafAsAnchor",
            f"{_title(certificate)!r} is no CA certificate; a trust file holds authorities only",
        )
        for certificate in certificates
        if not is_authority(certificate)
    )


def in_bundle_order(certificates: Iterable[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Return certificates without doubles, by generation, name and end of life, so that equal sets give equal files."""
    return tuple(
        sorted(
            distinct(certificates),
            key=lambda one: (
                generation_of(common_name_of(one.subject)) or 0,
                _title(one),
                one.not_valid_after_utc,
                fingerprint_of(one),
            ),
        )
    )


def trust_file_pem(certificates: Iterable[x509.Certificate]) -> str:
    """Return a PEM trust file; equal sets of authorities give equal bytes.

    Above each certificate stands a comment with its name and end, which Java, OpenSSL and Go skip: one line of
    ASCII without a row of hyphens, whatever the name holds.

    Raises:
        ConfigurationRefused: one of them is no authority, or there is none.
    """
    return "".join(f"# {_comment(one)}\n{pem_of(one)}" for one in _anchors(certificates))


def trust_file_p12(certificates: Iterable[x509.Certificate], password: str) -> bytes:
    """Return a PKCS#12 trust file with Java's mark of trust on every entry (2.16.840.1.113894.746875.1.1).

    Without the mark Elasticsearch stops with "does not contain any trusted certificate entries". The bytes
    differ from call to call, because salts are random.

    Raises:
        ConfigurationRefused: one of them is no authority, or there is none.
    """
    entries = [pkcs12.PKCS12Certificate(one, _alias(one).encode()) for one in _anchors(certificates)]
    return pkcs12.serialize_java_truststore(entries, file_encryption(password))


def read_trust_file(
    content: bytes, file_format: FileFormat, password: str | None = None, *, where: str = "trust file"
) -> tuple[x509.Certificate, ...]:
    """Return the certificates of a trust file, in its order; empty for an empty PEM file.

    A PKCS#12 file of somebody else may hold certificates without Java's mark of trust; they are returned too.

    Args:
        content: the file.
        file_format: how it is laid out.
        password: of a PKCS#12 file.
        where: the file's name, for the error.

    Raises:
        ConfigurationRefused: it cannot be read.
    """
    if file_format is FileFormat.PEM:
        return parse_bundle(content, where=where)
    try:
        opened = pkcs12.load_pkcs12(content, (password or "").encode())
    except ValueError as error:
        raise ConfigurationRefused(
            "the trust file cannot be read",
            where=where,
            why="the password does not open it" if "password" in str(error).lower() else "it is not PKCS#12",
            next_step="give the right password, or let the file be written anew",
        ) from None
    return tuple(entry.certificate for entry in opened.additional_certs)


def _anchors(certificates: Iterable[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    anchors = in_bundle_order(certificates)
    findings = anchor_findings(anchors)
    if anchors and not findings:
        return anchors
    raise ConfigurationRefused(
        "the trust file would be wrong",
        where="trust file",
        why="; ".join(map(str, findings)) or "it would trust nobody, and then nodes fall back to the JVM's public CAs",
        next_step="give the certificates of the authorities to trust",
    )


def _comment(certificate: x509.Certificate) -> str:
    """Say who and until when. JDK 25 takes five hyphens for the start of a PEM block wherever they stand."""
    title = _HYPHENS.sub("-", _title(certificate).encode("unicode_escape").decode())
    return f"{title}, until {day(certificate.not_valid_after_utc)}"


def _title(certificate: x509.Certificate) -> str:
    return common_name_of(certificate.subject) or certificate.subject.rfc4514_string()


def _alias(certificate: x509.Certificate) -> str:
    """Name an entry. Java keeps one entry per alias, so the certificates of a renewed authority need two."""
    generation = generation_of(common_name_of(certificate.subject))
    of_generation = f"g{generation}-" if generation else ""
    return f"ca-{of_generation}{fingerprint_of(certificate)[:12]}"
