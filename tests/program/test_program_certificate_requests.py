"""Certificates that somebody else signs, in the program: first requests and nothing that needs them, then leaves."""

import pytest
from cryptography import x509

from tests.pki.makers import foreign, own_ca
from tests.program.running import MARKED, texts_in
from tests.program.stackfiles import HTTPS, program

ROOT = own_ca("Example root")


def stack(folder, generation, *, signed, **sections):
    """Run the program for two nodes, with the certificates that were signed so far."""
    (folder / "root.pem").write_text(ROOT.pem)
    leaves = []
    for name in ("es-1", "es-2"):
        leaf = foreign(name, (x509.BasicConstraints(ca=False, path_length=None), True), signer=ROOT)
        (folder / f"{name}.pem").write_text(leaf.pem)
        leaves.append({"node": name} | ({"certificate": f"{folder}/{name}.pem"} if name in signed else {}))
    own = {"certificate": f"{folder}/root.pem", "leaves": leaves}
    return program(HTTPS, 2, authorities={"http": {"generation": generation, "own": own}}, **sections)


def test_at_first_there_are_requests_and_nothing_of_the_http_layer(tmp_path):
    made = stack(tmp_path, 1, signed=["es-1"])
    assert made.names("CertificateRequest") == ["es-1-http-request", "es-2-http-request"]
    assert not [name for name in made.resources if "http" in name and not name.endswith("-request")]
    assert made.outputs["scenario"].value == "basic"
    assert set(made.outputs["certificateRequests"].value) == {"es-1 http", "es-2 http"}
    assert any("the certificates of es-2 are awaited" in line for line in made.warned)


def test_while_one_is_awaited_the_ca_is_covered_and_held_and_the_generation_before_signs(tmp_path):
    made = stack(tmp_path, 2, signed=["es-1"])
    inputs = made["http-ca"].inputs
    assert (inputs["generation"], inputs["holdAfter"], inputs["awaits"]) == (2, "cover", ["es-2"])
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
