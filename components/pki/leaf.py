"""What is asked of a leaf, and what its node needs of it."""

from collections.abc import Callable
from typing import TypeAlias

from pydantic import SecretStr

from components.handling import Recorded
from components.nodes.spec import Machine
from components.pki.lifetimes import Lifetime
from components.pki.spec import FileFormat, KeyType, Layer, RenewalFraction
from components.values import MaybeUnknown, Wire


class CertificateInputs(Wire):
    """One leaf.

    Attributes:
        subject: the node's (or client's) name.
        node: the node that it is for.
        layer: the layer, which also decides the profile.
        dns: DNS names that it must carry.
        ips: IP addresses that it must carry.
        key_type: type of its key.
        valid_for: its life.
        renew_in_last: last share of its life in which it is renewed.
        key_format: how key and leaf are laid out in files.
        reissue: how often a person asked for a new one; raised for another.
        generation: generation of the CA that signs.
        signer_certificate_pem: the CA's certificate.
        signer_key_pem: the CA's key.
        chain_pem: the CAs that the node sends after the leaf; None where a root signs.
        given_certificate_pem: a leaf that was signed elsewhere, which takes the place of one that is signed here.
        given_key_pem: its key.
        given_trust_pem: the CA that whoever meets it trusts.
        machine: the node's machine, whose keystore may open a key file of ours already; None where nobody looks.
    """

    subject: str
    node: str
    layer: Layer
    dns: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()
    key_type: KeyType
    valid_for: Lifetime
    renew_in_last: RenewalFraction
    key_format: FileFormat = FileFormat.PKCS12
    reissue: int = 0
    generation: int
    signer_certificate_pem: MaybeUnknown[SecretStr]
    signer_key_pem: MaybeUnknown[SecretStr]
    chain_pem: SecretStr | None = None
    given_certificate_pem: SecretStr | None = None
    given_key_pem: MaybeUnknown[SecretStr] | None = None
    given_trust_pem: SecretStr | None = None
    machine: Machine | None = None


class CertificateOutputs(Wire):
    """A leaf, ready for its node.

    Attributes:
        certificate_pem: the leaf, with the CAs that the node sends after it.
        key_file: PKCS#12 with key and leaf, or the key alone in encrypted PEM; in base64.
        key_file_password: its password, the same for every leaf in this place, and the one by which its node opens a
            key file of ours already (another one would need a restart).
        serial: serial number, in hex.
        not_before: ISO 8601.
        not_after: ISO 8601.
        reason: why it was issued in the place of the one before; empty for a node's first one.
    """

    certificate_pem: MaybeUnknown[SecretStr]
    key_file: MaybeUnknown[SecretStr]
    key_file_password: MaybeUnknown[SecretStr]
    serial: MaybeUnknown[str]
    not_before: MaybeUnknown[str]
    not_after: MaybeUnknown[str]
    reason: str = ""


LeafRecord = Recorded[CertificateInputs, CertificateOutputs]
PasswordThere: TypeAlias = Callable[[Machine, Layer, FileFormat], str | None]
"""Returns the password in a node's keystore, where it opens the key file of ours that lies there; else None."""
