"""Whether a generation that is no longer asked for can come back, or its rotation be held: what has to be seen for it.

A run that ends where nobody stopped it before *retire* makes that impossible. One that was killed, or failed, may have
come to any point; the CA's record does not tell to which. So it is looked at: nothing is retired as long as every
verifier's trust file holds the generation, because *retire* takes it away, file by file.

Clients of the HTTP layer that are not ours show no file. They need the generation as long as a node presents a leaf of
it, and may let it go after that.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cryptography import x509
from pydantic import SecretStr

from components.errors import ConfigurationRefused
from components.layer_words import spelled
from components.nodes.spec import Machine, Node
from components.pki.generations import Generation
from components.pki.inspect import is_signed_by, load_certificate, parse_bundle
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


Look = Callable[[Layer, Sequence[Verifier], Sequence[Node]], Sight]


def against_reversal(layer: Layer, former: Generation, sight: Sight) -> tuple[str, ...]:
    """Return what speaks against a generation that shall come back, with names; nothing where it can.

    Args:
        layer: the layer.
        former: the generation, with its certificate.
        sight: what was seen just now.
    """
    lacking = [name for name, found in sight.trusted.items() if not _holds(found, layer, former)]
    unread = [f"the trust file of {name} cannot be read: {why}" for name, why in sight.unread.items()]
    retired = [f"the trust file of {', '.join(lacking)} does not hold it"] if lacking else []
    if layer is Layer.TRANSPORT and not (sight.trusted or unread):
        retired = ["there is no trust file that could show that it is still trusted"]
    return (*retired, *unread, *_no_longer_presented(layer, former, sight))


def _no_longer_presented(layer: Layer, former: Generation, sight: Sight) -> tuple[str, ...]:
    """Return why clients of others may have let a generation go; between nodes there is nobody but the verifiers."""
    if layer is Layer.TRANSPORT or _presenting(former, sight):
        return ()
    return ("no node presents a leaf of it any more, so clients may have let it go",)


def _holds(found: Certificates, layer: Layer, former: Generation) -> bool:
    anchor = load_certificate(former.trusted_pem(layer))
    return public_key_of(anchor) in {public_key_of(one) for one in found}


def _presenting(generation: Generation, sight: Sight, other: Generation | None = None) -> tuple[str, ...]:
    """Return the nodes that present a leaf of a generation, and not one of another that stands below or above it."""
    signer = load_certificate(reveal(generation.certificate_pem))
    rival = load_certificate(reveal(other.certificate_pem)) if other else None
    return tuple(
        name
        for name, chain in sight.presented.items()
        if _distance(signer, chain) < (_distance(rival, chain) if rival else len(chain))
    )


def _distance(signer: x509.Certificate, chain: Certificates) -> int:
    """Return how far from the leaf a CA stands: nodes present every CA below the root, each signed by the next.

    Where it signed none of them, that is farther than any.
    """
    return next((at for at, one in enumerate(chain) if is_signed_by(one, signer)), len(chain))


def _share_a_root(layer: Layer, one: Generation, other: Generation) -> bool:
    """Tell whether a verifier that trusts either trusts both, so that no trust file tells them apart."""
    anchors = {public_key_of(load_certificate(each.trusted_pem(layer))) for each in (one, other)}
    return len(anchors) == 1


def _is_retired(layer: Layer, former: Generation, signer: Generation, sight: Sight) -> bool:
    """Tell whether *retire* has begun, or was through: a file that holds the former is an old one then, or is next.

    Until it begins, every file holds both; and nodes come to present the other one before it begins. Who does not
    answer shows nothing, and neither does a file that is not there, which may be that of a new node.
    """
    files = [found for found in sight.trusted.values() if found]
    both = not _share_a_root(layer, former, signer) and all(
        _holds(found, layer, one) for found in files for one in (former, signer)
    )
    if both or sight.unread or _presenting(former, sight, signer):
        return False
    return bool(_presenting(signer, sight, former))


def without_those_of_others(formers: Iterable[Generation], layer: Layer, others: SecretStr | None) -> list[Generation]:
    """Return the generations that are in trust files for no remote cluster's sake: they say nothing of a rotation."""
    theirs = {public_key_of(one) for one in parse_bundle(reveal(others))} if others else set()
    return [one for one in formers if public_key_of(load_certificate(one.trusted_pem(layer))) not in theirs]


def not_retired_yet(
    layer: Layer, formers: Iterable[Generation], signer: Generation, sight: Sight, held_for: str
) -> tuple[int, ...]:
    """Return which generations a run that nobody held has left in use everywhere, so that the next one can be held.

    Args:
        layer: the layer.
        formers: those that are not recorded as trusted any more.
        signer: the one that is recorded to sign.
        sight: what was seen just now.
        held_for: what the rotation is to wait for, in words.

    Raises:
        ConfigurationRefused: one is in use, but not everywhere, or not everywhere known to be.
    """
    in_use = [
        one
        for one in formers
        if (any(_holds(found, layer, one) for found in sight.trusted.values()) or _presenting(one, sight, signer))
        and not _is_retired(layer, one, signer, sight)
    ]
    for one in in_use:
        reasons = against_reversal(layer, one, sight)
        if reasons:
            presenting = _presenting(one, sight, signer)
            still = [f"{', '.join(presenting)} still presents a leaf of it"] if presenting else []
            raise ConfigurationRefused(
                f"the rotation of the {spelled(layer)} CA from g{one.number} cannot be held any more",
                where="rollout.hold_after",
                why=f"an earlier `up` began it without a hold, or old files came back; {'; '.join((*reasons, *still))}",
                next_step=f"let it go on without waiting for {held_for}; or mend what is named, then run again",
            )
    return tuple(one.number for one in in_use)


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
