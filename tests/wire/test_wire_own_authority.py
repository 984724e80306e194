"""A CA of the operator's own, as the plugin takes it, keeps it, and lets it go."""

import base64
from datetime import timedelta

import pytest

from components.pki.chains import ChainView, chain_findings
from components.pki.foreign import read_store
from components.pki.inspect import parse_bundle
from components.pki.own import KEY_ELSEWHERE, own_authority
from components.pki.profiles import HTTP
from tests.pki.makers import foreign, names, own_ca
from tests.wire import asking
from tests.wire.talking import NOW, Refused, hidden, is_hidden

ROOT = own_ca("Example root")
ISSUING = own_ca("Example issuing", ROOT)
OTHER = own_ca("Other")


def asked(one, *above, **changes):
    """Return the inputs of an authority of somebody's own."""
    made = own_authority(one.key_pem, [one.certificate, *(each.certificate for each in above)])
    own = {"ownCertificatePem": hidden(made.certificate_pem), "ownKeyPem": hidden(made.private_key_pem)}
    chain = {"ownChainPem": hidden(made.chain_pem)} if made.chain_pem else {}
    return asking.authority(**{"layer": "http", **own, **chain, **changes})


def leaf_of(signer, **changes):
    """Return the inputs of a leaf below the issuing CA."""
    return asking.leaf(signer, chainPem=hidden(ISSUING.pem), **changes)


@pytest.fixture
def signer(talk):
    return talk.create(asking.AUTHORITY, asked(ISSUING, ROOT))


def test_a_preview_knows_all_of_it(talk):
    outputs = talk.preview_create(asking.AUTHORITY, asked(ISSUING, ROOT))
    assert outputs["bundlePem"] == hidden(ROOT.pem)
    assert outputs["signerCertificatePem"] == hidden(ISSUING.pem)
    assert outputs["notAfter"] == ISSUING.certificate.not_valid_after_utc.isoformat()


def test_a_leaf_of_it_is_in_order_with_the_chain_that_its_node_sends(talk, signer):
    leaf = talk.create(asking.CERTIFICATE, leaf_of(signer))
    sent = parse_bundle(leaf.outputs["certificatePem"]["value"])
    view = ChainView(sent[0], sent[1:], (ROOT.certificate,), HTTP, ("es-1.example.net", "10.0.0.1"), NOW)
    assert chain_findings(view) == ()
    held = read_store(
        base64.b64decode(leaf.outputs["keyFile"]["value"]),
        leaf.outputs["keyFilePassword"]["value"],
        where="es-1",
    )
    assert held.certificates == sent
    assert talk.diff(signer).some is False
    assert talk.diff(leaf).some is False


def test_nothing_secret_of_it_is_saved_in_clear(signer):
    [generation] = signer.outputs["generations"]
    kept = (generation["privateKeyPem"], generation["certificatePem"], generation["chainPem"])
    assert all(map(is_hidden, (*kept, signer.inputs["ownKeyPem"], signer.outputs["signerKeyPem"])))


@pytest.mark.parametrize(
    ("before", "after", "was"),
    [
        pytest.param(asking.authority(layer="http"), asked(ISSUING, ROOT), "a CA of ours", id="theirs for ours"),
        pytest.param(asked(ISSUING, ROOT), asking.authority(layer="http"), "'Example issuing'", id="ours for theirs"),
        pytest.param(asked(ISSUING, ROOT), asked(OTHER), "'Example issuing'", id="one for another"),
    ],
)
def test_another_ca_is_refused_without_a_generation_of_its_own_and_taken_with_one(talk, before, after, was):
    made = talk.create(asking.AUTHORITY, before)
    for attempt in (talk.diff, talk.preview_update, talk.update):
        with pytest.raises(Refused, match=f"(?s)generation 1 is .*{was}.*write `generation: 2`"):
            attempt(made, after)
    raised = talk.update(made, {**after, "generation": 2})
    assert [one["number"] for one in raised.outputs["generations"]] == [1, 2]
    assert raised.outputs["signerCertificatePem"] != made.outputs["signerCertificatePem"]
    held = talk.update(made, {**after, "generation": 2, "holdAfter": "present"})
    assert held.outputs["signerCertificatePem"] != made.outputs["signerCertificatePem"]
    back = talk.update(held, before)
    assert back.outputs["signerKeyPem"] == made.outputs["signerKeyPem"]


def test_while_another_ca_is_held_after_cover_the_present_one_signs_and_its_chain_is_sent(talk, signer):
    held = talk.update(signer, asking.authority(layer="http", generation=2, holdAfter="cover"))
    for output in ("signerCertificatePem", "signerKeyPem", "signerChain"):
        assert held.outputs[output] == signer.outputs[output]
    assert held.outputs["signerChain"] == [hidden(ISSUING.pem)]
    assert held.outputs["bundlePem"]["value"].startswith(ROOT.pem)
    assert held.outputs["bundlePem"]["value"].count("BEGIN") == 2


def renewed(one, signer=None, **life):
    """Return another certificate of the same CA's key."""
    extensions = [(each.value, each.critical) for each in one.certificate.extensions]
    name = one.certificate.subject.rfc4514_string().removeprefix("CN=")
    return foreign(name, *extensions, signer=signer, key=one.key, **life)


def test_its_owners_renewal_needs_no_generation_and_gives_nodes_the_new_chain(talk, signer):
    leaf = talk.create(asking.CERTIFICATE, leaf_of(signer))
    newer = renewed(ISSUING, ROOT, ends=NOW + timedelta(days=3000))
    after = talk.update(signer, asked(newer, ROOT))
    assert after.outputs["signerCertificatePem"] == hidden(newer.pem)
    assert len(after.outputs["generations"]) == 1

    inputs = {**leaf_of(after), "chainPem": hidden(newer.pem)}
    assert talk.diff(leaf, inputs).some
    sent = parse_bundle(talk.update(leaf, inputs).outputs["certificatePem"]["value"])
    assert sent[1:] == (newer.certificate,)


def test_another_root_above_it_is_another_ca_for_clients_and_none_for_nodes(talk):
    other = renewed(ISSUING, OTHER)
    for layer, refused in (("http", True), ("transport", False)):
        made = talk.create(asking.AUTHORITY, asked(ISSUING, ROOT, layer=layer))
        if refused:
            with pytest.raises(Refused, match="with another key or root"):
                talk.preview_update(made, asked(other, OTHER, layer=layer))
        else:
            assert talk.update(made, asked(other, OTHER, layer=layer)).outputs["bundlePem"] == hidden(other.pem)


def test_its_owner_may_renew_it_for_less_than_a_leafs_life(talk, signer):
    newer = renewed(ISSUING, ROOT, ends=NOW + timedelta(days=30))
    after = talk.update(signer, asked(newer, ROOT))
    assert after.outputs["notAfter"] == newer.certificate.not_valid_after_utc.isoformat()


def test_it_is_never_renewed_here_and_its_end_is_told_by_name_and_day(talk, clock, heard):
    ends = NOW + timedelta(days=800)
    made = talk.create(asking.AUTHORITY, asked(own_ca("Ending", ends=ends)))
    talk.diff(made)
    assert heard.texts(severity="WARNING") == []
    clock.time = NOW + timedelta(days=600)
    assert talk.diff(made).some is False
    [told] = heard.texts(severity="WARNING")
    assert "Ending expires on 2029-02-01 (in 200 days)" in told
    assert "`generation: 2`" in told


def test_no_leaf_outlives_it_and_none_is_reissued_when_nothing_is_gained(talk, clock):
    ends = NOW + timedelta(days=400)
    signer = talk.create(asking.AUTHORITY, asked(own_ca("Ending", ends=ends)))
    clock.time = NOW + timedelta(days=200)
    inputs = asking.leaf(signer)
    leaf = talk.create(asking.CERTIFICATE, inputs)
    assert leaf.outputs["notAfter"] == ends.isoformat()
    assert talk.preview_create(asking.CERTIFICATE, inputs)["notAfter"] == ends.isoformat()
    clock.time = ends - timedelta(days=1)
    assert talk.diff(leaf).some is False


@pytest.mark.parametrize(
    ("life", "why"),
    [
        pytest.param({"ends": NOW - timedelta(days=2)}, "expired on 2026-11-22", id="expired"),
        pytest.param({"begins": NOW + timedelta(days=2)}, "is valid from 2026-11-26", id="not yet"),
        pytest.param({"ends": NOW + timedelta(days=300)}, "leaves live 1y", id="shorter than its leaves"),
    ],
)
def test_a_ca_with_too_little_life_is_refused_by_the_preview_already(talk, life, why):
    begins = {"begins": NOW - timedelta(days=30)} | life
    with pytest.raises(Refused, match=f"(?s)authorities.http.own.*{why}"):
        talk.preview_create(asking.AUTHORITY, asked(own_ca("Odd", **begins)))


def test_a_ca_that_was_taken_is_not_refused_when_it_grows_old(talk, clock):
    made = talk.create(asking.AUTHORITY, asked(own_ca("Ending", ends=NOW + timedelta(days=400))))
    clock.time = NOW + timedelta(days=390)
    assert talk.update(made, {**made.inputs, "validFor": "9y"}).outputs["notAfter"] == made.outputs["notAfter"]


ELSEWHERE = {"ownCertificatePem": hidden(ROOT.pem), "ownKeyPem": hidden(KEY_ELSEWHERE), "layer": "http"}


def signed_elsewhere(*hosts, signer=ISSUING, **life):
    """Return a leaf that somebody else signed."""
    return foreign("any", names(*hosts), signer=signer, **life)


def given(signer, one, key=None, **changes):
    """Return the inputs of a leaf that was signed elsewhere."""
    files = {"givenCertificatePem": hidden(one.pem), "givenKeyPem": hidden((key or one).key_pem)}
    usual = {"ips": [], "chainPem": hidden(ISSUING.pem), "givenTrustPem": hidden(ROOT.pem)}
    return asking.leaf(signer, **{**usual, **files, **changes})


@pytest.fixture
def elsewhere(talk):
    """An authority whose key is not here."""
    return talk.create(asking.AUTHORITY, asking.authority(**ELSEWHERE))


def test_a_leaf_that_was_signed_elsewhere_is_presented_as_it_is(talk, elsewhere):
    one = signed_elsewhere("*.example.net")
    assert talk.preview_create(asking.CERTIFICATE, given(elsewhere, one))["notAfter"] == "2027-11-24T04:00:00+00:00"
    leaf = talk.create(asking.CERTIFICATE, given(elsewhere, one))
    assert leaf.outputs["certificatePem"] == hidden(one.pem + ISSUING.pem)
    assert leaf.outputs["serial"] == f"{one.certificate.serial_number:x}"
    assert talk.diff(leaf).some is False
    assert elsewhere.outputs["bundlePem"] == hidden(ROOT.pem)


def test_its_successor_takes_its_place_under_the_same_password(talk, elsewhere):
    leaf = talk.create(asking.CERTIFICATE, given(elsewhere, signed_elsewhere("es-1.example.net")))
    newer = given(elsewhere, signed_elsewhere("es-1.example.net"))
    assert talk.diff(leaf, newer).kinds["notAfter"] == "UPDATE"
    after = talk.update(leaf, newer)
    assert after.outputs["serial"] != leaf.outputs["serial"]
    assert after.outputs["keyFilePassword"] == leaf.outputs["keyFilePassword"]


NOT_GIVEN = {f"given{what}Pem": hidden(None) for what in ("Certificate", "Key", "Trust")}
"""How what a held rotation keeps back arrives: as secrets of nothing."""


def test_while_it_is_kept_back_the_leaf_of_the_generation_before_stays_and_is_renewed_by_its_ca(talk, clock):
    ours = talk.create(asking.AUTHORITY, asking.authority(layer="http"))
    leaf = talk.create(asking.CERTIFICATE, asking.leaf(ours))
    assert talk.diff(leaf, {**leaf.inputs, **NOT_GIVEN}).some is False
    clock.time = NOW + timedelta(days=300)
    after = talk.update(leaf, {**leaf.inputs, **NOT_GIVEN})
    assert after.outputs["serial"] != leaf.outputs["serial"]


def test_while_its_successor_is_kept_back_it_stays_as_nobody_here_can_sign_another_one(talk, elsewhere, clock, heard):
    leaf = talk.create(asking.CERTIFICATE, given(elsewhere, signed_elsewhere("es-1.example.net")))
    kept = {**asking.leaf(elsewhere), **NOT_GIVEN}
    assert "notAfter" not in talk.diff(leaf, kept).kinds
    after = talk.update(leaf, kept)
    assert [after.outputs[key] == leaf.outputs[key] for key in ("certificatePem", "keyFile")] == [True, True]
    clock.time = NOW + timedelta(days=364)
    assert "notAfter" not in talk.diff(leaf, kept).kinds
    heard.wait_for("put its successor in its file's place")


def test_a_new_node_without_a_certificate_is_refused_by_the_preview_already(talk, elsewhere):
    with pytest.raises(Refused, match=r"authorities\.http\.own\.leaves: there is no certificate of es-1 "):
        talk.preview_create(asking.CERTIFICATE, asking.leaf(elsewhere))


def test_until_certificates_are_signed_elsewhere_an_own_authority_before_goes_on_out_of_the_state(talk, signer):
    awaiting = {**asking.authority(**ELSEWHERE), "generation": 2, "holdAfter": "cover", "awaits": ["es-1"]}
    held = talk.update(signer, awaiting)
    assert held.outputs["signerKeyPem"] == hidden(ISSUING.key_pem)
    assert held.outputs["heldWaves"] == ["present", "retire"]
    assert talk.diff(held).some is False
    again = talk.update(held, {**asking.authority(**ELSEWHERE), "generation": 2})
    assert (again.outputs["signerGeneration"], again.outputs["trustedGenerations"]) == (2, [2])


def test_other_cas_between_it_and_the_root_are_sent_with_it(talk, elsewhere):
    one, newer = signed_elsewhere("es-1.example.net"), renewed(ISSUING, ROOT)
    leaf = talk.create(asking.CERTIFICATE, given(elsewhere, one))
    after = talk.update(leaf, given(elsewhere, one, chainPem=hidden(newer.pem)))
    assert after.outputs["certificatePem"] == hidden(one.pem + newer.pem)


@pytest.mark.parametrize(
    ("one", "changes", "why"),
    [
        pytest.param(signed_elsewhere("other.example"), {}, "does not cover es-1.example.net", id="another name"),
        pytest.param(signed_elsewhere("es-1.example.net", signer=OTHER), {}, "not signed by the next", id="not of it"),
        pytest.param(
            signed_elsewhere("es-1.example.net", ends=NOW - timedelta(hours=1)),
            {},
            "expired on 2026-11-24",
            id="expired",
        ),
        pytest.param(
            signed_elsewhere("es-1.example.net"),
            {"givenTrustPem": hidden(OTHER.pem)},
            "not among the trusted",
            id="root",
        ),
        pytest.param(signed_elsewhere("es-1.example.net"), {"key": OTHER}, "issued for another key", id="another key"),
    ],
)
def test_a_leaf_that_a_node_must_not_present_is_refused_by_preview_and_up(talk, elsewhere, one, changes, why):
    before = talk.create(asking.CERTIFICATE, given(elsewhere, signed_elsewhere("es-1.example.net")))
    inputs = given(elsewhere, one, **changes)
    for attempt in (talk.preview_update, talk.update):
        with pytest.raises(Refused, match=f"HTTP certificate of es-1: (?s:.*){why}"):
            attempt(before, inputs)


def test_the_end_of_a_leaf_that_was_signed_elsewhere_is_told_and_changes_nothing(talk, clock, elsewhere, heard):
    leaf = talk.create(asking.CERTIFICATE, given(elsewhere, signed_elsewhere("es-1.example.net")))
    clock.time = NOW + timedelta(days=200)
    talk.diff(leaf)
    assert heard.texts(severity="WARNING") == []
    clock.time = NOW + timedelta(days=300)
    assert talk.diff(leaf).some is False
    [told] = heard.texts(severity="WARNING")
    assert told.startswith("es-1: your certificate expires on 2027-11-24 (in 65 days)")
