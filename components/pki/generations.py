"""The generations of one trust domain: keys of ours, and CAs of the operator's own between them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr

from components.errors import ConfigurationRefused
from components.findings import Finding, first_finding
from components.layer_words import spelled
from components.pki.dates import day
from components.pki.inspect import load_certificate
from components.pki.issue import IssuedAuthority
from components.pki.keys import public_key_of
from components.pki.lifetimes import Lifetime
from components.pki.own import OwnAuthority, not_in_its_life, too_short_for_a_leaf
from components.pki.renewal import AUTHORITY_RENEWAL_CHECKS, AuthorityView
from components.pki.spec import Layer
from components.values import Wire, reveal


class Generation(Wire):
    """One key of the authority, with its certificate.

    Attributes:
        number: from 1.
        certificate_pem: its certificate.
        private_key_pem: its key.
        is_own: whether it is a CA of the operator's own.
        chain_pem: the CAs above that one; None for a root.
        sample_pem: where its key is elsewhere, a leaf of it with that leaf's key; None where none was there yet.
    """

    number: int
    certificate_pem: SecretStr
    private_key_pem: SecretStr
    is_own: bool = False
    chain_pem: SecretStr | None = None
    sample_pem: SecretStr | None = None

    @property
    def own(self) -> OwnAuthority | None:
        """The generation as the operator's own CA; None where it is ours."""
        return own_of(self.private_key_pem, self.certificate_pem, self.chain_pem) if self.is_own else None

    def trusted_pem(self, layer: Layer) -> str:
        """Return what a verifier must trust for it."""
        return self.own.trusted_pem(layer) if self.own else reveal(self.certificate_pem)

    @property
    def presented_chain(self) -> tuple[SecretStr, ...]:
        """What a node sends after a leaf that it signs here; an empty text would be no secret."""
        chain = self.own.presented_pem if self.own and self.own.is_at_hand else ""
        return (SecretStr(chain),) if chain else ()

    @classmethod
    def of_ours(cls, number: int, issued: IssuedAuthority) -> "Generation":
        """Return a CA that was made here as a generation."""
        return cls(
            number=number,
            certificate_pem=SecretStr(issued.certificate_pem),
            private_key_pem=SecretStr(issued.private_key_pem),
        )

    @classmethod
    def of_own(cls, number: int, own: OwnAuthority, sample: SecretStr | None = None) -> "Generation":
        """Return a CA of the operator's own as a generation, with a leaf of it where its key is elsewhere."""
        return cls(
            number=number,
            certificate_pem=SecretStr(own.certificate_pem),
            private_key_pem=SecretStr(own.private_key_pem),
            is_own=True,
            chain_pem=SecretStr(own.chain_pem) if own.chain_pem else None,
            sample_pem=None if own.is_at_hand else sample,
        )


def own_of(key: SecretStr, certificate: SecretStr, chain: SecretStr | None) -> OwnAuthority:
    """Return a CA of the operator's own as it travels: an empty text would be no secret, so a root has no chain."""
    return OwnAuthority(reveal(key), reveal(certificate), reveal(chain) if chain else "")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the stack file asks of a generation.

    Attributes:
        layer: the layer.
        number: the generation that shall sign.
        own: the operator's own CA; None where ours shall sign.
        leaf_valid_for: life of the leaves that it signs.
        now: the present moment, in UTC.
    """

    layer: Layer
    number: int
    own: OwnAuthority | None
    leaf_valid_for: Lifetime
    now: datetime


def own_authority_differs(recorded: Generation, asked: Asked) -> Finding | None:
    """Find a generation that is not the one of the stack file's files, or no longer of any file."""
    if recorded.own == asked.own:
        return None
    if asked.own is None or recorded.own is None:
        return Finding("OwnAuthorityDiffers", f"another CA shall sign as generation {asked.number}")
    ends = day(asked.own.facts.not_after)
    return Finding("OwnAuthorityRenewed", f"{asked.own.facts.subject} has another certificate, until {ends}")


def refuse_an_unfit_own_authority(recorded: Generation | None, asked: Asked, numbers: Collection[int]) -> None:
    """Refuse a CA that comes without a generation of its own, or whose life does not fit.

    Only a raised generation is covered by every verifier before any node presents a leaf of it.

    Args:
        recorded: the generation that is asked for, where it was there before.
        asked: what is asked.
        numbers: every generation that there is.

    Raises:
        ConfigurationRefused: with what to write.
    """
    if recorded is not None and _keys_of(recorded.own, asked.layer) != _keys_of(asked.own, asked.layer):
        raise _needs_a_generation(recorded, asked, max(numbers) + 1)
    if asked.own is None or (recorded is not None and recorded.own == asked.own):
        return
    found = not_in_its_life(asked.own, asked.now)
    if found is None and recorded is None:
        found = too_short_for_a_leaf(asked.own, asked.leaf_valid_for, asked.now)
    if found is not None:
        raise ConfigurationRefused(
            f"your CA cannot sign for the {spelled(asked.layer)} layer",
            where=f"authorities.{asked.layer}.own",
            why=found.message,
            next_step="give a CA with more life left, or shorten `certificates.valid_for`",
        )


def why_due(view: AuthorityView) -> Finding | None:
    """Return why a CA needs a new certificate for the same key; None where it does not."""
    return first_finding(AUTHORITY_RENEWAL_CHECKS, view)


def for_clients_in_time(view: AuthorityView) -> str:
    """Return until when clients must have the certificate that a CA gets for the same key: they trust by hand."""
    ends = view.issued.not_after
    when = f"at once: the present one ended on {day(ends)}" if view.now > ends else f"before {day(ends)}"
    name = view.issued.subject
    return f"{name} is renewed: clients need the renewed certificate (output caCertificatePem) {when}"


def own_authority_ends(recorded: Generation, view: AuthorityView) -> Finding | None:
    """Find a CA of the operator's own that nears its end: advice, because nobody but its owner can renew it."""
    found = why_due(view)
    if found is None:
        return None
    return Finding(
        "OwnAuthorityEnds",
        f"{found}. It is a CA of your own: put its renewed certificate in its place, or another CA with "
        f"`generation: {recorded.number + 1}`; no leaf outlives it",
    )


def _keys_of(own: OwnAuthority | None, layer: Layer) -> tuple[bytes, ...]:
    """Return the key that signs and the one that verifiers trust: neither changes within a generation."""
    pems = (own.certificate_pem, own.trusted_pem(layer)) if own else ()
    return tuple(public_key_of(load_certificate(pem)) for pem in pems)


def _needs_a_generation(recorded: Generation, asked: Asked, free: int) -> ConfigurationRefused:
    was = f"a CA of your own, {recorded.own.facts.subject!r}" if recorded.own else "a CA of ours"
    shall_be = f"{asked.own.facts.subject!r}, with another key or root" if asked.own else "a CA of ours"
    return ConfigurationRefused(
        f"generation {asked.number} of the {spelled(asked.layer)} CA cannot become another CA",
        where=f"authorities.{asked.layer}.generation",
        why=f"generation {asked.number} is {was}, and shall be {shall_be}: without a generation of its own nobody "
        "would trust it before the first node presents it",
        next_step=f"write `generation: {free}`; or put back what was there",
    )
