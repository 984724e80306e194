"""Makers of certificates for tests: ours, which are cached, and those of other people."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from components.pki.issue import IssuedAuthority, IssuedLeaf, LeafRequest, issue_leaf, new_authority
from components.pki.profiles import PROFILES, ProfileName
from components.pki.sans import Sans
from components.pki.spec import KeyType, Layer

NOW = datetime(2026, 11, 24, 4, 0, 0, tzinfo=UTC)
HOSTS = ("es-1.example.net", "es.example.net", "10.0.0.1", "2001:db8::1")


def authority(
    generation: int = 1,
    *,
    key_type: KeyType = KeyType.EC_P256,
    layer: Layer = Layer.TRANSPORT,
    valid_for: str = "10y",
    cluster: str = "logs",
    at: datetime = NOW,
) -> IssuedAuthority:
    """Return one of our authorities; the same one for the same arguments."""
    return _authority(cluster, layer, generation, key_type, valid_for, at)


@cache
def _authority(
    cluster: str, layer: Layer, generation: int, key_type: KeyType, valid_for: str, at: datetime
) -> IssuedAuthority:
    return new_authority(
        cluster=cluster, layer=layer, generation=generation, key_type=key_type, valid_for=valid_for, now=at
    )


def leaf(
    node: str = "es-1",
    *,
    signer: IssuedAuthority | None = None,
    profile: ProfileName = ProfileName.TRANSPORT,
    key_type: KeyType = KeyType.EC_P256,
    hosts: tuple[str, ...] = HOSTS,
    valid_for: str = "1y",
    at: datetime = NOW,
) -> IssuedLeaf:
    """Return one of our leaves; the same one for the same arguments."""
    request = LeafRequest(node, Sans.from_hosts(hosts), PROFILES[profile], key_type, valid_for)
    return _leaf(request, signer or authority(), at)


@cache
def _leaf(request: LeafRequest, signer: IssuedAuthority, at: datetime) -> IssuedLeaf:
    return issue_leaf(request, signer, at)


@dataclass(frozen=True)
class Foreign:
    """A certificate and key of somebody else's making."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @property
    def authority(self) -> IssuedAuthority:
        return IssuedAuthority(self.key_pem, self.pem)


def foreign(
    name: str,
    *extensions: tuple[x509.ExtensionType, bool],
    signer: Foreign | None = None,
    begins: datetime = NOW - timedelta(days=1),
    ends: datetime = NOW + timedelta(days=365),
    key: ec.EllipticCurvePrivateKey | None = None,
) -> Foreign:
    """Return a certificate with exactly these extensions, self-signed where there is no signer."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(
        signer.certificate.subject if signer else subject,
        subject,
        key.public_key(),
        x509.random_serial_number(),
        begins,
        ends,
    )
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    return Foreign(builder.sign(signer.key if signer else key, hashes.SHA256()), key)


def ca(path_length: int | None = None) -> tuple[x509.ExtensionType, bool]:
    """Return the extension of a CA."""
    return x509.BasicConstraints(ca=True, path_length=path_length), True


def names(*dns: str) -> tuple[x509.ExtensionType, bool]:
    """Return the extension of DNS names."""
    return x509.SubjectAlternativeName([x509.DNSName(name) for name in dns]), False


def purposes(*oids: x509.ObjectIdentifier) -> tuple[x509.ExtensionType, bool]:
    """Return the extension of purposes."""
    return x509.ExtendedKeyUsage(oids), False


def use(*bits: str) -> tuple[x509.ExtensionType, bool]:
    """Return the extension of key usage."""
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{bit: bit in bits for bit in every}), True


def own_ca(
    name: str,
    signer: Foreign | None = None,
    *,
    path_length: int | None = None,
    begins: datetime = NOW - timedelta(days=1),
    ends: datetime = NOW + timedelta(days=3650),
) -> Foreign:
    """Return a CA as a company makes them, a root where there is no signer."""
    key = ec.generate_private_key(ec.SECP256R1())
    key_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False
    extensions = (ca(path_length), use("key_cert_sign", "crl_sign"), key_id)
    return foreign(name, *extensions, signer=signer, key=key, begins=begins, ends=ends)
