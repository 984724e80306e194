"""What a rotation is held for: a person on both layers, clients of others on the HTTP layer alone."""

import pytest

from tests.pki.makers import own_ca
from tests.program.stackfiles import HTTPS, KIBANA, program
from tests.wire.talking import hidden, is_hidden

ARCHIVE = own_ca("Archive CA")
BILLING = {"name": "billing", "owner": "team-x"}
GENERATIONS = {"authorities": {"transport": {"generation": 2}, "http": {"generation": 2}}}


def holds(**sections):
    """Return for each CA after which wave it is held, and for which clients."""
    made = program(HTTPS, 2, **GENERATIONS, **sections)
    return {
        name: (made[name].inputs.get("holdAfter"), made[name].inputs.get("waitsFor"))
        for name in ("transport-ca", "http-ca")
    }


def test_without_a_word_of_it_nothing_is_held():
    assert holds() == {"transport-ca": (None, None), "http-ca": (None, None)}


@pytest.mark.parametrize("wave", ["cover", "present"])
def test_a_person_holds_both_layers(wave):
    assert holds(rollout={"hold_after": wave}) == {"transport-ca": (wave, None), "http-ca": (wave, None)}


@pytest.mark.parametrize(("confirmed", "waits"), [(0, True), (1, True), (2, False), (3, False)])
def test_a_client_holds_the_http_layer_until_it_trusts_the_generation(confirmed, waits):
    client = {**BILLING, "confirmed_generation": confirmed}
    expected = ("cover", ["billing (owner team-x)"]) if waits else (None, None)
    assert holds(unmanaged_clients=[client]) == {"transport-ca": (None, None), "http-ca": expected}


def test_a_client_holds_the_http_layer_before_a_person_does():
    client = {**BILLING, "confirmed_generation": 1}
    found = holds(unmanaged_clients=[client], rollout={"hold_after": "present"})
    assert found == {"transport-ca": ("present", None), "http-ca": ("cover", ["billing (owner team-x)"])}


@pytest.mark.parametrize(("confirmed", "waits"), [(1, True), (2, False)])
def test_a_remote_cluster_holds_the_transport_layer_and_its_ca_is_trusted_there_alone(tmp_path, confirmed, waits):
    file = tmp_path / "archive.pem"
    file.write_text(f"# of the archive\n{ARCHIVE.pem}{ARCHIVE.pem}")
    remote = {"name": "archive", "owner": "team-y", "authorities": str(file), "confirmed_generation": confirmed}
    expected = ("cover", ["remote cluster archive (owner team-y)"]) if waits else (None, None)
    assert holds(remote_clusters=[remote]) == {"transport-ca": expected, "http-ca": (None, None)}
    made = program(HTTPS, 2, **GENERATIONS, remote_clusters=[remote])
    names = [*made.names("NodeTrust"), *made.names("NodeTrustExclusive")]
    told = [made[name].inputs for name in (*names, "transport-retire-wave")]
    assert [one["remoteAuthoritiesPem"] for one in told] == [hidden(ARCHIVE.pem)] * 5
    assert made["transport-ca"].inputs["remoteAuthoritiesPem"] == hidden(ARCHIVE.pem)
    assert "remoteAuthoritiesPem" not in made["http-ca"].inputs
    assert [one.get("remoteClusters") for one in told] == [["archive"]] * 4 + [None]
    assert made["restart"].inputs["remoteClusters"] == ["archive"]
    assert "remoteClusters" not in program(HTTPS, 2)["restart"].inputs


def test_retire_waits_for_every_trust_file_and_is_proved_with_what_was_retired():
    made = program(HTTPS, 3)
    wave = made["transport-retire-wave"]
    assert set(made.names("NodeTrustExclusive")) <= wave.after
    assert wave.inputs["file"] == "certs/transport-trust.pem"
    assert "retired" in wave.inputs
    assert "transport-retire-wave" in made["verification"].after


def test_each_ca_is_told_where_it_shows_whether_a_former_generation_can_come_back():
    made = program(HTTPS, 2, kibana=KIBANA)
    transport, http = made["transport-ca"].inputs, made["http-ca"].inputs
    assert [(one["name"], one["file"]) for one in transport["verifiers"]] == [
        ("es-1", "certs/transport-trust.pem"),
        ("es-2", "certs/transport-trust.pem"),
    ]
    assert [one["file"] for one in http["verifiers"]] == ["certs/http-trust.pem"] * len(KIBANA)
    for layer in (transport, http):
        assert [one["name"] for one in layer["presenters"]] == ["es-1", "es-2"]


def test_a_trust_file_in_pkcs12_is_opened_with_the_entry_of_the_nodes_keystore():
    [one] = program(HTTPS, 1, certificates={"trust_format": "pkcs12"})["transport-ca"].inputs["verifiers"]
    assert (one["file"], one["format"]) == ("certs/transport-trust.p12", "pkcs12")
    assert one["passwordEntry"] == "xpack.security.transport.ssl.truststore.secure_password"


def test_the_restart_knows_whose_leaves_nodes_present_but_for_a_ca_that_was_never_rotated():
    assert program(HTTPS, 2, **GENERATIONS)["restart"].inputs["transportGeneration"] == 2
    assert program(HTTPS, 2)["restart"].inputs.get("transportGeneration") is None


def test_the_restart_knows_the_http_ca_that_nodes_may_serve_since_an_interrupted_rotation():
    made = program(HTTPS, 2, **GENERATIONS)
    assert is_hidden(made["restart"].inputs["retiredAuthoritiesPem"])
