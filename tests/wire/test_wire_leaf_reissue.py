"""A leaf that is reissued says why, in the preview and in its record; what does not touch it leaves it alone."""

from datetime import timedelta

import pytest

from tests.wire import asking
from tests.wire.talking import UNKNOWN, urn_of


@pytest.fixture
def authority(talk):
    return talk.create(asking.AUTHORITY, asking.authority())


@pytest.fixture
def leaf(talk, authority):
    return talk.create(asking.CERTIFICATE, asking.leaf(authority))


def test_a_forced_leaf_is_reissued_once_and_its_record_says_why(talk, authority, leaf):
    wanted = asking.leaf(authority, reissue=1)
    assert talk.diff(leaf, wanted).kinds == {"reissue": "ADD", "notAfter": "UPDATE"}
    previewed = talk.preview_update(leaf, wanted)
    assert (previewed["serial"], previewed["reason"]) == (UNKNOWN, "forced by certificates.reissue (0 → 1)")

    forced = talk.update(leaf, wanted)

    assert forced.outputs["serial"] != leaf.outputs["serial"]
    assert forced.outputs["reason"] == "forced by certificates.reissue (0 → 1)"
    assert forced.outputs["keyFilePassword"] == leaf.outputs["keyFilePassword"]
    assert not talk.diff(forced, wanted).some
    assert talk.update(forced, wanted).outputs == forced.outputs, "what was killed may be done again"


def test_a_new_stack_with_a_number_in_it_reissues_nothing(talk, authority):
    made = talk.create(asking.CERTIFICATE, asking.leaf(authority, reissue=3))
    assert made.outputs["reason"] == ""
    assert not talk.diff(made).some


def test_a_lower_number_is_written_down_and_reissues_nothing(talk, authority):
    made = talk.create(asking.CERTIFICATE, asking.leaf(authority, reissue=3))
    lower = asking.leaf(authority, reissue=2)
    assert talk.diff(made, lower).kinds == {"reissue": "UPDATE"}
    kept = talk.update(made, lower)
    assert kept.outputs["serial"] == made.outputs["serial"]
    assert talk.update(kept, made.inputs).outputs["serial"] != made.outputs["serial"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"validFor": "90D"}, id="its life"),
        pytest.param({"renewInLast": "1/4"}, id="its window"),
    ],
)
def test_what_counts_from_the_next_reissue_leaves_the_leaf_as_it_is(talk, authority, leaf, change):
    wanted = asking.leaf(authority, **change)
    assert set(talk.diff(leaf, wanted).kinds) == set(change)
    assert talk.preview_update(leaf, wanted)["serial"] == leaf.outputs["serial"]
    assert talk.update(leaf, wanted).outputs["serial"] == leaf.outputs["serial"]


def test_a_window_says_since_when_it_is_open(talk, clock, authority, leaf):
    clock.time += timedelta(days=250)
    said = "leaf expires on 2027-11-24 (in 115 days); its renewal window opened on 2027-07-25"
    assert talk.preview_update(leaf, leaf.inputs)["reason"] == said
    assert talk.update(leaf, leaf.inputs).outputs["reason"] == said


def test_a_preview_shows_no_leaf_that_outlives_its_ca(talk, authority):
    for wanted in (asking.leaf(authority, validFor="20y"), asking.leaf(authority, validFor="1y")):
        made = talk.create(asking.CERTIFICATE, wanted)
        assert talk.preview_create(asking.CERTIFICATE, wanted)["notAfter"] == made.outputs["notAfter"]


def test_a_ca_that_is_renewed_with_the_same_key_reissues_no_leaf_neither_in_preview_nor_after(talk, clock, authority):
    young = talk.create(asking.CERTIFICATE, asking.leaf(authority, validFor="9y", renewInLast="1/9"))
    clock.time += timedelta(days=7 * 365)
    previewed = talk.preview_update(authority, authority.inputs)
    assert previewed["signerCertificatePem"] == UNKNOWN
    assert previewed["signerKeyPem"] == authority.outputs["signerKeyPem"]
    assert previewed["reason"].startswith("logs transport CA g1 expires on 2036-11-24")
    ahead = {**young.inputs, "signerCertificatePem": UNKNOWN}
    assert set(talk.diff(young, ahead).kinds) == {"signerCertificatePem"}
    assert talk.preview_update(young, ahead)["serial"] == young.outputs["serial"]

    renewed = talk.update(authority, authority.inputs)

    after = {**young.inputs, "signerCertificatePem": renewed.outputs["signerCertificatePem"]}
    assert talk.update(young, after).outputs["serial"] == young.outputs["serial"]


def test_another_key_of_the_ca_reissues_every_leaf_in_preview_too(talk, authority, leaf):
    raised = talk.preview_update(authority, asking.authority(generation=2))
    ahead = {**leaf.inputs, "generation": 2} | {name: raised[name] for name in ("signerCertificatePem", "signerKeyPem")}
    assert raised["signerKeyPem"] == UNKNOWN
    assert talk.preview_update(leaf, ahead)["reason"] == "generation 2 of the transport CA signs now"


EVERYTHING = {
    "dns": ["es-1.example.net", "es.local.test"],
    "ips": [],
    "keyType": "rsa-2048",
    "keyFormat": "pem",
    "reissue": 1,
}
TOLD = (
    "leaf lacks es.local.test and still names 10.0.0.1; key ec-p256 → rsa-2048; "
    "leaf expires on 2027-11-24 (in 115 days); its renewal window opened on 2027-07-25; "
    "forced by certificates.reissue (0 → 1); key files are pem now, they were pkcs12"
)


def test_every_reason_is_told_in_one_order_in_the_preview_and_afterwards(talk, clock, authority, leaf, heard):
    clock.time += timedelta(days=250)
    ahead = talk.preview_update(authority, asking.authority(generation=2))
    signers = ("signerCertificatePem", "signerKeyPem")
    wanted = {**leaf.inputs, **EVERYTHING, "generation": 2, **{name: ahead[name] for name in signers}}
    told = f"generation 2 of the transport CA signs now; {TOLD}"
    assert talk.diff(leaf, wanted).some
    assert heard.texts(urn_of(asking.CERTIFICATE)) == [f"es-1/transport/leaf: {told}"]
    assert talk.preview_update(leaf, wanted)["reason"] == told

    raised = talk.update(authority, asking.authority(generation=2))
    made = talk.update(leaf, {**wanted, **{name: raised.outputs[name] for name in signers}})

    assert made.outputs["reason"] == f"leaf is signed by CA generation 1, generation 2 signs now; {TOLD}"
    assert not talk.diff(made).some


def test_equal_reasons_of_two_nodes_are_one_text(talk, authority, leaf):
    other = talk.create(asking.CERTIFICATE, asking.leaf(authority, node="es-2", subject="es-2", ips=["10.0.0.2"]))
    reasons = {
        talk.preview_update(one, {**one.inputs, "keyType": "rsa-2048", "reissue": 1})["reason"] for one in (leaf, other)
    }
    assert reasons == {"key ec-p256 → rsa-2048; forced by certificates.reissue (0 → 1)"}


def test_a_leaf_that_a_clock_a_year_ahead_has_made_is_reissued_once_the_clock_is_right(talk, clock, authority):
    clock.time += timedelta(days=366)
    ahead = talk.create(asking.CERTIFICATE, asking.leaf(authority))
    assert not talk.diff(ahead).some
    clock.time -= timedelta(days=366)
    assert "notAfter" in talk.diff(ahead).kinds
    mended = talk.update(ahead, ahead.inputs)
    assert mended.outputs["reason"].startswith("leaf is valid from 2027-")
    assert not talk.diff(mended).some


def test_an_authority_that_a_clock_ahead_has_made_is_told_and_its_leaf_stays(talk, clock, heard):
    clock.time += timedelta(days=2)
    ahead = talk.create(asking.AUTHORITY, asking.authority())
    leaf = talk.create(asking.CERTIFICATE, asking.leaf(ahead))
    clock.time -= timedelta(days=2)
    assert not talk.diff(ahead).some
    [warning] = heard.texts(urn_of(asking.AUTHORITY), severity="WARNING")
    assert "g1 is valid from 2026-" in warning
    assert "whoever looks at its date refuses its leaves" in warning
    assert not talk.diff(leaf).some
