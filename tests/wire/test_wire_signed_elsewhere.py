"""A transport CA whose key is elsewhere: covered while certificates are awaited, proved with one of them, let go."""

from datetime import timedelta

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from components.pki.own import KEY_ELSEWHERE
from components.pki.sample import sample_pem
from tests.pki.makers import foreign, names, own_ca, purposes
from tests.wire import asking
from tests.wire.talking import NOW, UNKNOWN, Refused, hidden, is_hidden

SIGNING = own_ca("Logs nodes", own_ca("Example root"))
OTHER = own_ca("Other nodes", own_ca("Other root"))


def signed(signer=SIGNING, *extensions, **life):
    return foreign("es-1", names("es-1.example.net"), *extensions, signer=signer, **life)


ONE = signed()


def sample_of(one, key=None):
    return hidden(sample_pem((key or one).key_pem, one.pem))


def elsewhere(generation=2, ca=SIGNING, **changes):
    """Return the inputs of an authority whose key is not here."""
    own = {"ownCertificatePem": hidden(ca.pem), "ownKeyPem": hidden(KEY_ELSEWHERE)}
    return asking.authority(generation=generation, **own, **changes)


AWAITED = {"holdAfter": "cover", "awaits": ["es-1", "es-2"]}


@pytest.fixture
def ours(talk):
    return talk.create(asking.AUTHORITY, asking.authority())


def generation(saved, number):
    return next(one for one in saved.outputs["generations"] if one["number"] == number)


def retired(saved):
    return [one["number"] for one in saved.outputs["retired"]]


def test_while_certificates_are_awaited_ours_signs_and_theirs_is_covered(talk, ours):
    held = talk.update(ours, elsewhere(**AWAITED))
    assert held.outputs["signerKeyPem"] == ours.outputs["signerKeyPem"]
    assert held.outputs["bundlePem"]["value"].endswith(SIGNING.pem)
    assert held.outputs["heldWaves"] == ["present", "retire"]
    assert generation(held, 2)["samplePem"] in (None, hidden(None))
    assert talk.diff(held).some is False


def test_once_they_are_there_theirs_signs_and_one_of_them_is_kept_as_a_secret(talk, ours):
    held = talk.update(ours, elsewhere(**AWAITED))
    wanted = elsewhere(samplePem=sample_of(ONE))
    told = talk.preview_update(held, wanted)
    done = talk.update(held, wanted)
    assert told == done.outputs
    assert generation(done, 2)["samplePem"] == sample_of(ONE)
    assert (done.outputs["signerGeneration"], done.outputs["trustedGenerations"], retired(done)) == (2, [2], [1])
    assert done.outputs["bundlePem"] == hidden(SIGNING.pem)
    assert done.outputs["signerChain"] == []
    assert talk.diff(done).some is False


def given(signer, one, **changes):
    """Return the inputs of a leaf of it, as the program sends them."""
    files = {"givenCertificatePem": hidden(one.pem), "givenKeyPem": hidden(one.key_pem)}
    return asking.leaf(signer, **{"ips": [], "givenTrustPem": hidden(SIGNING.pem), **files, **changes})


def test_a_node_presents_a_leaf_of_it_without_the_ca_that_the_others_bring(talk, ours):
    theirs = talk.update(ours, elsewhere(samplePem=sample_of(ONE)))
    before = talk.create(asking.CERTIFICATE, asking.leaf(ours))
    after = talk.update(before, given(theirs, ONE))
    assert after.outputs["certificatePem"] == hidden(ONE.pem)
    assert after.outputs["keyFilePassword"] == before.outputs["keyFilePassword"]
    left = talk.update(theirs, asking.authority(generation=3))
    assert talk.update(after, asking.leaf(left)).outputs["serial"] != after.outputs["serial"]


def shown(outputs):
    return outputs["certificatePem"], outputs["keyFile"], outputs["serial"]


def awaited(signer, **changes):
    """Return the inputs of a leaf whose certificate is not there, as the program sends them."""
    return asking.leaf(signer, ips=[], **changes)


def test_a_leaf_of_the_ca_before_cannot_wait_once_theirs_signs(talk, ours):
    before = talk.create(asking.CERTIFICATE, asking.leaf(ours))
    settled = talk.update(talk.update(ours, elsewhere(samplePem=sample_of(ONE))), elsewhere(**AWAITED))
    for attempt in (talk.diff, talk.preview_update, talk.update):
        with pytest.raises(Refused, match=r"authorities.transport.own.leaves: the certificate of es-1(?s:.*)back"):
            attempt(before, awaited(settled))
    assert talk.update(before, given(settled, ONE)).outputs["certificatePem"] == hidden(ONE.pem)


def test_while_theirs_does_not_sign_yet_a_leaf_of_the_ca_before_waits(talk, ours):
    before = talk.create(asking.CERTIFICATE, asking.leaf(ours))
    held = talk.update(ours, elsewhere(**AWAITED))
    assert shown(talk.preview_update(before, asking.leaf(held))) == shown(before.outputs)
    assert shown(talk.update(before, asking.leaf(held)).outputs) == shown(before.outputs)


def test_a_leaf_of_theirs_stays_where_its_successor_is_awaited(talk, ours):
    settled = talk.update(ours, elsewhere(samplePem=sample_of(ONE)))
    there = talk.update(talk.create(asking.CERTIFICATE, asking.leaf(ours)), given(settled, ONE))
    assert shown(talk.preview_update(there, awaited(settled))) == shown(there.outputs)
    assert shown(talk.update(there, awaited(settled)).outputs) == shown(there.outputs)


def test_a_leaf_stays_where_the_ca_between_it_and_the_root_that_signs_comes_with_it(talk):
    root = own_ca("Example root")
    between = own_ca("Web servers", root)
    one = signed(between)
    first = talk.create(asking.AUTHORITY, asking.authority(layer="http"))
    own = {"ownCertificatePem": hidden(root.pem), "ownKeyPem": hidden(KEY_ELSEWHERE)}
    settled = talk.update(first, asking.authority(layer="http", generation=2, **own))
    files = {"givenTrustPem": hidden(root.pem), "chainPem": hidden(between.pem)}
    there = talk.create(asking.CERTIFICATE, given(settled, one, **files))
    assert there.outputs["certificatePem"] == hidden(one.pem + between.pem)
    assert shown(talk.update(there, awaited(settled)).outputs) == shown(there.outputs)


@pytest.mark.parametrize(
    ("one", "changes", "why"),
    [
        pytest.param(signed(OTHER), {}, "'Other nodes', which is not among the trusted", id="another CA"),
        pytest.param(ONE, {"givenKeyPem": hidden(OTHER.key_pem)}, "issued for another key", id="another key"),
        pytest.param(
            signed(SIGNING, purposes(ExtendedKeyUsageOID.SERVER_AUTH)), {}, "lacks clientAuth", id="for servers alone"
        ),
        pytest.param(ONE, {"dns": ["es-9.example.net"]}, "does not cover es-9.example.net", id="another node"),
    ],
)
def test_a_leaf_that_the_other_nodes_would_refuse_is_refused_by_preview_and_up(talk, ours, one, changes, why):
    theirs = talk.update(ours, elsewhere(samplePem=sample_of(ONE)))
    before = talk.create(asking.CERTIFICATE, asking.leaf(ours))
    for attempt in (talk.preview_update, talk.update):
        with pytest.raises(Refused, match=f"transport certificate of es-1: (?s:.*){why}"):
            attempt(before, given(theirs, one, **changes))


@pytest.mark.parametrize(
    ("one", "dns", "why"),
    [
        pytest.param(ONE, ["es-9.example.net"], "does not cover es-9.example.net", id="of another node"),
        pytest.param(
            signed(SIGNING, purposes(ExtendedKeyUsageOID.SERVER_AUTH)),
            ["es-1.example.net"],
            "lacks clientAuth",
            id="for servers alone",
        ),
    ],
)
def test_the_very_first_certificates_are_judged_as_strictly(talk, one, dns, why):
    theirs = talk.create(asking.AUTHORITY, elsewhere(1, samplePem=sample_of(ONE)))
    for attempt in (talk.preview_create, talk.create):
        with pytest.raises(Refused, match=f"(?s)transport certificate of es-1: .*{why}"):
            attempt(asking.CERTIFICATE, given(theirs, one, dns=dns))
        with pytest.raises(Refused, match=r"(?s)it cannot be proved.*it was issued for another key"):
            attempt(asking.AUTHORITY, elsewhere(1, samplePem=sample_of(one, key=OTHER)))


def test_the_sample_stays_until_its_ca_was_refused_and_the_next_key_is_made(talk, ours):
    theirs = talk.update(ours, elsewhere(samplePem=sample_of(ONE)))
    left = talk.update(theirs, asking.authority(generation=3))
    [one] = left.outputs["retired"]
    assert (one["number"], one["samplePem"]) == (2, sample_of(ONE))
    assert is_hidden(one["samplePem"])
    later = talk.update(left, asking.authority(generation=4))
    assert ONE.key_pem not in repr(later.outputs)


def test_a_certificate_that_is_awaited_again_leaves_the_sample_that_there_is(talk, ours):
    theirs = talk.update(ours, elsewhere(samplePem=sample_of(ONE)))
    again = talk.update(theirs, elsewhere(**AWAITED))
    assert generation(again, 2)["samplePem"] == sample_of(ONE)
    assert again.outputs["heldWaves"] == []


def test_before_its_key_is_made_nobody_knows_what_will_knock_and_the_preview_goes_through(talk, ours):
    told = talk.preview_update(ours, elsewhere(samplePem=UNKNOWN))
    assert told["signerGeneration"] == 2


@pytest.mark.parametrize(
    ("sample", "why"),
    [
        pytest.param(sample_of(signed(OTHER)), "'Other nodes', which is not among the trusted", id="of another CA"),
        pytest.param(sample_of(ONE, key=OTHER), "it was issued for another key", id="of another key"),
        pytest.param(
            sample_of(signed(SIGNING, purposes(ExtendedKeyUsageOID.SERVER_AUTH))),
            "lacks clientAuth in its extendedKeyUsage",
            id="for servers alone",
        ),
        pytest.param(sample_of(signed(ends=NOW - timedelta(hours=1))), "expired on 2026-11-24", id="expired"),
    ],
)
def test_a_certificate_that_proves_nothing_is_refused_before_anybody_trusts_its_ca(talk, ours, sample, why):
    for attempt in (talk.diff, talk.preview_update, talk.update):
        with pytest.raises(Refused, match=f"(?s)authorities.transport.own.leaves: it cannot be proved.*{why}"):
            attempt(ours, elsewhere(samplePem=sample))


def test_a_sample_that_was_taken_is_not_refused_when_it_grows_old(talk, ours, clock):
    theirs = talk.update(ours, elsewhere(samplePem=sample_of(ONE)))
    clock.time = NOW + timedelta(days=400)
    assert talk.update(theirs, {**theirs.inputs, "validFor": "9y"}).outputs["signerGeneration"] == 2


def test_a_sample_that_is_not_valid_yet_does_not_take_the_place_of_one_that_proves(talk, ours, clock):
    held = talk.update(ours, elsewhere(**AWAITED, samplePem=sample_of(ONE)))
    later = signed(begins=NOW + timedelta(days=2), ends=NOW + timedelta(days=900))
    wanted = elsewhere(**AWAITED, samplePem=sample_of(later))
    assert talk.preview_update(held, wanted)["generations"] == held.outputs["generations"]
    still = talk.update(held, wanted)
    assert generation(still, 2)["samplePem"] == sample_of(ONE)
    assert talk.diff(still).some is False
    clock.time = NOW + timedelta(days=3)
    assert generation(talk.update(still, elsewhere(samplePem=sample_of(later))), 2)["samplePem"] == sample_of(later)


def test_a_layer_that_nobody_has_signed_for_yet_cannot_wait(talk):
    for attempt in (talk.preview_create, talk.create):
        with pytest.raises(
            Refused, match=r"cannot wait for the certificates of es-1, es-2(?s:.*)CA of ours sign first"
        ):
            attempt(asking.AUTHORITY, elsewhere(1, **AWAITED))


def at_hand(generation=1):
    own = {"ownCertificatePem": hidden(SIGNING.pem), "ownKeyPem": hidden(SIGNING.key_pem)}
    return asking.authority(generation=generation, **own)


def test_the_key_of_an_own_ca_goes_elsewhere_once_there_is_a_leaf_to_knock_with(talk):
    here = talk.create(asking.AUTHORITY, at_hand())
    with pytest.raises(Refused, match=r"the key of the transport CA cannot go yet(?s:.*)put `key` back"):
        talk.preview_update(here, elsewhere(1, **AWAITED))
    gone = talk.update(here, elsewhere(1, samplePem=sample_of(ONE)))
    assert SIGNING.key_pem not in repr(gone.outputs)
    assert generation(gone, 1)["samplePem"] == sample_of(ONE)


def test_a_ca_that_is_another_generation_of_the_same_key_is_not_to_be_refused(talk):
    here = talk.create(asking.AUTHORITY, at_hand())
    gone = talk.update(here, elsewhere(2, samplePem=sample_of(ONE)))
    assert retired(gone) == []
    assert gone.outputs["bundlePem"] == hidden(SIGNING.pem)
