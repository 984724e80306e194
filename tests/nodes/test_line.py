"""How the cluster is called, as far as a preview or a run knows it."""

import pytest
from pydantic import SecretStr

from components.nodes import line
from components.nodes.endpoint import Endpoint
from components.nodes.line import LineInputs, LoginInputs
from components.values import UNKNOWN
from tests.nodes.machines import one_node

NODE = one_node().node
KNOWN = LoginInputs(user="elastic", password=SecretStr("pa55word"), formers=(SecretStr("form3r"),))
UNMADE = LoginInputs(user="elastic", password=UNKNOWN)


def test_every_node_is_an_endpoint_in_the_order_of_the_stack_file():
    other = NODE.model_copy(update={"name": "es-2", "address": "::1", "http_port": 9201})
    found = LineInputs().to((NODE, other))
    assert found.endpoints == (Endpoint("es-1", "es-1", 9200), Endpoint("es-2", "::1", 9201))
    assert [str(endpoint) for endpoint in found.endpoints] == ["es-1 (es-1:9200)", "es-2 (::1:9201)"]


def test_a_login_whose_password_is_not_made_yet_is_left_out():
    logins = LineInputs(logins=(UNMADE, KNOWN, UNMADE)).to((NODE,)).logins
    assert [(login.user, login.password.get_secret_value()) for login in logins] == [
        ("elastic", "pa55word"),
        ("elastic", "form3r"),
    ]


@pytest.mark.parametrize(
    ("password", "formers", "expected"),
    [
        pytest.param(SecretStr("new"), ("old", "older"), ["new", "old", "older"], id="the newest first"),
        pytest.param(UNKNOWN, ("old",), ["old"], id="in a preview, those that are known"),
        pytest.param(SecretStr("new"), UNKNOWN, ["new"], id="those before it are not known"),
        pytest.param(UNKNOWN, UNKNOWN, [], id="nothing is known"),
    ],
)
def test_passwords_before_the_present_one_may_be_right_too(password, formers, expected):
    known = formers if formers is UNKNOWN else tuple(map(SecretStr, formers))
    other = LoginInputs(user="kibana_system", password=SecretStr("last"))
    logins = (
        LineInputs(logins=(LoginInputs(user="elastic", password=password, formers=known), other)).to((NODE,)).logins
    )
    assert [(login.user, login.password.get_secret_value()) for login in logins] == [
        *(("elastic", one) for one in expected),
        ("kibana_system", "last"),
    ]


@pytest.mark.parametrize(
    ("given", "expected"), [(None, None), (UNKNOWN, None), (SecretStr("PEM"), "PEM")], ids=["plain", "unmade", "made"]
)
def test_the_cas_are_passed_on_once_they_are_made(given, expected):
    assert LineInputs(authorities_pem=given).to((NODE,)).authorities_pem == expected


@pytest.mark.parametrize("show", [str, repr])
def test_a_line_never_shows_a_password(show):
    inputs = LineInputs(logins=(KNOWN,))
    shown = show(inputs) + show(inputs.to((NODE,)))
    assert "elastic" in shown
    assert [password for password in ("pa55word", "form3r") if password in shown] == []


def test_only_a_line_that_takes_over_reads_what_a_node_may_serve_besides(monkeypatch):
    monkeypatch.setattr(line, "machine_of", lambda machine: f"the machine of {machine.node}")
    monkeypatch.setattr(line, "fingerprints_served", lambda node, machine: frozenset({f"{node.name} on {machine}"}))
    assert LineInputs(takes_over=True).to((NODE,)).endpoints[0].known == {"es-1 on the machine of es-1"}
    assert LineInputs().to((NODE,)).endpoints[0].known == frozenset()


BEFORE = LineInputs(authorities_pem=SecretStr("old"), logins=(KNOWN,))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(LineInputs(), ("old", []), id="HTTPS goes"),
        pytest.param(LineInputs(authorities_pem=UNKNOWN), ("old", []), id="another CA is not made yet"),
        pytest.param(LineInputs(authorities_pem=SecretStr("new")), ("newold", []), id="another CA is made"),
        pytest.param(LineInputs(authorities_pem=SecretStr("old")), ("old", []), id="the CA stays"),
        pytest.param(LineInputs(logins=(UNMADE,)), ("old", ["pa55word", "form3r"]), id="a password is not made yet"),
        pytest.param(
            LineInputs(logins=(LoginInputs(user="elastic", password=SecretStr("new")),)),
            ("old", ["new"]),
            id="a password is made",
        ),
    ],
)
def test_what_is_not_made_yet_is_what_it_was_before_and_the_ca_of_before_counts_too(given, expected):
    found = given.filled_from(BEFORE).to((NODE,))
    assert (found.authorities_pem, [login.password.get_secret_value() for login in found.logins]) == expected


HTTPS, PLAIN = LineInputs(authorities_pem=SecretStr("CA")), LineInputs()
CONSENT = {"in_clear": True}


@pytest.mark.parametrize(
    ("before", "now", "https_only"),
    [
        pytest.param(None, HTTPS, False, id="from open to HTTPS"),
        pytest.param(PLAIN, HTTPS, False, id="from basic to HTTPS"),
        pytest.param(PLAIN, PLAIN, False, id="basic stays"),
        pytest.param(HTTPS, HTTPS, True, id="HTTPS stays"),
        pytest.param(HTTPS, LineInputs(authorities_pem=UNKNOWN), True, id="HTTPS stays with another CA"),
        pytest.param(HTTPS, PLAIN, True, id="HTTPS is taken away"),
        pytest.param(HTTPS, PLAIN.model_copy(update=CONSENT), False, id="HTTPS is taken away with consent"),
        pytest.param(HTTPS, HTTPS.model_copy(update=CONSENT), False, id="HTTPS is repaired with consent"),
        pytest.param(HTTPS.model_copy(update=CONSENT), HTTPS, True, id="consent was taken out again"),
    ],
)
def test_https_is_in_force_where_it_is_recorded_as_done_unless_passwords_may_go_in_clear(before, now, https_only):
    assert now.until_done((NODE,), before).https_only is https_only


@pytest.mark.parametrize(
    ("given", "trusted"),
    [
        pytest.param(UNKNOWN, "G1 G2 ", id="in the preview of a third generation"),
        pytest.param(SecretStr("G3 "), "G3 G1 G2 ", id="in its up"),
        pytest.param(SecretStr("G1 "), "G1 ", id="once nodes have followed"),
        pytest.param(None, "G1 G2 ", id="HTTP goes off"),
    ],
)
def test_a_ca_that_came_and_went_in_between_may_have_signed_what_nodes_serve_until_they_follow(given, trusted):
    before = LineInputs(authorities_pem=SecretStr("G1 "))
    found = LineInputs(authorities_pem=given).filled_from(before, SecretStr("G2 ")).to((NODE,))
    assert found.authorities_pem == trusted


def test_a_layer_that_was_plain_has_no_ca_that_came_in_between():
    assert LineInputs().filled_from(LineInputs(), SecretStr("G2 ")).to((NODE,)).authorities_pem is None
