"""A CA of the operator's own in the program: what reaches the engine, what of it is secret, and what is refused."""

import pulumi
import pytest

from tests.pki.makers import own_ca
from tests.program.running import MARKED, texts_in
from tests.program.stackfiles import HTTPS, KIBANA, program

ROOT = own_ca("Example root")
ISSUING = own_ca("Example issuing", ROOT)
TRANSPORT = own_ca("Logs transport")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Run the program for three nodes and a Kibana under two CAs of somebody's own."""
    folder = tmp_path_factory.mktemp("ca")
    (folder / "http.key").write_text(ISSUING.key_pem)
    (folder / "http.pem").write_text(ISSUING.pem + ROOT.pem)
    (folder / "transport.key").write_text(TRANSPORT.key_pem)
    (folder / "transport.pem").write_text(TRANSPORT.pem)
    own = {
        layer: {"own": {"key": f"{folder}/{layer}.key", "certificate": f"{folder}/{layer}.pem"}, "generation": 2}
        for layer in ("transport", "http")
    }
    own["transport"]["own"]["only_for_this_cluster"] = True
    return program(HTTPS, 3, authorities=own, kibana=KIBANA)


def inputs_of(made, name):
    """Return the texts of a resource's inputs by their place, each with whether it is a secret."""
    return {path: (text, secret) for path, text, secret in texts_in(made[name].inputs)}


def test_key_certificate_and_chain_reach_the_authority_as_secrets(made):
    http, transport = inputs_of(made, "http-ca"), inputs_of(made, "transport-ca")
    assert http["ownKeyPem"] == (ISSUING.key_pem, True)
    assert http["ownCertificatePem"] == (ISSUING.pem, True)
    assert http["ownChainPem"] == (ROOT.pem, True)
    assert transport["ownKeyPem"] == (TRANSPORT.key_pem, True)
    assert "ownChainPem" not in transport


def test_no_other_resource_gets_the_key_and_nothing_of_pem_is_in_clear(made):
    found = [
        (one.name, text, secret)
        for one in made.resources.values()
        for _, text, secret in texts_in(one.inputs)
        if "BEGIN" in text
    ]
    assert all(secret for _, _, secret in found)
    assert {name for name, text, _ in found if "PRIVATE" in text} == {"http-ca", "transport-ca"}


def test_every_leaf_is_sent_with_the_chain_of_the_ca_that_signs(made):
    chains = {leaf.name: inputs_of(made, leaf.name).get("chainPem") for leaf in made.of("Certificate")}
    assert {chain for name, chain in chains.items() if "transport" not in name} == {
        (f"{MARKED}http-ca signerChain", True)
    }
    assert {chain for name, chain in chains.items() if "transport" in name} == {
        (f"{MARKED}transport-ca signerChain", True)
    }


def test_the_output_names_the_authority_as_its_owner_does(made):
    names = [entry["name"] for entry in made.outputs["certificates"].value if entry["node"] is None]
    assert names == ["Logs transport", "Example issuing"]


def test_every_file_that_cannot_be_used_is_told_at_once(tmp_path):
    (tmp_path / "words").write_text("no key")
    own = {
        "transport": {"own": {"key": str(tmp_path / "gone"), "only_for_this_cluster": True}},
        "http": {"own": {"key": str(tmp_path / "words"), "certificate": str(tmp_path / "words")}},
    }
    with pytest.raises(pulumi.RunError) as caught:
        program(HTTPS, 1, authorities=own)
    said = str(caught.value)
    assert "authorities.transport.own: " in said
    assert "authorities.http.own: " in said
