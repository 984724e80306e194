"""What waits for what: the waves, in the one order in which no node is ever locked out."""

import pytest

from tests.program.stackfiles import BASIC, HTTPS, program

TRUST_STORE = {"certificates": {"trust_format": "pkcs12"}}
LAYERS = [pytest.param(BASIC, id="basic"), pytest.param(HTTPS, id="basic-https")]


@pytest.fixture(params=LAYERS)
def made(request):
    """Three nodes that run."""
    return program(request.param, 3)


def assert_each_waits_for_all(made, later, earlier):
    """Every resource of a wave waits for the whole wave before it, not only for its own node's part."""
    assert later
    assert earlier
    for name in later:
        assert set(earlier) <= made.waits_for(name), name


def test_a_leaf_waits_for_its_authority(made):
    for leaf in made.of("Certificate"):
        assert f"{leaf.inputs['layer']}-ca" in leaf.after


def test_present_waits_until_every_node_trusts(made):
    transport = [name for name in made.names("NodeIdentity") if name.endswith("-transport-identity")]
    assert_each_waits_for_all(made, transport, made.names("NodeTrust"))


def test_nobody_presents_a_leaf_that_the_wave_before_does_not_know(made):
    """Who verifies it is asked for the time there."""
    leaves = [name for name in made.names("Certificate") if name.endswith("-transport-leaf")]
    assert set(leaves) <= made["transport-cover-wave"].after
    assert len(made["transport-cover-wave"].inputs["leaves"]) == len(leaves)
    assert "written" in made["transport-cover-wave"].inputs, (
        "a proof is given again for a trust file that was lost since"
    )


def test_settings_wait_until_every_file_is_in_place_on_every_node(made):
    assert_each_waits_for_all(made, made.names("NodeSettings"), made.names("NodeIdentity"))
    assert_each_waits_for_all(made, made.names("NodeSettings"), made.names("NodeTrust"))


def test_the_restart_waits_for_the_settings_and_files_of_every_node(made):
    for kind in ("NodeSettings", "NodeIdentity", "NodeTrust"):
        assert_each_waits_for_all(made, ["restart"], made.names(kind))


def test_the_restart_waits_until_the_password_that_it_logs_in_with_is_recorded(made):
    assert {"elastic-password", "bootstrap-password"} <= made["restart"].after


def test_users_get_their_passwords_after_the_restart_elastic_first(made):
    assert_each_waits_for_all(made, made.names("UserPassword"), ["restart"])
    assert "elastic-user" in made["kibana_system-user"].after
    assert "kibana_system-user" not in made.waits_for("elastic-user")


def test_retire_waits_until_every_node_presents_and_was_restarted(made):
    presents = [name for name in made.names("NodeIdentity") if name.endswith("-transport-identity")]
    assert_each_waits_for_all(made, made.names("NodeTrustExclusive"), [*presents, "restart"])


def test_verification_comes_last(made):
    made_by_the_plugin = {one.name for one in made.resources.values() if one.custom}
    assert made.waits_for("verification") == made_by_the_plugin - {"verification"}


def test_nothing_waits_for_what_comes_after_it(made):
    ranks = ["CertificateAuthority", "Certificate", "NodeTrust", "NodeIdentity", "NodeSettings", "ClusterRestart"]
    ranks += ["UserPassword", "NodeTrustExclusive", "ClusterVerification"]
    for one in made.resources.values():
        if one.kind in ranks:
            later = {name for kind in ranks[ranks.index(one.kind) + 1 :] for name in made.names(kind)}
            assert not made.waits_for(one.name) & later, one.name


def test_a_trust_store_waits_for_its_password():
    made = program(BASIC, 3, **TRUST_STORE)
    assert_each_waits_for_all(made, made.names("NodeTrust"), ["transport-trust-file-password"])
    assert_each_waits_for_all(made, made.names("NodeTrustExclusive"), ["transport-trust-file-password"])
    assert made["transport-trust-file-password"].parent == "transport-files"


def test_the_http_layer_has_nothing_to_cover_and_nothing_to_retire():
    made = program(HTTPS, 3, **TRUST_STORE)
    for kind in ("NodeTrust", "NodeTrustExclusive"):
        assert {one.inputs["layer"] for one in made.of(kind)} == {"transport"}
        assert len(made.of(kind)) == 3
    assert "http-trust-file-password" not in made.resources


def test_http_key_files_wait_for_no_trust_since_nodes_verify_nobody_there():
    made = program(HTTPS, 3)
    for number in (1, 2, 3):
        assert made.waits_for(f"es-{number}-http-identity") == {"http-ca", f"es-{number}-http-leaf"}


def test_without_running_nodes_retire_still_comes_after_the_restart_and_nobody_logs_in():
    made = program(HTTPS, 3, running=False)
    assert_each_waits_for_all(made, made.names("NodeTrustExclusive"), ["restart"])
    assert made["restart"].inputs["running"] is False
    assert made.names("UserPassword") == made.names("ClusterVerification") == []


def test_what_resources_wait_for_grows_with_the_nodes_and_not_with_their_square():
    three, six = (sum(len(one.after) for one in program(HTTPS, nodes).resources.values()) for nodes in (3, 6))
    assert six < 2 * three + 3
