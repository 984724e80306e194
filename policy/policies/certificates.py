"""What a PEM certificate says, as far as a policy asks."""

import hashlib
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVES = {"secp256r1": "ec-p256", "secp384r1": "ec-p384", "secp521r1": "ec-p521"}


@dataclass(frozen=True, slots=True)
class Facts:
    """A certificate in a few words.

    Attributes:
        subject: its subject.
        key: its key's type, as the stack file writes types: `ec-p256`, `rsa-3072`; or the algorithm's name.
        days: how long it lives, begun days counted as whole ones.
        key_digest: tells its key from every other one.
    """

    subject: str
    key: str
    days: int
    key_digest: str


def facts_in(pem: Any) -> tuple[Facts, ...]:
    """Return the facts of every certificate in a PEM text; none where it is unknown, absent or no PEM.

    What is no certificate is refused by the plugin, with better words than a policy has.
    """
    try:
        found = x509.load_pem_x509_certificates(pem.encode()) if isinstance(pem, str) else []
    except ValueError:
        return ()
    return tuple(map(_facts, found))


def _facts(certificate: x509.Certificate) -> Facts:
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    key = certificate.public_key()
    digest = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
    return Facts(certificate.subject.rfc4514_string(), key_type(key), life.days + (life.seconds > 0), digest)


def key_type(key: object) -> str:
    """Return a key's type as the stack file writes it; for another algorithm its name."""
    if isinstance(key, rsa.RSAPublicKey):
        return f"rsa-{key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return CURVES.get(key.curve.name, f"ec-{key.curve.name}")
    return type(key).__name__.removesuffix("PublicKey").lower()
