"""Key files: a node's private key and leaf, as PKCS#12 or as a pair of PEM files."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import KeySerializationEncryption, PrivateFormat, pkcs12

from components.errors import ConfigurationRefused
from components.findings import Finding
from components.pki.chains import ordered_chain
from components.pki.inspect import common_name_of, fingerprint_of, load_certificate, pem_of
from components.pki.keys import PrivateKey, belongs_to, load_private_key, pem_of_key
from components.pki.spec import FileFormat, Layer

PBKDF2_ROUNDS = 10_000
"""What the JDK itself writes (since 8u301, 11.0.12 and 17), and what a JDK of 17 to 25 reads.

More rounds would only help a weak password, and ours have 190 bits; a file costs about 4 ms to write. The check
sum over the whole file has 2048 rounds, which the library does not let us choose: whoever guesses passwords
guesses there. So a given password must be strong by itself (see ``passwords.password_findings``).
"""

ALIASES = {Layer.TRANSPORT: "instance", Layer.HTTP: "http"}
"""Names of the key entry, as certutil gives them."""

# DER of the object ids of a key bag and an encrypted key bag (RFC 7292 §4.2.1, §4.2.2). The library hands out
# the first key only, Elasticsearch and the JDK see them all.
_KEY_BAGS = tuple(bytes.fromhex(f"060b2a864886f70d010c0a01{bag}") for bag in ("01", "02"))


def file_encryption(password: str) -> KeySerializationEncryption:
    """Return how our PKCS#12 files are encrypted: PBES2 with AES-256-CBC and SHA-256, as the JDK does.

    The old defaults of other tools (RC2, 3DES, SHA-1) are unreadable for OpenSSL 3 and under FIPS.
    """
    return (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(PBKDF2_ROUNDS)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(password.encode())
    )


def key_file_p12(
    private_key_pem: str, certificate_pem: str, chain_pems: Iterable[str], password: str, alias: str
) -> bytes:
    """Return a PKCS#12 key file: one key entry with the leaf and its intermediates, without the root.

    Two calls with equal arguments give different bytes, because salts are random.

    Args:
        private_key_pem: the leaf's key, not encrypted.
        certificate_pem: the leaf.
        chain_pems: the authorities above it, in any order; a root among them is left out.
        password: of the file and of the key in it, which Elasticsearch expects to be one.
        alias: name of the entry, see ``ALIASES``.

    Raises:
        ConfigurationRefused: key and leaf do not belong together, a certificate is not of the leaf's chain,
            or something cannot be read.
    """
    key, leaf, chain = _matched(private_key_pem, certificate_pem, chain_pems)
    return pkcs12.serialize_key_and_certificates(alias.encode(), key, leaf, chain, file_encryption(password))


@dataclass(frozen=True, slots=True)
class PemKeyFiles:
    """Two files that belong together, and that must be replaced together. The key never shows in a repr.

    Attributes:
        private_key: for the setting ``ssl.key``; a secret.
        certificates: for the setting ``ssl.certificate``: the leaf, then its intermediates.
    """

    private_key: str = field(repr=False)
    certificates: str


def key_file_pem(
    private_key_pem: str, certificate_pem: str, chain_pems: Iterable[str], passphrase: str | None = None
) -> PemKeyFiles:
    """Return the two PEM files of a leaf: its key in PKCS#8, and the leaf with its intermediates.

    Args:
        private_key_pem: the leaf's key, not encrypted.
        certificate_pem: the leaf.
        chain_pems: the authorities above it, in any order; a root among them is left out.
        passphrase: for the keystore entry ``ssl.secure_key_passphrase``; None leaves the key unencrypted.

    Raises:
        ConfigurationRefused: key and leaf do not belong together, a certificate is not of the leaf's chain,
            or something cannot be read.
    """
    key, leaf, chain = _matched(private_key_pem, certificate_pem, chain_pems)
    return PemKeyFiles(pem_of_key(key, passphrase), "".join(pem_of(part) for part in (leaf, *chain)))


def _matched(
    key_pem: str, leaf_pem: str, chain_pems: Iterable[str]
) -> tuple[PrivateKey, x509.Certificate, tuple[x509.Certificate, ...]]:
    leaf = load_certificate(leaf_pem, where="leaf")
    key = load_private_key(key_pem, where="leaf's private key")
    if not belongs_to(key, leaf):
        raise ConfigurationRefused(
            "the private key does not belong to the certificate",
            where=common_name_of(leaf.subject) or "leaf",
            why="the certificate was issued for another key",
            next_step="give the key and the certificate that belong together",
        )
    chain = [load_certificate(pem, where="chain") for pem in chain_pems]
    return key, leaf, ordered_chain(leaf, chain)


def opens(content: bytes, password: str, form: FileFormat) -> bool:
    """Tell whether a key file opens with a password: PKCS#12 with key and leaf, or the key alone in PEM."""
    if form is FileFormat.PKCS12:
        return check_key_file(content, password) is None
    try:
        load_private_key(content.decode(errors="replace"), password)
    except ConfigurationRefused:
        return False
    return True


def check_key_file(content: bytes, password: str, leaf_pem: str | None = None) -> Finding | None:
    """Find what would keep a node from presenting a PKCS#12 key file.

    Args:
        content: the file.
        password: the one that the node will use.
        leaf_pem: the leaf that it shall hold, if that matters.
    """
    try:
        opened = pkcs12.load_pkcs12(content, password.encode())
    except ValueError as error:
        wrong = "password" in str(error).lower()
        return (
            Finding("KeyFileNotOpened", "the key file does not open with the password that the node will use")
            if wrong
            else Finding("KeyFileUnreadable", "the key file is not PKCS#12, or it is damaged")
        )
    keys = sum(content.count(bag) for bag in _KEY_BAGS)
    if keys > 1:
        return Finding("SeveralKeys", f"the key file holds {keys} private keys; a node must not have to choose")
    return _pair_finding(opened, leaf_pem)


def _pair_finding(opened: pkcs12.PKCS12KeyAndCertificates, leaf_pem: str | None) -> Finding | None:
    if opened.key is None:
        return Finding("KeyMissing", "the key file holds no private key")
    if opened.cert is None:
        return Finding("LeafMissing", "the key file holds no certificate of its private key")
    leaf = opened.cert.certificate
    if not isinstance(opened.key, PrivateKey) or not belongs_to(opened.key, leaf):
        return Finding("KeyMismatch", "the private key in the key file does not belong to its certificate")
    if leaf_pem is not None and fingerprint_of(leaf) != fingerprint_of(load_certificate(leaf_pem)):
        return Finding("OtherLeaf", "the key file holds another leaf than the one that was issued")
    return None
