"""Private keys: make one, read one, tell its type, tell whether it belongs to a certificate."""

from typing import TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from components.errors import ConfigurationRefused
from components.pki.spec import KeyType

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

LEAST_RSA_BITS = 2048
_PUBLIC_EXPONENT = 65537
_CURVES = {KeyType.EC_P256: ec.SECP256R1, KeyType.EC_P384: ec.SECP384R1}
_RSA_BITS = {KeyType.RSA_2048: 2048, KeyType.RSA_3072: 3072, KeyType.RSA_4096: 4096}
_CURVE_NAMES = {"secp256r1": "ec-p256", "secp384r1": "ec-p384", "secp521r1": "ec-p521"}


def new_private_key(key_type: KeyType) -> PrivateKey:
    """Return a fresh private key."""
    if key_type in _CURVES:
        return ec.generate_private_key(_CURVES[key_type]())
    return rsa.generate_private_key(_PUBLIC_EXPONENT, _RSA_BITS[key_type])


def pem_of_key(key: PrivateKey, passphrase: str | None = None) -> str:
    """Return a key as PKCS#8 PEM, encrypted (PBES2, AES-256) when there is a passphrase."""
    encryption: KeySerializationEncryption = NoEncryption()
    if passphrase is not None:
        encryption = BestAvailableEncryption(passphrase.encode())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


def load_private_key(pem: str, passphrase: str | None = None, *, where: str = "private key") -> PrivateKey:
    """Read a private key from PEM.

    Args:
        pem: the text.
        passphrase: what an encrypted key was encrypted with.
        where: the setting or file it comes from, for the error.

    Raises:
        ConfigurationRefused: it is no private key, the passphrase is wrong or missing, or it is of a type that
            we do not use (EC, and RSA of at least 2048 bits).
    """
    try:
        key = load_pem_private_key(pem.encode(), passphrase.encode() if passphrase else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigurationRefused(
            "the private key cannot be read",
            where=where,
            why=_plain(error, locked=passphrase is not None and "ENCRYPTED" in pem),
            next_step="give an unencrypted or PKCS#8 PEM key, and its passphrase if it has one",
        ) from None
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= LEAST_RSA_BITS:
        return key
    raise ConfigurationRefused(
        "the private key is of a type that is not supported",
        where=where,
        why=f"it is {key_type_of(key.public_key())}; TLS of the whole Elastic Stack needs EC or RSA",
        next_step=f"use an EC key, or RSA of at least {LEAST_RSA_BITS} bits",
    )


def _plain(error: Exception, *, locked: bool) -> str:
    """Say what the library found, without its advice on its own API.

    A wrong passphrase opens one key in some hundreds, to bytes that are no key.
    """
    if isinstance(error, TypeError):
        return "it is encrypted and there is no passphrase, or it is not and there is one"
    wrong = locked or "password" in str(error).lower()
    return "the passphrase is wrong, or the key is damaged" if wrong else "it is not PEM"


def key_type_of(public_key: object) -> str:
    """Return a key's type as a ``KeyType`` writes it, also for keys that no ``KeyType`` stands for."""
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return _CURVE_NAMES.get(public_key.curve.name, f"ec-{public_key.curve.name}")
    if isinstance(public_key, rsa.RSAPublicKey):
        return f"rsa-{public_key.key_size}"
    return type(public_key).__name__.removesuffix("PublicKey").lower()


def signing_hash(key: PrivateKey) -> hashes.SHA256 | hashes.SHA384 | hashes.SHA512:
    """Return the hash that a key signs with: as strong as its curve, and SHA-256 for RSA as in certutil."""
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.key_size > 256:
        return hashes.SHA384() if key.key_size <= 384 else hashes.SHA512()
    return hashes.SHA256()


def belongs_to(key: PrivateKey, certificate: x509.Certificate) -> bool:
    """Tell whether a private key is the one that a certificate was issued for."""
    return public_key_of(key) == public_key_of(certificate)


def public_key_of(holder: PrivateKey | x509.Certificate | x509.CertificateSigningRequest) -> bytes:
    """Return the public key of a private key, a certificate or a request, in a form that compares."""
    return holder.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
