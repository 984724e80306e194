"""Key files and trust files that somebody else made, read as Elasticsearch reads them: PKCS#12 or PEM."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import pkcs12

from components.errors import ConfigurationRefused
from components.pki.inspect import is_authority, is_signed_by, parse_bundle, pem_of
from components.pki.keyfiles import key_file_p12
from components.pki.keys import PrivateKey, load_private_key, pem_of_key

JKS = bytes.fromhex("feedfeed")
"""How a Java key store of the old kind begins."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a key file holds. The key never shows in a repr.

    Attributes:
        private_key_pem: the private key; empty where there is none.
        leaf: the certificate of that key; None where there is none.
        others: every other certificate in the file.
    """

    private_key_pem: str = field(repr=False)
    leaf: x509.Certificate | None
    others: tuple[x509.Certificate, ...]

    @property
    def certificates(self) -> tuple[x509.Certificate, ...]:
        """Every certificate."""
        return (*((self.leaf,) if self.leaf else ()), *self.others)

    @property
    def authorities(self) -> tuple[x509.Certificate, ...]:
        """Those that may sign others."""
        return tuple(one for one in self.certificates if is_authority(one))


class Holder(StrEnum):
    """Who says with which password a file opens."""

    NODE = "the node"
    STACK_FILE = "the stack file"


NEXT_STEPS = {
    Holder.NODE: "see which file and which password the node was started with",
    Holder.STACK_FILE: "give the file, and with `pulumi config set --secret` the password that opens it",
}


def read_store(content: bytes, password: str, *, where: str, holder: Holder = Holder.NODE) -> Held:
    """Return what a PKCS#12 file holds; of several keys the first one.

    Args:
        content: the file.
        password: the one that shall open it.
        where: the file's name, for the error.
        holder: who says so.

    Raises:
        ConfigurationRefused: it is no PKCS#12 file, or does not open with the password.
    """
    if content.startswith(JKS):
        convert = "keytool -importkeystore -deststoretype pkcs12"
        raise _refused(where, "it is a JKS file, which only Java reads", f"turn it into PKCS#12 (`{convert}`)")
    try:
        opened = pkcs12.load_pkcs12(content, password.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        wrong = "password" in str(error).lower()
        why = f"the password that {holder} has for it does not open it" if wrong else "it is not PKCS#12"
        raise _refused(where, why, NEXT_STEPS[holder]) from None
    key = pem_of_key(opened.key) if isinstance(opened.key, PrivateKey) else ""
    leaf = opened.cert.certificate if opened.cert else None
    return Held(key, leaf, tuple(entry.certificate for entry in opened.additional_certs))


def read_pem_pair(key: bytes, certificate: bytes, passphrase: str, *, where: str) -> Held:
    """Return what a pair of PEM files holds; the first certificate is that of the key.

    Raises:
        ConfigurationRefused: one of them cannot be read.
    """
    own = load_private_key(key.decode(errors="replace"), passphrase or None, where=where)
    leaf, *others = parse_bundle(certificate, where=where) or (None,)
    return Held(pem_of_key(own), leaf, tuple(one for one in others if one is not None))


def as_key_file(held: Held, password: str, alias: str, *, where: str) -> bytes:
    """Return the same key and leaf as a key file of ours, which opens with our password.

    Raises:
        ConfigurationRefused: there is no key, or not the leaf that belongs to it.
    """
    if not held.private_key_pem or held.leaf is None:
        raise _refused(where, "there is no key in it, or no certificate of that key", "see what the node presents")
    chain = (pem_of(one) for one in _above(held.leaf, held.authorities))
    return key_file_p12(held.private_key_pem, pem_of(held.leaf), chain, password, alias)


def _above(leaf: x509.Certificate, authorities: Iterable[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Return the authorities that lead up from a leaf; a trust file in one with it may hold strangers."""
    found, last, left = [], leaf, list(authorities)
    while (signer := next((one for one in left if is_signed_by(last, one)), None)) is not None:
        left.remove(signer)
        found.append(signer)
        last = signer
    return tuple(found)


def _refused(where: str, why: str, next_step: str) -> ConfigurationRefused:
    return ConfigurationRefused("cannot read what the node has now", where=where, why=why, next_step=next_step)
