"""What a handshake has to show for a wave, and where it cannot show anything: with which leaf, and how a node answers.

A probe leaf is signed for it, and lives in memory only. Where a CA's key is elsewhere, a leaf that was given knocks in
its place: the sample.
"""

from dataclasses import dataclass, field
from datetime import datetime

from components.findings import Finding
from components.layer_words import spelled
from components.nodes.probes import Identity
from components.pki.generations import Generation
from components.pki.inspect import authority_facts, load_certificate, parse_bundle
from components.pki.issue import IssuedAuthority
from components.pki.keys import public_key_of
from components.pki.own import KEY_ELSEWHERE
from components.pki.probe import probe_leaf
from components.pki.sample import sample_leaf, sample_shows_nothing
from components.values import reveal


@dataclass(frozen=True, slots=True)
class Proof:
    """What a handshake has to show: how a node answers to a leaf of a generation.

    Attributes:
        generation: the generation.
        signer: its CA; None in a preview where it is not made yet.
        accepted: whether the leaf is to be accepted; else refused.
        sample: a leaf of it with that leaf's key, where the CA's key is elsewhere; None where it is not known.
    """

    generation: int
    signer: IssuedAuthority | None
    accepted: bool
    sample: str | None = field(default=None, repr=False)

    @property
    def is_signed_elsewhere(self) -> bool:
        """Whether no probe leaf can be signed here."""
        return self.signer is not None and self.signer.private_key_pem == KEY_ELSEWHERE

    def step(self, layer: str, names: str, now: datetime) -> str:
        """Return in words what is shown, or that it is not."""
        missing = self.shows_nothing(now)
        if missing:
            verb = "trusted" if self.accepted else "refused"
            return f"that {spelled(layer)} CA g{self.generation} is {verb} is not proved: {missing}"
        leaf = "a given leaf" if self.is_signed_elsewhere else "a probe leaf"
        done = "accepted" if self.accepted else "refused"
        return f"{leaf} of {spelled(layer)} CA g{self.generation} is {done} by {names}"

    def shows_nothing(self, now: datetime) -> Finding | None:
        """Find what keeps a handshake from showing anything: no leaf, or one that is refused for its date."""
        if not self.is_signed_elsewhere:
            return None
        if self.sample is None:
            return Finding("NoSample", "no certificate of it is here")
        return sample_shows_nothing(self.sample, now)

    def knocks(self, now: datetime) -> Identity:
        """Return who knocks."""
        assert self.signer is not None  # noqa: S101 (the engine makes the CA before it asks for a wave)
        leaf = probe_leaf(self.signer, now) if self.sample is None else sample_leaf(self.sample)
        return Identity(leaf.certificate_pem, leaf.private_key_pem)


def retired_proof(one: Generation, now: datetime, others: str = "") -> Proof | None:
    """Return that a generation is refused; None where its CA has expired, for then its date shows nothing.

    None too where a remote cluster has the same CA, as one company's: then it stays trusted, for their sake.

    Args:
        one: the generation.
        now: the present moment.
        others: the CAs of remote clusters, as PEM.
    """
    certificate = reveal(one.certificate_pem)
    theirs = {public_key_of(each) for each in parse_bundle(others)}
    if now >= authority_facts(certificate).not_after or public_key_of(load_certificate(certificate)) in theirs:
        return None
    sample = reveal(one.sample_pem) if one.sample_pem else None
    return Proof(one.number, IssuedAuthority(reveal(one.private_key_pem), certificate), accepted=False, sample=sample)
