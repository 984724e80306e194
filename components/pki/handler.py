"""`essecurity:pki:CertificateAuthority`: one trust domain's CA over time, made here and used by others."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from pydantic import SecretStr

from components.findings import Finding
from components.handling import Change, Context, Handler
from components.layer_words import spelled
from components.nodes.spec import Machine
from components.pki.authority import AuthorityInputs, AuthorityOutputs, AuthorityRecord, TrustedBeside
from components.pki.dates import iso
from components.pki.elsewhere import no_longer_trusted, refuse_an_unfit_sample, refuse_to_begin_without_leaves, sampled
from components.pki.generations import (
    Generation,
    for_clients_in_time,
    own_authority_differs,
    own_authority_ends,
    refuse_an_unfit_own_authority,
    why_due,
)
from components.pki.inspect import authority_facts
from components.pki.issue import IssuedAuthority, new_authority, renew_authority
from components.pki.lifetimes import lifetime_end
from components.pki.renewal import AuthorityView, authority_begins_later, key_change_needs_a_rotation
from components.pki.reversal import Look, against_reversal, not_retired_yet, refuse_reversal, without_those_of_others
from components.pki.rotation import (
    Standing,
    WaveName,
    Way,
    kept_generations,
    next_standing,
    refuse_generation,
    waves_between,
    waves_held,
    way_back,
)
from components.pki.spec import Layer
from components.values import UNKNOWN, known, reveal

CLIENTS_NEED_THE_NEW_CA = (
    "the HTTP CA changes: clients that trust only the present one are refused as soon as a node presents its new leaf; "
    "give them the new CA (output caCertificatePem) in that moment, or before, with `rollout: {hold_after: cover}`"
)
HELD = "held: "
"""How a message begins that a plan tells at greater length."""
RECORDED_ANEW = Finding("RecordedAnew", "what is recorded of it does not say which generations are trusted")


class AuthorityHandler(Handler[AuthorityInputs, AuthorityOutputs]):
    """Makes a generation's key once, and renews its certificate in time with the same key.

    Args:
        look: looks at who verifies and presents, before a generation comes back that is no longer asked for.
        reach: told their machines, which the resources that build on this one look at.
    """

    token = "essecurity:pki:CertificateAuthority"  # noqa: S105 (a resource type, not a secret)
    summary = "The CA of one trust domain over time."
    inputs = AuthorityInputs
    outputs = AuthorityOutputs
    replace_on: ClassVar[frozenset[str]] = frozenset({"layer"})
    places: ClassVar[frozenset[str]] = frozenset({"verifiers", "presenters", "remoteAuthoritiesPem"})

    def __init__(self, look: Look, reach: Callable[[Iterable[Machine]], None]) -> None:
        self.look, self.reach = look, reach

    def name(self, wanted: AuthorityInputs) -> str:
        """Return the id."""
        return f"{wanted.cluster}/{wanted.layer}/authority"

    def foresee(self, wanted: AuthorityInputs) -> None:
        """Let the machines be reached: no other resource that names them all comes before the first look at one."""
        self.reach([*(one.machine for one in wanted.verifiers), *(one.machine for one in wanted.presenters)])

    def changes(self, recorded: AuthorityRecord, wanted: AuthorityInputs, context: Context) -> Sequence[Change]:
        """Return why the authority gets a new certificate or key, or why another generation signs or is trusted."""
        advice = self._advice(recorded, wanted, context.clock.now())
        if advice:
            context.warn(advice.message)
        way = self._way(recorded, wanted, context.clock.now())
        waves = waves_between(*way, wanted.generation)
        if waves:
            is_whole = self._is_whole(recorded, wanted, way.found)
            context.say(way_back(wanted.layer, *way, wanted.generation, is_whole=is_whole))
        still = waves_held(way.reached, wanted.generation)
        if still:
            what = f"{spelled(wanted.layer)} CA g{wanted.generation}: {' and '.join(still)}"
            context.say(f"{HELD}{what}, for {_held_for(wanted)}")
        elif wanted.waits_for:
            context.warn(_presented_unasked(wanted))
        if wanted.layer is Layer.HTTP and WaveName.PRESENT in waves and WaveName.COVER in waves:
            context.warn(CLIENTS_NEED_THE_NEW_CA)
        if wanted.layer is Layer.HTTP:
            for view in _due(recorded, way.reached, wanted, context.clock.now()).values():
                context.warn(for_clients_in_time(view))
        finding = self._finding(recorded, wanted, way, context.clock.now())
        if finding:
            return [Change(finding, on="notAfter")]
        return [] if recorded.outputs.trusted_generations else [Change(RECORDED_ANEW, on="trustedGenerations")]

    def preview(self, recorded: AuthorityRecord | None, wanted: AuthorityInputs, context: Context) -> AuthorityOutputs:
        """Return the authority as it will be, with unknowns for each key and certificate that is not made yet."""
        now = context.clock.now()
        if recorded is None and wanted.waits_for:
            context.warn(_presented_unasked(wanted))
        way = self._way(recorded, wanted, now)
        outputs = self._outputs(self._kept(recorded, wanted, way, now), way.reached, wanted, now)
        changed: dict[str, object] = {"reason": self._reason(recorded, wanted, way, now)}
        signer = _there(recorded).get(way.reached.signer)
        if signer:  # a certificate that is renewed keeps its key
            changed["signer_key_pem"] = signer.private_key_pem
        return outputs.model_copy(update=changed)

    def converge(self, recorded: AuthorityRecord | None, wanted: AuthorityInputs, context: Context) -> AuthorityOutputs:
        """Make the generation that is asked for, and renew those whose time has come."""
        now = context.clock.now()
        way = self._way(recorded, wanted, now)
        kept = self._kept(recorded, wanted, way, now)
        there = _there(recorded)
        made = {
            number: one or (self._renewed(there[number], wanted, now) if number in there else self._new(wanted, now))
            for number, one in kept.items()
        }
        reason = self._reason(recorded, wanted, way, now)
        return self._outputs(made, way.reached, wanted, now).model_copy(update={"reason": reason})

    def _reason(self, recorded: AuthorityRecord | None, wanted: AuthorityInputs, way: Way, now: datetime) -> str:
        finding = self._finding(recorded, wanted, way, now) if recorded else None
        return finding.message if finding else recorded.outputs.reason if recorded else ""

    def _way(self, recorded: AuthorityRecord | None, wanted: AuthorityInputs, now: datetime) -> Way:
        """Return how far the CA is, and how far a run takes it; a first one is where it is taken.

        Raises:
            ConfigurationRefused: the generation that is asked for cannot be, or can no longer be.
        """
        there = _there(recorded)
        refuse_an_unfit_own_authority(there.get(wanted.generation), wanted.asked(now), there)
        refuse_an_unfit_sample(there.get(wanted.generation), wanted, now)
        if recorded is None:
            refuse_to_begin_without_leaves(wanted, now)
            first = next_standing(None, wanted.generation, wanted.hold_after)
            return Way(first, first)
        found, former = self._found(recorded, wanted), there.get(wanted.generation)
        if former is not None and former.number not in found.trusted:
            reasons = against_reversal(wanted.layer, former, self.look(*wanted.in_sight))
            refuse_reversal(wanted.layer, reasons, wanted=former.number, present=found.signer, free=max(there) + 1)
        else:
            refuse_generation(wanted.layer, there, found, wanted.generation)
        return Way(found, next_standing(found, wanted.generation, wanted.hold_after))

    def _found(self, recorded: AuthorityRecord, wanted: AuthorityInputs) -> Standing:
        """Return how far the CA is; what is recorded of a run that nobody held is how far that one was to go."""
        found = _standing(recorded)
        formers = [one for number, one in _there(recorded).items() if number not in (*found.trusted, wanted.generation)]
        formers = without_those_of_others(formers, wanted.layer, wanted.remote_authorities_pem)
        if wanted.hold_after is None or len(found.trusted) > 1 or not formers:
            return found
        signer, sight = _there(recorded)[found.signer], self.look(*wanted.in_sight)
        return found.with_those_in_use(not_retired_yet(wanted.layer, formers, signer, sight, _held_for(wanted)))

    def _is_whole(self, recorded: AuthorityRecord, wanted: AuthorityInputs, found: Standing) -> bool:
        """Tell whether what signs by the record can come back; after a rotation that was through, all trust it."""
        there = _there(recorded)
        if there.keys() <= set(found.trusted) or len(found.trusted) > 1:
            return True
        return not against_reversal(wanted.layer, there[found.signer], self.look(*wanted.in_sight))

    def _kept(
        self, recorded: AuthorityRecord | None, wanted: AuthorityInputs, way: Way, now: datetime
    ) -> dict[int, Generation | None]:
        """Return every generation that is kept; None for one that is made or renewed in this run."""
        there = _there(recorded)
        kept = kept_generations(there, way.found, wanted.generation) if recorded else ()
        due = _due(recorded, way.reached, wanted, now) if recorded else {}
        own = wanted.asked(now).own
        sample = sampled(there.get(wanted.generation), wanted, now)
        given = {wanted.generation: Generation.of_own(wanted.generation, own, sample)} if own else {}
        found = {**{number: one for number, one in there.items() if number not in due}, **given}
        return {number: found.get(number) for number in sorted({*kept, wanted.generation})}

    def _finding(self, recorded: AuthorityRecord, wanted: AuthorityInputs, way: Way, now: datetime) -> Finding | None:
        there, before = _there(recorded), recorded.inputs.generation
        if wanted.generation not in there:
            own = wanted.asked(now).own
            new = f"your own CA {own.facts.subject!r}" if own else "a new key"
            text = f"generation {before} → {wanted.generation}: {new} for the {spelled(wanted.layer)} CA"
            return Finding("GenerationRaised", text)
        if before != wanted.generation:
            text = (
                f"generation {before} → {wanted.generation} of the {spelled(wanted.layer)} CA, which is trusted already"
            )
            return Finding("GenerationLowered" if before > wanted.generation else "GenerationRaised", text)
        waves = waves_between(*way, wanted.generation)
        if waves:
            text = f"the rotation of the {spelled(wanted.layer)} CA to g{wanted.generation} goes on: {', '.join(waves)}"
            return Finding("RotationGoesOn", text)
        if way.found != _standing(recorded):
            text = f"the rotation of the {spelled(wanted.layer)} CA to g{wanted.generation} is held where it stopped"
            return Finding("RotationHeld", text)
        differs = own_authority_differs(there[wanted.generation], wanted.asked(now))
        due = _due(recorded, way.reached, wanted, now).values()
        return differs or next((why_due(view) for view in due), None)

    def _advice(self, recorded: AuthorityRecord, wanted: AuthorityInputs, now: datetime) -> Finding | None:
        if not recorded.inputs.generation == wanted.generation == _standing(recorded).signer:
            return None
        signer = _there(recorded)[wanted.generation]
        if signer.own:
            kept = signer.own == wanted.asked(now).own
            return own_authority_ends(signer, _view(signer, wanted, now)) if kept else None
        view = _view(signer, wanted, now)
        return authority_begins_later(view) or key_change_needs_a_rotation(view.issued, wanted.key_type)

    def _new(self, wanted: AuthorityInputs, now: datetime) -> Generation:
        issued = new_authority(
            cluster=wanted.cluster,
            layer=wanted.layer,
            generation=wanted.generation,
            key_type=wanted.key_type,
            valid_for=wanted.valid_for,
            now=now,
        )
        return Generation.of_ours(wanted.generation, issued)

    def _renewed(self, signer: Generation, wanted: AuthorityInputs, now: datetime) -> Generation:
        current = IssuedAuthority(reveal(signer.private_key_pem), reveal(signer.certificate_pem))
        return Generation.of_ours(signer.number, renew_authority(current, valid_for=wanted.valid_for, now=now))

    def _outputs(
        self, kept: Mapping[int, Generation | None], reached: Standing, wanted: AuthorityInputs, now: datetime
    ) -> AuthorityOutputs:
        known_ones = {number: one for number, one in kept.items() if one}
        signer, covering = known_ones.get(reached.signer), known_ones.get(wanted.generation)
        facts = authority_facts(reveal(signer.certificate_pem)) if signer else None
        there = [one for number, one in known_ones.items() if number in reached.trusted]
        trusted, whole = [one.trusted_pem(wanted.layer) for one in there], len(there) == len(reached.trusted)
        beside = tuple(TrustedBeside.of(one) for one in there if one.number != reached.signer)
        return AuthorityOutputs(
            generations=tuple(known_ones.values()) if len(known_ones) == len(kept) else UNKNOWN,
            signer_certificate_pem=signer.certificate_pem if signer else UNKNOWN,
            signer_key_pem=signer.private_key_pem if signer else UNKNOWN,
            bundle_pem=SecretStr("".join(dict.fromkeys(trusted))) if whole else UNKNOWN,
            not_after=iso(facts.not_after if facts else lifetime_end(wanted.valid_for, now)),
            serial=facts.serial if facts else UNKNOWN,
            covering_certificate_pem=covering.certificate_pem if covering else UNKNOWN,
            covering_key_pem=covering.private_key_pem if covering else UNKNOWN,
            signer_generation=reached.signer,
            trusted_generations=reached.trusted,
            trusted_beside=beside if whole else UNKNOWN,
            signer_chain=signer.presented_chain if signer else (),
            retired=no_longer_trusted(known_ones, reached.trusted, wanted.layer),
            held_waves=waves_held(reached, wanted.generation),
        )


def _held_for(wanted: AuthorityInputs) -> str:
    return ", ".join((*wanted.waits_for, *wanted.awaits)) or "rollout.hold_after"


def _presented_unasked(wanted: AuthorityInputs) -> str:
    """Return that a first CA waits for nobody: there is no other one whose leaves nodes could go on presenting."""
    return (
        f"{', '.join(wanted.waits_for)}: said not to trust {spelled(wanted.layer)} CA g{wanted.generation}, whose "
        "leaves nodes present; give it to them, then raise `confirmed_generation`"
    )


def _there(recorded: AuthorityRecord | None) -> dict[int, Generation]:
    return {one.number: one for one in known(recorded.outputs.generations)} if recorded else {}


def _standing(recorded: AuthorityRecord) -> Standing:
    """Return how far a CA is; before rotations could be held, what was asked for signed and was trusted alone."""
    outputs, asked = recorded.outputs, recorded.inputs.generation
    return Standing(outputs.signer_generation or asked, outputs.trusted_generations or (asked,))


def _due(
    recorded: AuthorityRecord, reached: Standing, wanted: AuthorityInputs, now: datetime
) -> dict[int, AuthorityView]:
    """Return those of our trusted generations that get a new certificate in this run, in the order of the bundle."""
    there = _there(recorded)
    ours = [number for number in reached.trusted if number in there and not there[number].own]
    views = {number: _view(there[number], wanted, now) for number in ours}
    return {number: view for number, view in views.items() if why_due(view)}


def _view(one: Generation, wanted: AuthorityInputs, now: datetime) -> AuthorityView:
    facts = authority_facts(reveal(one.certificate_pem))
    return AuthorityView(facts, wanted.leaf_valid_for, wanted.renew_in_last, now)
