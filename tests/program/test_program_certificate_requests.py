"""Certificates that somebody else signs, in the program: first requests and nothing that needs them, then leaves."""

from datetime import timedelta

import pytest
from cryptography import x509

from tests.pki.makers import NOW, foreign, own_ca
from tests.program.running import MARKED, texts_in
from tests.program.stackfiles import HTTPS, program

ROOT = own_ca("Example root")


def stack(folder, generation, *, signed, more=(), broken=None, **sections):
    """Run the program for two nodes or more, with the certificates that were signed so far; one may be broken."""
    (folder / "root.pem").write_text(ROOT.pem)
    leaves = []
    for name in ("es-1", "es-2"):
        leaf = foreign(name, (x509.BasicConstraints(ca=False, path_length=None), True), signer=ROOT)
        (folder / f"{name}.pem").write_text(leaf.pem)
        leaves.append({"node": name} | ({"certificate": f"{folder}/{name}.pem"} if name in signed else {}))
    if broken is not None:
        leaves[0]["certificate"] = broken
    own = {"certificate": f"{folder}/root.pem", "leaves": [*leaves, *more]}
    return program(HTTPS, 2 + len(more), authorities={"http": {"generation": generation, "own": own}}, **sections)


def test_at_first_there_are_requests_and_nothing_of_the_http_layer(tmp_path):
    made = stack(tmp_path, 1, signed=["es-1"])
    assert made.names("CertificateRequest") == ["es-1-http-request", "es-2-http-request"]
    assert not [name for name in made.resources if "http" in name and not name.endswith("-request")]
    assert made.outputs["scenario"].value == "basic"
    assert [made[f"{name}-settings"].inputs["awaitsHttps"] for name in ("es-1", "es-2")] == [True, True]
    assert set(made.outputs["certificateRequests"].value) == {"es-1 http", "es-2 http"}
    assert any("the certificates of es-2 are awaited" in line for line in made.warned)


@pytest.mark.parametrize("generation", [1, 2])
def test_what_came_back_goes_to_its_request_to_be_judged_until_all_are_there(tmp_path, generation):
    made = stack(tmp_path, generation, signed=["es-1"])
    pem = (tmp_path / "es-1.pem").read_text()
    answer = made["es-1-http-request"].inputs["answer"]
    assert (answer["certificatePem"], answer["trustedPem"]) == (pem, ROOT.pem)
    assert answer["dns"] or answer["ips"]
    assert "answer" not in made["es-2-http-request"].inputs
    whole = stack(tmp_path, generation, signed=["es-1", "es-2"])
    assert "answer" not in whole["es-1-http-request"].inputs


def test_a_file_that_cannot_be_used_is_told_before_anything_waits_for_it_and_stops_nothing(tmp_path):
    broken = stack(tmp_path, 1, signed=["es-2"], more=({"node": "es-3"},), broken=f"{tmp_path}/none.pem")
    assert len(broken.of("CertificateRequest")) == 3
    [line] = [line for line in broken.warned if "none.pem" in line]
    assert line.startswith("a file that is not needed yet could not be used: authorities.http.own.leaves[0]")
    assert line.endswith("this run goes on without it")
    assert "answer" in broken["es-2-http-request"].inputs


def test_while_one_is_awaited_the_ca_is_covered_and_held_and_the_generation_before_signs(tmp_path):
    made = stack(tmp_path, 2, signed=["es-1"])
    inputs = made["http-ca"].inputs
    assert (inputs["generation"], inputs["holdAfter"], inputs["awaits"]) == (2, "cover", ["es-2"])
    assert "awaitsHttps" not in made["es-1-settings"].inputs
    assert "awaits" not in made["transport-ca"].inputs
    for leaf in made.of("Certificate"):
        assert not {path for path, _, _ in texts_in(leaf.inputs) if path.startswith("given")}
    assert len(made.of("CertificateRequest")) == 2


def test_once_all_are_signed_they_are_presented_with_the_keys_that_were_made_here(tmp_path):
    made = stack(tmp_path, 2, signed=["es-1", "es-2"])
    assert made["http-ca"].inputs["generation"] == 2
    for name in ("es-1", "es-2"):
        found = {path: (text, secret) for path, text, secret in texts_in(made[f"{name}-http-leaf"].inputs)}
        assert found["givenKeyPem"] == (f"{MARKED}{name}-http-request keyPem", True)
        assert found["givenCertificatePem"] == ((tmp_path / f"{name}.pem").read_text(), True)
        assert f"{name}-http-request" in made.waits_for(f"{name}-http-leaf")
    assert not [line for line in made.warned if "awaited" in line]


SIGNING = own_ca("Logs nodes", ROOT)


def between_nodes(folder, *, signed, by_hand=(), days=None, generation=2, **others):
    """Run the program for two nodes whose transport leaves are signed elsewhere; some have a key of their own."""
    (folder / "nodes.pem").write_text(SIGNING.pem + ROOT.pem)
    leaves = []
    for name in ("es-1", "es-2"):
        ends = {"ends": NOW + timedelta(days=days[name])} if days else {}
        leaf = foreign(name, (x509.BasicConstraints(ca=False, path_length=None), True), signer=SIGNING, **ends)
        (folder / f"{name}.pem").write_text(leaf.pem + SIGNING.pem)
        (folder / f"{name}.key").write_text(leaf.key_pem)
        certificate = {"certificate": f"{folder}/{name}.pem"} if name in (*signed, *by_hand) else {}
        leaves.append({"node": name, **certificate, **({"key": f"{folder}/{name}.key"} if name in by_hand else {})})
    own = {"certificate": f"{folder}/nodes.pem", "only_for_this_cluster": True, "leaves": leaves}
    authorities = {"transport": {"generation": generation, "own": own}, **others}
    return program(HTTPS, 2, authorities=authorities)


def texts(made, name):
    return {path: (text, secret) for path, text, secret in texts_in(made[name].inputs)}


def test_between_nodes_the_ca_that_signs_is_trusted_and_while_certificates_are_awaited_it_is_held(tmp_path):
    made = between_nodes(tmp_path, signed=[])
    inputs = made["transport-ca"].inputs
    assert (inputs["generation"], inputs["holdAfter"], inputs["awaits"]) == (2, "cover", ["es-1", "es-2"])
    assert texts(made, "transport-ca")["ownCertificatePem"] == (SIGNING.pem, True)
    assert "samplePem" not in inputs
    assert made.names("CertificateRequest") == ["es-1-transport-request", "es-2-transport-request"]
    assert made.outputs["scenario"].value == "basic-https"
    assert any("authorities.transport: the certificates of es-1, es-2 are awaited" in line for line in made.warned)


def test_the_leaf_that_lives_longest_knocks_with_the_key_that_was_made_here(tmp_path):
    made = between_nodes(tmp_path, signed=["es-1", "es-2"], days={"es-1": 100, "es-2": 300})
    key, leaf = f"{MARKED}es-2-transport-request keyPem", (tmp_path / "es-2.pem").read_text()
    assert texts(made, "transport-ca")["samplePem"] == (key + leaf.replace(SIGNING.pem, ""), True)
    assert "holdAfter" not in made["transport-ca"].inputs
    for name in ("es-1", "es-2"):
        found = texts(made, f"{name}-transport-leaf")
        assert found["givenKeyPem"] == (f"{MARKED}{name}-transport-request keyPem", True)
        assert found["givenTrustPem"] == (SIGNING.pem, True)
        assert "chainPem" not in found


def test_or_the_key_that_came_with_it(tmp_path):
    made = between_nodes(tmp_path, signed=[], by_hand=["es-1", "es-2"])
    assert texts(made, "transport-ca")["samplePem"][0].startswith((tmp_path / "es-1.key").read_text())
    assert made.names("CertificateRequest") == []
    assert made["transport-cover-wave"].inputs.keys() >= {"signerKeyPem", "file"}


BILLING = {"name": "billing", "owner": "team-x", "confirmed_generation": 1}


@pytest.mark.parametrize(
    ("held", "presented"),
    [
        pytest.param({"rollout": {"hold_after": "cover"}}, False, id="by a person, after cover"),
        pytest.param({"unmanaged_clients": [BILLING]}, False, id="for a client that does not trust it yet"),
        pytest.param({"rollout": {"hold_after": "present"}}, True, id="by a person, after present"),
        pytest.param({"unmanaged_clients": [{**BILLING, "confirmed_generation": 2}]}, True, id="no longer"),
    ],
)
def test_while_their_rotation_is_held_no_node_presents_them(tmp_path, held, presented):
    made = stack(tmp_path, 2, signed=["es-1", "es-2"], **held)
    files = {f"given{what}Pem" for what in ("Certificate", "Key", "Trust")}
    for name in ("es-1", "es-2"):
        found = {path for path, _, _ in texts_in(made[f"{name}-http-leaf"].inputs)}
        assert found & files == (files if presented else set())


HTTP_TOO = {"http": {"own": {"certificate": "not/read/yet.pem", "leaves": [{"node": "es-1"}, {"node": "es-2"}]}}}


@pytest.mark.parametrize(
    ("signed", "http", "asked"),
    [
        pytest.param([], {}, ["transport"], id="all, and HTTP is ours"),
        pytest.param(["es-1"], {}, ["transport"], id="one came"),
        pytest.param([], HTTP_TOO, ["http", "transport"], id="all of both layers"),
    ],
)
def test_before_nodes_can_know_each_other_there_are_requests_and_a_password_that_nothing_uses(
    tmp_path, signed, http, asked
):
    made = between_nodes(tmp_path, generation=1, signed=signed, **http)
    requests = sorted(f"{name}-{layer}-request" for name in ("es-1", "es-2") for layer in asked)
    custom = sorted(name for name, one in made.resources.items() if one.custom)
    assert custom == ["bootstrap-password", *requests]
    assert made["bootstrap-password"].inputs["waits"] is True
    assert made["bootstrap-password"].parent == "minimal-security"
    assert list(made.outputs) == ["certificateRequests"]
    assert sum("are awaited" in line for line in made.warned) == len(asked)


def test_with_all_of_them_the_cluster_is_secured_and_https_comes_on_when_it_can(tmp_path):
    made = between_nodes(tmp_path, generation=1, signed=["es-1", "es-2"])
    assert "waits" not in made["bootstrap-password"].inputs
    assert made.outputs["scenario"].value == "basic-https"
    https_later = between_nodes(tmp_path, generation=1, signed=["es-1", "es-2"], **HTTP_TOO)
    assert https_later.outputs["scenario"].value == "basic"
    assert "holdAfter" not in https_later["transport-ca"].inputs
