"""A CA that is rotated, held, reversed or refused, as the engine speaks with the plugin."""

from datetime import timedelta

import pytest

from components.nodes.trust import names
from components.pki.dates import iso
from components.pki.inspect import load_certificate, parse_bundle
from components.pki.names import generation_of
from tests.wire import asking
from tests.wire.talking import UNKNOWN, Refused, Saved, is_hidden, urn_of


def ca(talk, *steps):
    """Return a CA after some runs, each with the generation and the hold that it was asked for."""
    saved = talk.create(asking.AUTHORITY, wanted(*steps[0]))
    for step in steps[1:]:
        saved = talk.update(saved, wanted(*step))
    return saved


def wanted(generation, hold=None, **changes):
    held = {"holdAfter": hold} if hold else {}
    return asking.authority(generation=generation, **held, **changes)


def trusted(saved):
    """Return the generations in the bundle."""
    return [generation_of(names(one)) for one in parse_bundle(saved.outputs["bundlePem"]["value"])]


def signer(saved):
    return generation_of(names(load_certificate(saved.outputs["signerCertificatePem"]["value"])))


def retired(saved):
    return [one["number"] for one in saved.outputs["retired"]]


def test_a_rotation_goes_from_hold_to_hold(talk):
    steps = [(1,), (2, "cover"), (2, "present"), (2,)]
    seen = [ca(talk, *steps[: length + 1]) for length in range(len(steps))]
    assert [signer(one) for one in seen] == [1, 1, 2, 2]
    assert [trusted(one) for one in seen] == [[1], [1, 2], [1, 2], [2]]
    assert [one.outputs["heldWaves"] for one in seen] == [[], ["present", "retire"], ["retire"], []]
    assert [retired(one) for one in seen] == [[], [], [], [1]]


def test_what_is_trusted_beside_the_signer_is_told_with_its_certificate(talk):
    steps = [(1,), (2, "cover"), (2, "present"), (2,)]
    beside = [ca(talk, *steps[: length + 1]).outputs["trustedBeside"] for length in range(len(steps))]
    assert [[one["number"] for one in found] for found in beside] == [[], [2], [1], []]
    [told] = beside[1]
    new = ca(talk, (1,), (2, "cover")).outputs["coveringCertificatePem"]["value"]
    assert sorted(told) == ["notAfter", "number", "serial"], "and nothing secret"
    assert told["notAfter"] == iso(load_certificate(new).not_valid_after_utc)


def test_while_cover_is_held_its_proof_has_the_new_key_and_leaves_the_old_one(talk):
    before, held = ca(talk, (1,)), ca(talk, (1,), (2, "cover"))
    assert held.outputs["signerGeneration"] == 1
    assert held.outputs["coveringKeyPem"] != held.outputs["signerKeyPem"]
    assert before.outputs["coveringKeyPem"] == before.outputs["signerKeyPem"]


def test_a_preview_of_a_hold_after_cover_keeps_what_signs_and_does_not_know_what_is_made(talk):
    saved = ca(talk, (1,))
    told = talk.preview_update(saved, wanted(2, "cover"))
    assert told["signerKeyPem"] == saved.outputs["signerKeyPem"]
    assert (told["signerGeneration"], told["trustedGenerations"]) == (1, [1, 2])
    assert told["bundlePem"] == told["coveringKeyPem"] == told["trustedBeside"] == UNKNOWN
    assert told["notAfter"] == saved.outputs["notAfter"]


def test_going_on_is_known_in_a_preview_as_it_will_be(talk):
    saved = ca(talk, (1,), (2, "cover"))
    assert talk.preview_update(saved, wanted(2)) == talk.update(saved, wanted(2)).outputs


def test_a_reversal_lets_the_old_key_sign_again_and_retires_the_new_one(talk):
    first = ca(talk, (1,))
    held = talk.update(first, wanted(2, "present"))
    back = talk.update(held, wanted(1))
    assert back.outputs["signerKeyPem"] == first.outputs["signerKeyPem"]
    assert (trusted(back), retired(back)) == ([1], [2])


@pytest.mark.parametrize("asked", [(1,), (4,)], ids=["retired", "a leap"])
def test_what_cannot_be_is_refused_before_anything_is_made(talk, asked):
    saved = ca(talk, (1,), (2,))
    for call in (talk.diff, talk.preview_update, talk.update):
        with pytest.raises(Refused, match=r"set it to 2, or to 3 for a new key"):
            call(saved, wanted(*asked))


def test_the_key_of_what_was_retired_is_kept_for_its_proof_and_gone_with_the_next_one(talk):
    seen = [ca(talk, (1,)), ca(talk, (1,), (2,)), ca(talk, (1,), (2,), (3,))]
    kept = [[one["number"] for one in saved.outputs["generations"]] for saved in seen]
    assert kept == [[1], [1, 2], [2, 3]]


def test_every_key_is_a_secret_wherever_it_is_recorded(talk):
    outputs = ca(talk, (1,), (2,)).outputs
    found = [outputs["coveringKeyPem"], outputs["coveringCertificatePem"]]
    found += [one["privateKeyPem"] for one in outputs["retired"]]
    assert all(map(is_hidden, found))


def test_as_long_as_it_is_held_a_run_says_so_and_finds_no_difference(talk, heard):
    clients = {"waitsFor": ["billing (owner team-x)"]}
    saved = talk.update(ca(talk, (1,)), wanted(2, "cover", **clients))
    assert not talk.diff(saved).some
    assert heard.texts(urn_of(asking.AUTHORITY)) == [
        "held: transport CA g2: present and retire, for billing (owner team-x)"
    ]


@pytest.mark.parametrize(
    ("steps", "asked", "said"),
    [
        (
            [(1,)],
            (2, "cover"),
            [
                "way back for the transport CA: set authorities.transport.generation to 1 again and run `up`, until "
                "retire; after that only by another rotation",
                "held: transport CA g2: present and retire, for rollout.hold_after",
                "generation 1 → 2: a new key for the transport CA",
            ],
        ),
        (
            [(1,), (2, "cover")],
            (2,),
            [
                "way back for the transport CA: set authorities.transport.generation to 1 again and run `up`, until "
                "retire; after that only by another rotation",
                "the rotation of the transport CA to g2 goes on: present, retire",
            ],
        ),
        ([(1,), (2, "present")], (1,), None),
    ],
    ids=["held", "goes on", "reversed"],
)
def test_why_it_changes_and_until_when_there_is_a_way_back_is_said(talk, heard, steps, asked, said):
    saved = ca(talk, *steps)
    talk.diff(saved, wanted(*asked))
    found = heard.texts(urn_of(asking.AUTHORITY))
    assert found == said if said else found[-1].startswith("generation 2 → 1 of the transport CA, which is trusted")


@pytest.mark.parametrize(("hold", "warns"), [(None, True), ("present", True), ("cover", False)])
def test_clients_are_warned_only_where_the_new_http_ca_is_presented_at_once(talk, heard, hold, warns):
    saved = talk.create(asking.AUTHORITY, wanted(1, layer="http"))
    talk.diff(saved, wanted(2, hold, layer="http"))
    assert bool(heard.texts(urn_of(asking.AUTHORITY), severity="WARNING")) is warns


@pytest.mark.parametrize(
    ("layer", "years", "said"),
    [
        pytest.param("http", 6, [], id="not due"),
        pytest.param("http", 8, ["before 2036-11-24"], id="due"),
        pytest.param("http", 11, ["at once: the present one ended on 2036-11-24"], id="too late"),
        pytest.param("transport", 8, [], id="no client trusts it"),
    ],
)
def test_clients_are_given_a_day_where_the_http_ca_is_renewed(talk, clock, heard, layer, years, said):
    saved = talk.create(asking.AUTHORITY, wanted(1, layer=layer))
    clock.time += timedelta(days=365 * years)
    talk.diff(saved)
    beginning = "logs HTTP CA g1 is renewed: clients need the renewed certificate (output caCertificatePem) "
    warned = heard.texts(urn_of(asking.AUTHORITY), severity="WARNING")
    assert warned == [f"{beginning}{when}" for when in said]


BILLING = "billing (owner team-x)"
UNCONFIRMED = (
    f"{BILLING}: said not to trust HTTP CA g1, whose leaves nodes present; give it to them, then raise "
    "`confirmed_generation`"
)


def test_a_first_ca_waits_for_nobody_and_who_does_not_trust_it_is_told_as_long_as_that_is_so(talk, heard):
    urn, waits = urn_of(asking.AUTHORITY), {"waitsFor": [BILLING]}
    talk.preview_create(asking.AUTHORITY, wanted(1, "cover", layer="http", **waits))
    assert heard.texts(urn, severity="WARNING") == [UNCONFIRMED]
    saved = talk.create(asking.AUTHORITY, wanted(1, "cover", layer="http", **waits))
    talk.diff(saved)
    assert heard.texts(urn, severity="WARNING") == [UNCONFIRMED] * 2
    talk.diff(saved, wanted(1, layer="http"))
    assert heard.texts(urn, severity="WARNING") == [UNCONFIRMED] * 2


def test_who_is_waited_for_is_not_told_to_be_refused(talk, heard):
    saved = talk.create(asking.AUTHORITY, wanted(1, layer="http"))
    talk.diff(saved, wanted(2, "cover", layer="http", waitsFor=[BILLING]))
    assert heard.texts(urn_of(asking.AUTHORITY), severity="WARNING") == []


def test_the_record_of_a_version_that_knew_no_hold_is_completed_and_keeps_its_key(talk):
    saved = ca(talk, (1,), (2,))
    lacking = (
        "signerGeneration",
        "trustedGenerations",
        "trustedBeside",
        "heldWaves",
        "retired",
        "coveringKeyPem",
        "coveringCertificatePem",
    )
    outputs = {name: value for name, value in saved.outputs.items() if name not in lacking}
    old = Saved(saved.token, saved.inputs, outputs, saved.id)
    assert talk.diff(old).kinds == {"trustedGenerations": "UPDATE"}
    assert talk.update(old, saved.inputs).outputs == saved.outputs
