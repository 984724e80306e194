"""Create and Update: what a preview knows, what is secret, what is saved, and what half-done work leaves behind."""

import base64

import grpc
import pytest

from components.handling import HalfDone
from tests.wire import asking
from tests.wire.small_handlers import BOX, BoxOutputs
from tests.wire.talking import UNKNOWN, Refused, hidden, is_hidden, plain, urn_of

TEA = {"label": "tea", "key": hidden("k")}
MADE = {
    "serial": "s-1",
    "contents": hidden("gold"),
    "keptKeys": [hidden("k1"), hidden("k2")],
    "counted": 0,
    "note": None,
}


def test_a_made_resource_is_saved_with_every_secret_wrapped_and_without_what_the_engine_has(talk):
    saved = talk.create(BOX, TEA)

    assert saved.id == "box/tea"
    assert saved.outputs == MADE
    assert not talk.update(saved, {**TEA, "count": 2}).outputs.keys() & {*TEA, "count"}


def test_a_state_of_an_earlier_version_which_holds_the_inputs_twice_is_up_to_date(talk, box):
    saved = talk.create(BOX, TEA)
    earlier = type(saved)(BOX, saved.inputs, {**TEA, **saved.outputs}, saved.id)

    assert not talk.diff(earlier).some
    assert not talk.update(earlier, {**TEA, "count": 2}).outputs.keys() & {*TEA, "count"}
    assert box.records[-1].outputs.serial == "s-1"


def test_a_preview_of_a_new_resource_makes_nothing_and_leaves_open_what_is_not_known(talk, box):
    outputs = talk.preview_create(BOX, {**TEA, "count": UNKNOWN})

    assert outputs == {
        "serial": UNKNOWN,
        "contents": UNKNOWN,
        "keptKeys": UNKNOWN,
        "counted": UNKNOWN,
        "note": None,
    }
    assert box.records == []


def test_a_preview_passes_on_what_it_knows(talk):
    assert talk.preview_create(BOX, {**TEA, "count": 3.0})["counted"] == 3


def test_an_update_starts_from_what_is_recorded(talk, box):
    saved = talk.create(BOX, TEA)

    talk.update(saved, {**TEA, "count": 2})

    assert box.records[0] is None
    recorded = box.records[1]
    assert recorded.inputs.count == 1
    assert recorded.inputs.key.get_secret_value() == "k"
    assert (recorded.outputs.serial, recorded.outputs.contents.get_secret_value()) == ("s-1", "gold")


def test_a_preview_of_an_update_keeps_stable_outputs_known(talk, box):
    saved = talk.create(BOX, TEA)

    outputs = talk.preview_update(saved, {**TEA, "count": 7})

    assert (outputs["serial"], outputs["counted"], outputs["contents"]) == ("s-1", 7, UNKNOWN)
    assert len(box.records) == 1


def test_an_unreadable_record_is_made_anew_from_what_is_there(talk, box):
    saved = talk.create(BOX, TEA)
    other = type(saved)(BOX, saved.inputs, {"contents": 5}, saved.id)

    again = talk.update(other, TEA)

    assert box.records[-1] is None
    assert again.outputs == MADE


def test_only_one_input_is_changed_and_an_authority_stays_wholly_known(talk):
    saved = talk.create(asking.AUTHORITY, asking.authority())

    outputs = talk.preview_update(saved, asking.authority(leafValidFor="90D"))

    assert outputs == saved.outputs


def test_a_reissued_leaf_keeps_its_key_files_password_known(talk):
    signer = talk.create(asking.AUTHORITY, asking.authority())
    saved = talk.create(asking.CERTIFICATE, asking.leaf(signer))

    outputs = talk.preview_update(saved, asking.leaf(signer, dns=["other.example.net"]))

    assert outputs["keyFilePassword"] == saved.outputs["keyFilePassword"]
    assert (outputs["keyFile"], outputs["serial"]) == (UNKNOWN, UNKNOWN)
    assert outputs["notAfter"].startswith("2027-11-24")


def test_a_leaf_of_an_authority_that_is_not_made_yet_can_be_previewed(talk):
    signer = talk.create(asking.AUTHORITY, asking.authority())
    unknown = {"signerCertificatePem": UNKNOWN, "signerKeyPem": UNKNOWN}

    outputs = talk.preview_create(asking.CERTIFICATE, asking.leaf(signer, **unknown))

    assert {key for key, value in outputs.items() if value == UNKNOWN} == {
        "certificatePem",
        "keyFile",
        "keyFilePassword",
        "serial",
        "notBefore",
    }


def test_the_waves_and_settings_of_a_node_can_be_previewed_before_anything_is_made(talk, node, heard):
    before = node.files()

    trust = talk.preview_create(asking.TRUST, {**EMPTY_TRUST, "node": node.wire()})
    identity = talk.preview_create(asking.IDENTITY, {**EMPTY_IDENTITY, "node": node.wire()})
    settings = talk.preview_create(asking.SETTINGS, asking.settings(node))
    restart = talk.preview_create(asking.RESTART, asking.restart(node))

    assert (trust["trusted"], identity["presentedSerial"]) == (UNKNOWN, UNKNOWN)
    assert trust["steps"] == ["write certs/transport-trust.pem (0640): transport CA g1 (new)"]
    assert identity["steps"] == ["write certs/transport-key.p12 (0640): transport leaf, g1 (new)"]
    assert settings["steps"][0] == "+ xpack.security.enabled: true"
    assert restart["steps"] == ["write elasticsearch.yml and keystore of es-1"]
    assert heard.texts(urn_of(asking.TRUST)) == [f"es-1: {trust['steps'][0]}"]
    assert node.files() == before


EMPTY_TRUST = {
    "layer": "transport",
    "file": "certs/transport-trust.pem",
    "format": "pem",
    "authoritiesPem": UNKNOWN,
    "generations": [1],
}
EMPTY_IDENTITY = {
    "layer": "transport",
    "file": "certs/transport-key.p12",
    "keyFile": UNKNOWN,
    "serial": UNKNOWN,
    "notAfter": UNKNOWN,
    "generation": 1,
}


def test_every_resource_of_a_cluster_that_is_not_started_yet_is_made(talk, node):
    signer = talk.create(asking.AUTHORITY, asking.authority())
    leaf = talk.create(asking.CERTIFICATE, asking.leaf(signer))
    trust = talk.create(asking.TRUST, asking.trust(node, signer))
    identity = talk.create(asking.IDENTITY, asking.identity(node, leaf))
    settings = talk.create(asking.SETTINGS, asking.settings(node))
    restart = talk.create(asking.RESTART, asking.restart(node))
    exclusive = talk.create(asking.EXCLUSIVE, asking.trust(node, signer))

    assert node.read("certs/transport-key.p12") == base64.b64decode(leaf.outputs["keyFile"]["value"])
    assert signer.outputs["bundlePem"]["value"] in node.read("certs/transport-trust.pem").decode()
    assert b"xpack.security.transport.ssl.enabled: true" in node.read("elasticsearch.yml")
    assert node.read("elasticsearch.keystore") == (
        b"xpack.security.transport.ssl.keystore.secure_password=of-the-key-file\n"
    )
    assert trust.outputs["trusted"] == exclusive.outputs["trusted"] == ["logs transport CA g1"]
    assert identity.outputs["presentedSerial"] == leaf.outputs["serial"]
    assert restart.outputs["procedure"] == "files only"
    for saved in (signer, leaf, trust, identity, settings, restart, exclusive):
        assert not talk.diff(saved).some, saved.token


def secret_texts(value):
    """Return every secret text of a saved value."""
    if is_hidden(value):
        return {value["value"]}
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {text for member in members for text in secret_texts(member)}


def clear_texts(value):
    """Return every text of a saved value that is not a secret."""
    if is_hidden(value):
        return set()
    if isinstance(value, str):
        return {value}
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {text for member in members for text in clear_texts(member)}


def test_no_secret_of_any_resource_is_saved_in_clear(talk, node):
    signer = talk.create(asking.AUTHORITY, asking.authority())
    leaf = talk.create(asking.CERTIFICATE, asking.leaf(signer))
    password = talk.create(asking.PASSWORD, asking.password())
    newer = talk.update(password, asking.password(version=2))
    every = [
        signer,
        leaf,
        newer,
        talk.create(asking.TRUST, asking.trust(node, signer)),
        talk.create(asking.IDENTITY, asking.identity(node, leaf)),
        talk.create(asking.SETTINGS, asking.settings(node)),
        talk.create(asking.RESTART, asking.restart(node)),
    ]

    kept = [part for saved in every for part in (saved.inputs, saved.outputs)]
    secrets = {text for part in kept for text in secret_texts(part)}
    clear = {text for part in kept for text in clear_texts(part)}

    named = [signer.outputs["signerKeyPem"], leaf.outputs["keyFile"], leaf.outputs["keyFilePassword"]]
    assert all(is_hidden(value) for value in [*named, newer.outputs["value"], *newer.outputs["formers"]])
    assert newer.outputs["formers"] == [password.outputs["value"]]
    assert {"of-elastic", "of-the-key-file"} <= secrets
    assert not [text for text in clear if any(secret in text for secret in secrets)]
    assert not [text for text in clear if "PRIVATE KEY" in text or "BEGIN" in text]


def half(box, *reasons):
    """Let a box be made half only."""

    def work(wanted, context):
        raise HalfDone(BoxOutputs(serial="s-half", contents="iron"), reasons)

    box.work = work


def test_half_done_work_is_saved_with_its_reasons(talk, box):
    half(box, "the lid is missing", "the label is wet")

    with pytest.raises(Refused) as caught:
        talk.create(BOX, TEA)

    [detail] = caught.value.details
    assert caught.value.code is grpc.StatusCode.UNKNOWN
    assert detail.id == "box/tea"
    assert list(detail.reasons) == ["the lid is missing", "the label is wet"]
    assert plain(detail.inputs) == TEA
    outputs = plain(detail.properties)
    assert (outputs["serial"], outputs["contents"]) == ("s-half", hidden("iron"))
    assert not outputs.keys() & TEA.keys()


def test_a_half_done_update_keeps_the_resources_id(talk, box):
    saved = talk.create(BOX, TEA)
    half(box, "the lid is missing")

    with pytest.raises(Refused) as caught:
        talk.update(type(saved)(BOX, saved.inputs, saved.outputs, "id-of-old"), {**TEA, "count": 2})

    [detail] = caught.value.details
    assert detail.id == "id-of-old"
    assert plain(detail.inputs)["count"] == 2
    assert plain(detail.properties)["serial"] == "s-half"


def test_a_failed_verification_is_saved_with_every_finding(talk, node):
    signer = talk.create(asking.AUTHORITY, asking.authority())
    leaf = talk.create(asking.CERTIFICATE, asking.leaf(signer))

    with pytest.raises(Refused) as caught:
        talk.create(asking.VERIFICATION, asking.verification(node, signer, leaf))

    [detail] = caught.value.details
    findings = plain(detail.properties)["findings"]
    assert findings
    assert list(detail.reasons) == [f"verification: {finding}" for finding in findings]
    assert all("es-1" in finding for finding in findings)
