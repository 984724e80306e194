"""`essecurity:pki:CertificateAuthority`: one trust domain's CA over time, made here and used by others."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from pydantic import SecretStr

from components.errors import ConfigurationRefused
from components.findings import Finding, first_finding
from components.handling import Change, Context, Handler, Recorded
from components.pki.inspect import authority_facts
from components.pki.issue import IssuedAuthority, new_authority, renew_authority
from components.pki.lifetimes import Lifetime, lifetime_end
from components.pki.renewal import (
    AUTHORITY_RENEWAL_CHECKS,
    AuthorityView,
    key_change_needs_a_rotation,
)
from components.pki.spec import KeyType, Layer, RenewalFraction
from components.values import UNKNOWN, MaybeUnknown, Wire, known, reveal

NEW_SIGNER = frozenset({"GenerationRaised", "GenerationLowered"})
CLIENTS_NEED_THE_NEW_CA = (
    "the HTTP CA changes: clients that trust only the present one are refused as soon as a node presents its new leaf; "
    "give them the new CA (output caCertificatePem) in that moment"
)


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
    """

    cluster: str
    layer: Layer
    generation: int
    key_type: KeyType
    valid_for: Lifetime
    leaf_valid_for: Lifetime
    renew_in_last: RenewalFraction


class Generation(Wire):
    """One key of the authority, with its certificate."""

    number: int
    certificate_pem: SecretStr
    private_key_pem: SecretStr


class AuthorityOutputs(Wire):
    """The authority over time, and what its users need of it.

    Attributes:
        generations: every key so far, the newest last.
        signer_certificate_pem: certificate of the generation that signs.
        signer_key_pem: its key.
        bundle_pem: what a verifier must trust in the end: the signer alone.
        not_after: when the signer's certificate ends, ISO 8601.
        serial: serial number of the signer's certificate, in hex.
    """

    generations: MaybeUnknown[tuple[Generation, ...]]
    signer_certificate_pem: MaybeUnknown[SecretStr]
    signer_key_pem: MaybeUnknown[SecretStr]
    bundle_pem: MaybeUnknown[SecretStr]
    not_after: MaybeUnknown[str]
    serial: MaybeUnknown[str] = ""


AuthorityRecord = Recorded[AuthorityInputs, AuthorityOutputs]


class AuthorityHandler(Handler[AuthorityInputs, AuthorityOutputs]):
    """Makes a generation's key once, and renews its certificate in time with the same key."""

    token = "essecurity:pki:CertificateAuthority"  # noqa: S105 (a resource type, not a secret)
    summary = "The CA of one trust domain over time."
    inputs = AuthorityInputs
    outputs = AuthorityOutputs
    replace_on: ClassVar[frozenset[str]] = frozenset({"layer"})

    def name(self, wanted: AuthorityInputs) -> str:
        """Return the id."""
        return f"{wanted.cluster}/{wanted.layer}/authority"

    def changes(self, recorded: AuthorityRecord, wanted: AuthorityInputs, context: Context) -> Sequence[Change]:
        """Return why the authority gets a new certificate, or a new key."""
        advice = self._advice(recorded, wanted)
        if advice:
            context.warn(advice.message)
        finding = self._finding(recorded, wanted, context.clock.now())
        if finding and finding.reason in NEW_SIGNER and wanted.layer is Layer.HTTP:
            context.warn(CLIENTS_NEED_THE_NEW_CA)
        return [Change(finding, on="notAfter")] if finding else []

    def preview(self, recorded: AuthorityRecord | None, wanted: AuthorityInputs, context: Context) -> AuthorityOutputs:
        """Return the authority as it is, or the unknown that takes its place."""
        if recorded is not None and self._finding(recorded, wanted, context.clock.now()) is None:
            return recorded.outputs
        self._refuse_a_step_back(recorded, wanted)
        return AuthorityOutputs(
            generations=UNKNOWN,
            signer_certificate_pem=UNKNOWN,
            signer_key_pem=UNKNOWN,
            bundle_pem=UNKNOWN,
            not_after=iso(lifetime_end(wanted.valid_for, context.clock.now())),
            serial=UNKNOWN,
        )

    def converge(self, recorded: AuthorityRecord | None, wanted: AuthorityInputs, context: Context) -> AuthorityOutputs:
        """Make the generation that is asked for, or renew the one that there is."""
        now = context.clock.now()
        self._refuse_a_step_back(recorded, wanted)
        generations = {one.number: one for one in known(recorded.outputs.generations)} if recorded else {}
        signer = generations.get(wanted.generation)
        if signer is None:
            signer = self._new(wanted, now)
        elif recorded is not None and self._finding(recorded, wanted, now):
            signer = self._renewed(signer, wanted, now)
        generations[wanted.generation] = signer
        return self._outputs(tuple(generations[number] for number in sorted(generations)), signer)

    def _finding(self, recorded: AuthorityRecord, wanted: AuthorityInputs, now: datetime) -> Finding | None:
        numbers = {one.number: one for one in known(recorded.outputs.generations)}
        signer = numbers.get(wanted.generation)
        if signer is None:
            before = max(numbers)
            text = f"generation {before} → {wanted.generation}: a new key for the {wanted.layer} CA"
            return Finding("GenerationRaised", text)
        if recorded.inputs.generation != wanted.generation:
            return Finding("GenerationLowered", f"generation {wanted.generation} of the {wanted.layer} CA signs again")
        facts = authority_facts(reveal(signer.certificate_pem))
        view = AuthorityView(facts, wanted.leaf_valid_for, wanted.renew_in_last, now)
        return first_finding(AUTHORITY_RENEWAL_CHECKS, view)

    def _advice(self, recorded: AuthorityRecord, wanted: AuthorityInputs) -> Finding | None:
        if recorded.inputs.generation != wanted.generation:
            return None
        facts = authority_facts(reveal(recorded.outputs.signer_certificate_pem))
        return key_change_needs_a_rotation(facts, wanted.key_type)

    def _refuse_a_step_back(self, recorded: AuthorityRecord | None, wanted: AuthorityInputs) -> None:
        numbers = [one.number for one in known(recorded.outputs.generations)] if recorded else []
        if not numbers or wanted.generation >= max(numbers) or wanted.generation in numbers:
            return
        raise ConfigurationRefused(
            f"generation {wanted.generation} of the {wanted.layer} CA does not exist any more",
            where=f"authorities.{wanted.layer}.generation",
            why=f"the state has generation {', '.join(map(str, numbers))}",
            next_step=f"set it to {max(numbers)}, or to {max(numbers) + 1} for a new key",
        )

    def _new(self, wanted: AuthorityInputs, now: datetime) -> Generation:
        issued = new_authority(
            cluster=wanted.cluster,
            layer=wanted.layer,
            generation=wanted.generation,
            key_type=wanted.key_type,
            valid_for=wanted.valid_for,
            now=now,
        )
        return _generation(wanted.generation, issued)

    def _renewed(self, signer: Generation, wanted: AuthorityInputs, now: datetime) -> Generation:
        current = IssuedAuthority(reveal(signer.private_key_pem), reveal(signer.certificate_pem))
        return _generation(signer.number, renew_authority(current, valid_for=wanted.valid_for, now=now))

    def _outputs(self, generations: tuple[Generation, ...], signer: Generation) -> AuthorityOutputs:
        facts = authority_facts(reveal(signer.certificate_pem))
        return AuthorityOutputs(
            generations=generations,
            signer_certificate_pem=signer.certificate_pem,
            signer_key_pem=signer.private_key_pem,
            bundle_pem=signer.certificate_pem,
            not_after=iso(facts.not_after),
            serial=facts.serial,
        )


def _generation(number: int, issued: IssuedAuthority) -> Generation:
    return Generation(
        number=number,
        certificate_pem=SecretStr(issued.certificate_pem),
        private_key_pem=SecretStr(issued.private_key_pem),
    )


def iso(moment: datetime) -> str:
    """Return a moment in ISO 8601, to the second."""
    return moment.isoformat(timespec="seconds")
