"""A CA whose key is elsewhere, over time: it cannot begin without leaves, and knocks with one that was given."""

from collections.abc import Collection, Mapping
from datetime import datetime

from pydantic import SecretStr

from components.errors import ConfigurationRefused
from components.layer_words import spelled
from components.pki.authority import AuthorityInputs
from components.pki.generations import Generation
from components.pki.inspect import load_certificate
from components.pki.keys import public_key_of
from components.pki.sample import why_no_sample
from components.pki.spec import Layer
from components.values import reveal


def sampled(recorded: Generation | None, wanted: AuthorityInputs, now: datetime) -> SecretStr | None:
    """Return the leaf that knocks for the CA that is asked for: the given one, else the one that was given before.

    One whose key is not made yet does not fit the certificate that is there, so it is none; and one that shows nothing,
    as one that is not valid yet, does not take the place of one that does.
    """
    given, before, own = wanted.sample_pem, recorded.sample_pem if recorded else None, wanted.asked(now).own
    if not isinstance(given, SecretStr):
        return before
    if before is None or own is None or before == given:
        return given
    return before if why_no_sample(reveal(given), own, now) and not why_no_sample(reveal(before), own, now) else given


def refuse_to_begin_without_leaves(wanted: AuthorityInputs, now: datetime) -> None:
    """Refuse a first CA of a layer whose leaves are awaited: nodes have none to go on with until then.

    Raises:
        ConfigurationRefused: with the ways that there are.
    """
    own = wanted.asked(now).own
    if not wanted.awaits or own is None or own.is_at_hand:
        return
    raise ConfigurationRefused(
        f"the {spelled(wanted.layer)} layer cannot wait for the certificates of {', '.join(wanted.awaits)}",
        where=f"authorities.{wanted.layer}.own.leaves",
        why="no CA has signed for this layer yet, so no node has a certificate to go on with until they are signed",
        next_step="let a CA of ours sign first: take `own` out and run `up`, then put it back with the next "
        "`generation`; or name for each node a certificate and its `key`. Where nothing of the cluster was secured "
        "yet, write `generation: 1`: then `up` makes the requests and waits for all of them",
    )


def refuse_an_unfit_sample(recorded: Generation | None, wanted: AuthorityInputs, now: datetime) -> None:
    """Refuse a leaf that would not show what verifiers trust, before anything is asked of them.

    One that was taken before is not refused when it grows old.

    Raises:
        ConfigurationRefused: with every reason.
    """
    own, sample = wanted.asked(now).own, sampled(recorded, wanted, now)
    before = recorded.own if recorded else None
    if own is None or own.is_at_hand:
        return
    if wanted.layer is Layer.TRANSPORT and wanted.sample_pem is None and before is not None and before.is_at_hand:
        raise ConfigurationRefused(
            f"the key of the {spelled(wanted.layer)} CA cannot go yet",
            where=f"authorities.{wanted.layer}.own.key",
            why="it proves whom nodes trust, until there is a certificate that was signed elsewhere",
            next_step="put `key` back until each node's certificate is in `leaves`",
        )
    if sample is None or (recorded is not None and recorded.sample_pem == sample):
        return
    reasons = why_no_sample(reveal(sample), own, now)
    if reasons:
        raise ConfigurationRefused(
            f"it cannot be proved that nodes trust your {spelled(wanted.layer)} CA",
            where=f"authorities.{wanted.layer}.own.leaves",
            why="; ".join(reasons),
            next_step=f"give certificates that {own.facts.subject!r} signed, each for its own key; nothing was changed",
        )


def no_longer_trusted(kept: Mapping[int, Generation], trusted: Collection[int], layer: Layer) -> tuple[Generation, ...]:
    """Return the generations that verifiers are to refuse; not one whose key a trusted generation has as well."""
    keys = {number: public_key_of(load_certificate(one.trusted_pem(layer))) for number, one in kept.items()}
    still = {keys[number] for number in trusted if number in keys}
    return tuple(one for number, one in kept.items() if number not in trusted and keys[number] not in still)
