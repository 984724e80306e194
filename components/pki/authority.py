"""What is asked of one trust domain's CA, and what its users need of it."""

from datetime import datetime

from pydantic import SecretStr

from components.handling import Recorded
from components.nodes.spec import Node
from components.pki.dates import iso
from components.pki.generations import Asked, Generation, own_of
from components.pki.inspect import authority_facts
from components.pki.lifetimes import Lifetime
from components.pki.reversal import Verifier
from components.pki.rotation import WaveName
from components.pki.spec import HoldAfter, KeyType, Layer, RenewalFraction
from components.values import MaybeUnknown, Wire, reveal


class AuthorityInputs(Wire):
    """One trust domain's CA.

    Attributes:
        cluster: the cluster's name, part of the subject.
        layer: the layer whose trust domain it is.
        generation: raise it by one for a new key.
        key_type: type of a new generation's key.
        valid_for: life of its certificate.
        leaf_valid_for: life of the leaves that it signs; it is renewed in time for them.
        renew_in_last: last share of its life in which it is renewed.
        hold_after: the wave after which a rotation waits for a person; absent where it does not.
        waits_for: clients of others, and remote clusters, that do not trust the generation yet, for a plan.
        awaits: nodes whose leaf somebody else has yet to sign, likewise.
        own_certificate_pem: a CA of the operator's own, which signs in place of one of ours.
        own_chain_pem: the CAs above it; None for a root.
        own_key_pem: its key.
        sample_pem: a leaf of it with that leaf's key, where its own key is elsewhere and verifiers are nodes.
        verifiers: whoever verifies its leaves and is ours, to be looked at before a generation comes back.
        presenters: the nodes that present its leaves, likewise.
        remote_authorities_pem: the CAs of remote clusters, which stay in trust files whatever is rotated.
    """

    cluster: str
    layer: Layer
    generation: int
    key_type: KeyType
    valid_for: Lifetime
    leaf_valid_for: Lifetime
    renew_in_last: RenewalFraction
    hold_after: HoldAfter | None = None
    waits_for: tuple[str, ...] = ()
    awaits: tuple[str, ...] = ()
    own_certificate_pem: SecretStr | None = None
    own_chain_pem: SecretStr | None = None
    own_key_pem: SecretStr | None = None
    sample_pem: MaybeUnknown[SecretStr] | None = None
    verifiers: tuple[Verifier, ...] = ()
    presenters: tuple[Node, ...] = ()
    remote_authorities_pem: SecretStr | None = None

    @property
    def in_sight(self) -> tuple[Layer, tuple[Verifier, ...], tuple[Node, ...]]:
        """Who is looked at, and on which layer."""
        return self.layer, self.verifiers, self.presenters

    def asked(self, now: datetime) -> Asked:
        """Return what is asked of the generation that shall sign."""
        key, certificate = self.own_key_pem, self.own_certificate_pem
        own = own_of(key, certificate, self.own_chain_pem) if key and certificate else None
        return Asked(self.layer, self.generation, own, self.leaf_valid_for, now)


class TrustedBeside(Wire):
    """What anybody may know of a generation that is trusted and does not sign.

    Attributes:
        number: the generation.
        serial: serial number of its certificate, in hex.
        not_after: when that ends, ISO 8601.
    """

    number: int
    serial: str
    not_after: str

    @classmethod
    def of(cls, generation: Generation) -> "TrustedBeside":
        """Return it of a generation."""
        facts = authority_facts(reveal(generation.certificate_pem))
        return cls(number=generation.number, serial=facts.serial, not_after=iso(facts.not_after))


class AuthorityOutputs(Wire):
    """The authority over time, and what its users need of it.

    Attributes:
        generations: every key that is kept, the newest last.
        signer_certificate_pem: certificate of the generation that signs.
        signer_key_pem: its key.
        bundle_pem: what a verifier must trust: the signer (or the root above it) alone, or with it what a held rotation
            is about.
        not_after: when the signer's certificate ends, ISO 8601.
        serial: serial number of the signer's certificate, in hex.
        covering_certificate_pem: certificate of the generation that is asked for, of which *cover* is proved.
        covering_key_pem: its key.
        signer_generation: the generation that signs.
        trusted_generations: those in the bundle; empty in the record of an earlier version.
        trusted_beside: those of them that do not sign; none in the record of an earlier version.
        signer_chain: the CAs that a node sends after a leaf of the signer; none where a root signs.
        retired: those that no verifier may trust any more, of which *retire* is proved.
        held_waves: the waves of a rotation that are still to come.
        reason: why that certificate took the place of the one before; empty for the first one.
    """

    generations: MaybeUnknown[tuple[Generation, ...]]
    signer_certificate_pem: MaybeUnknown[SecretStr]
    signer_key_pem: MaybeUnknown[SecretStr]
    bundle_pem: MaybeUnknown[SecretStr]
    not_after: MaybeUnknown[str]
    serial: MaybeUnknown[str] = ""
    covering_certificate_pem: MaybeUnknown[SecretStr] = SecretStr("")
    covering_key_pem: MaybeUnknown[SecretStr] = SecretStr("")
    signer_generation: int = 0
    trusted_generations: tuple[int, ...] = ()
    trusted_beside: MaybeUnknown[tuple[TrustedBeside, ...]] = ()
    signer_chain: tuple[SecretStr, ...] = ()
    retired: tuple[Generation, ...] = ()
    held_waves: tuple[WaveName, ...] = ()
    reason: str = ""


AuthorityRecord = Recorded[AuthorityInputs, AuthorityOutputs]
