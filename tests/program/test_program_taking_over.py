"""A stack that takes a cluster over: what its program asks for besides, and when its nodes present ours."""

import pytest

from tests.program.running import texts_in
from tests.program.stackfiles import BASIC, HTTPS, minimal, program

GIVEN = {"takeover": {"elastic_password": "hunter22"}}


def test_what_a_node_presents_is_adopted_before_the_restart_and_replaced_after_it():
    made = program(HTTPS, 3, **GIVEN)
    transport = [f"es-{number}-transport-identity" for number in (1, 2, 3)]
    adopted = made.names("NodeAdoption")
    assert adopted == [f"es-{number}-transport-adoption" for number in (1, 2, 3)]
    assert set(adopted) <= made.waits_for("es-1-settings")
    assert all(set(made.names("NodeTrust")) <= made.waits_for(name) for name in adopted)
    assert all("restart" in made.waits_for(name) for name in transport)
    assert all(set(transport) <= made.waits_for(name) for name in made.names("NodeTrustExclusive"))
    assert set(transport) <= made.waits_for("verification")


def test_on_the_http_layer_nobody_verifies_so_ours_is_presented_with_the_restart():
    made = program(HTTPS, 3, **GIVEN)
    assert "es-1-http-identity" in made.waits_for("restart")


def test_the_other_resources_are_those_of_a_stack_that_takes_nothing_over():
    taking, other = program(HTTPS, 3, **GIVEN), program(HTTPS, 3)
    own = {*taking.names("NodeAdoption"), "transport-adopt-wave"}
    assert {one.urn for one in taking.resources.values() if one.name not in own} == {
        one.urn for one in other.resources.values()
    }


def test_only_covering_looks_at_what_somebody_else_made_a_node_trust():
    made = program(BASIC, 1, **GIVEN)
    assert made["es-1-transport-trust"].inputs["takesOver"] is True
    assert "takesOver" not in made["es-1-transport-trust-exclusive"].inputs


def test_the_present_password_of_elastic_is_tried_last_and_travels_as_a_secret():
    made = program(HTTPS, 1, **GIVEN)
    for name in ("restart", "elastic-user", "kibana_system-user"):
        line = made[name].inputs["line"]
        assert line["takesOver"] is True
        found = [(path, secret) for path, text, secret in texts_in(line) if text == "hunter22"]
        assert found == [("logins[].password", True)]
        assert line["logins"][-1]["password"]["value"] == "hunter22"
    assert [
        text
        for one in made.resources.values()
        for _, text, clear in texts_in(one.inputs)
        if text == "hunter22" and not clear
    ] == []


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        pytest.param({}, (None, None), id="nothing is taken over"),
        pytest.param({"takeover": {}}, (True, False), id="without a password"),
        pytest.param({"takeover": {"old_files": "remove"}}, (True, True), id="their files go"),
    ],
)
def test_the_restart_hears_whether_nodes_are_taken_over_and_their_files_removed(sections, expected):
    for made in (program(BASIC, 1, **sections), minimal(**sections)):
        inputs = made["restart"].inputs
        assert (inputs.get("takesOver"), inputs.get("removesOld")) == expected
        assert ("takesOver" in inputs, "takesOver" in inputs["line"]) == (bool(sections), bool(sections))
        assert [login["user"] for login in inputs["line"]["logins"]] == ["elastic", "elastic"]
