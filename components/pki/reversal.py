"""Whether a generation that is no longer asked for can come back: what whoever verifies and presents has to show.

A run that ends where nobody stopped it before *retire* makes that impossible. One that was killed, or failed, may have
come to any point; the CA's record does not tell to which. So it is looked at: nothing is retired as long as every
verifier's trust file holds the generation, because *retire* takes it away, file by file.

Clients of the HTTP layer that are not ours show no file. They need the generation as long as a node presents a leaf of
it, and may let it go after that.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cryptography import x509

from components.errors import ConfigurationRefused
from components.layer_words import spelled
from components.nodes.spec import Machine, Node
from components.pki.generations import Generation
from components.pki.inspect import is_signed_by, load_certificate
from components.pki.keys import public_key_of
from components.pki.spec import FileFormat, Layer
from components.values import Wire, reveal

Certificates = tuple[x509.Certificate, ...]


class Verifier(Wire):
    """Who verifies leaves of a CA, and where it is written whom it trusts.

    Attributes:
        name: the node's or the Kibana's name.
        machine: its machine.
        file: its trust file, relative to the config folder.
        format: PEM, or a PKCS#12 trust file.
        password_entry: the keystore entry with the password of a PKCS#12 file.
    """

    name: str
    machine: Machine
    file: str
    format: FileFormat = FileFormat.PEM
    password_entry: str | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen of those who verify and present.

    Attributes:
        trusted: what each verifier's trust file holds, by the verifier's name.
        unread: why a verifier's trust file cannot be read, likewise.
        presented: what each node that answers presents, leaf first, by its name.
    """

    trusted: Mapping[str, Certificates]
    unread: Mapping[str, str] = field(default_factory=dict)
    presented: Mapping[str, Certificates] = field(default_factory=dict)


Look = Callable[[Sequence[Verifier], Sequence[Node]], Sight]


def against_reversal(layer: Layer, former: Generation, sight: Sight) -> tuple[str, ...]:
    """Return what speaks against a generation that shall come back, with names; nothing where it can.

    Args:
        layer: the layer.
        former: the generation, with its certificate.
        sight: what was seen just now.
    """
    anchor = load_certificate(former.trusted_pem(layer))
    lacking = [
        name
        for name, found in sight.trusted.items()
        if public_key_of(anchor) not in {public_key_of(one) for one in found}
    ]
    unread = [f"the trust file of {name} cannot be read: {why}" for name, why in sight.unread.items()]
    retired = [f"the trust file of {', '.join(lacking)} does not hold it"] if lacking else []
    if layer is Layer.TRANSPORT and not (sight.trusted or unread):
        retired = ["there is no trust file that could show that it is still trusted"]
    return (*retired, *unread, *_no_longer_presented(layer, former, sight))


def _no_longer_presented(layer: Layer, former: Generation, sight: Sight) -> tuple[str, ...]:
    """Return why clients of others may have let a generation go; between nodes there is nobody but the verifiers."""
    signer = load_certificate(reveal(former.certificate_pem))
    presented = any(is_signed_by(one, signer) for chain in sight.presented.values() for one in chain)
    if layer is Layer.TRANSPORT or presented:
        return ()
    return ("no node presents a leaf of it any more, so clients may have let it go",)


def refuse_reversal(layer: Layer, reasons: Sequence[str], *, wanted: int, present: int, free: int) -> None:
    """Refuse a generation that was retired somewhere.

    Args:
        layer: the layer.
        reasons: what speaks against it.
        wanted: the generation that shall come back.
        present: the one that was asked for last.
        free: the number of the next new one.

    Raises:
        ConfigurationRefused: there is a reason; with what can be asked for.
    """
    if reasons:
        raise ConfigurationRefused(
            f"generation {wanted} of the {spelled(layer)} CA is retired, and a retired generation never comes back",
            where=f"authorities.{layer}.generation",
            why="; ".join(reasons),
            next_step=f"set it to {present}, or to {free} for a new key",
        )
