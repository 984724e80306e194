"""An open line to a cluster: through the first node that answers, with the first login that is taken."""

import socketserver
import threading
from dataclasses import replace

import pytest
from pydantic import SecretStr

from components.errors import HttpsMissing, LoginsRefused, TargetUnreachable
from components.nodes.cluster_api import NOT_OURS, answers_with, connect, connect_within
from components.nodes.endpoint import Endpoint
from components.nodes.line import LineInputs
from components.nodes.logins import logins_refused
from components.nodes.waiting import REFUSED_FOR, within
from components.pki.inspect import fingerprint_of, load_certificate
from tests.fakes import FakeClock
from tests.nodes.tls import MAPPED, OURS, STRANGERS, TODAY, context_of
from tests.nodes.web import Elastic, answering, down, line, login
from tests.pki.makers import leaf

BOOTSTRAP, ELASTIC, WRONG = login("elastic", "b00tstrap"), login("elastic", "pa55word"), login("kibana_system", "wr0ng")
REFUSED = "every login that is known was refused"
USERS = {"elastic": "pa55word"}


def why(called) -> str:
    with pytest.raises(TargetUnreachable) as caught:
        connect(called)
    assert caught.value.where == "cluster"
    assert caught.value.what == "no node answers on its HTTP layer"
    assert "`http_port`" in caught.value.next_step
    return caught.value.why


def users_of(node: Elastic) -> list[str]:
    return [request.user for request in node.requests]


def away():
    return TargetUnreachable("no node answers", where="cluster", why="Connection refused", next_step="start it")


@pytest.mark.parametrize("seconds_away", [0, 20], ids=["already there", "awaited for long"])
def test_a_node_that_has_just_started_may_refuse_for_some_seconds_whom_it_takes_then(seconds_away):
    clock = FakeClock()
    outcomes = [*[away()] * (2 * seconds_away), *[logins_refused(["elastic"], ["es-1"])] * 6, None]

    def attempt():
        error = outcomes.pop(0)
        if error:
            raise error
        return "taken"

    assert within(60, clock, print, attempt) == "taken"
    assert clock.monotonic() == seconds_away + 3


def test_an_open_cluster_is_asked_for_no_login():
    node = Elastic()
    with answering(node):
        api = connect(line(node.endpoint, logins=(ELASTIC,)))
        api.close()
    assert (api.secured, api.https) == (False, False)
    assert users_of(node) == [""]


def test_the_first_node_that_answers_is_taken_and_the_next_ones_are_left_alone():
    first, second, third = Elastic(name="es-1", refuses=503), Elastic(name="es-2"), Elastic(name="es-3")
    with answering(first, second, third):
        api = connect(line(down(), first.endpoint, second.endpoint, third.endpoint))
        api.flush()
        api.close()
    assert [len(node.requests) for node in (first, second, third)] == [1, 2, 0]


def test_logins_are_tried_in_their_order_and_the_first_that_is_taken_is_used():
    node = Elastic(users={**USERS, "kibana_system": "right"})
    with answering(node):
        api = connect(line(node.endpoint, logins=(WRONG, BOOTSTRAP, ELASTIC, login("kibana_system", "right"))))
        api.flush()
        api.close()
    assert (api.secured, api.https) == (True, False)
    assert users_of(node) == ["", "kibana_system", "elastic", "elastic", "elastic"]
    assert [request.path for request in node.requests[1:4]] == ["/_security/_authenticate"] * 3


def test_where_every_login_is_refused_the_users_are_named_once_and_a_password_never():
    node = Elastic(users=USERS)
    clock = FakeClock()
    with answering(node):
        called = line(node.endpoint, down(), logins=(WRONG, BOOTSTRAP, login("elastic", "0ther")))
        with pytest.raises(LoginsRefused) as caught:
            connect_within(60, called, clock, print)
    error = caught.value
    assert error.what == f"{REFUSED} (users: kibana_system, elastic)"
    cause = "somebody else set the password of elastic, or they cannot read their users while others are away"
    assert error.why.startswith(f"es-1 said so: {cause} (es-9 (")
    assert error.next_step.startswith("see first that every node runs; if it stays so, find out")
    assert "give it as `takeover.elastic_password`" in error.next_step
    assert [password for password in ("wr0ng", "b00tstrap", "0ther") if password in str(error)] == []
    assert clock.monotonic() == REFUSED_FOR, "waiting for longer does not help"


def test_a_secured_cluster_that_no_login_is_known_for_is_said():
    node = Elastic(users=USERS)
    with answering(node), pytest.raises(LoginsRefused) as caught:
        connect(line(node.endpoint))
    assert caught.value.what == f"{REFUSED} (users: none)"


def test_a_login_that_a_node_could_not_look_at_yet_is_not_refused():
    node = Elastic(users=USERS, not_ready=("/_security/_authenticate",))
    with answering(node):
        assert why(line(node.endpoint, logins=(WRONG, ELASTIC))).endswith("a login was answered with status 503")


def test_every_node_that_does_not_answer_is_named_with_its_own_reason():
    starting, secured, gone = Elastic(name="es-1", refuses=503), Elastic(name="es-2", users=USERS), down("es-3")
    with answering(starting, secured):
        text = why(line(starting.endpoint, secured.endpoint, gone))
    assert text.split("; ") == [
        f"{starting.endpoint}: GET / was answered with status 503",
        f"{secured.endpoint}: {REFUSED} (users: none)",
        f"{gone}: Connection refused",
    ]


def test_a_line_without_nodes_is_unreachable():
    assert why(line(logins=(ELASTIC,))) == ""


def test_https_of_our_ca_is_taken():
    node = Elastic(users=USERS)
    with answering(node, tls=context_of()):
        api = connect(line(node.endpoint, logins=(ELASTIC,), pem=OURS.certificate_pem))
        api.close()
    assert (api.secured, api.https) == (True, True)


def test_https_of_another_ca_gets_no_login():
    node = Elastic(users=USERS)
    with answering(node, tls=context_of()):
        text = why(line(node.endpoint, logins=(ELASTIC,), pem=STRANGERS.certificate_pem))
    assert "with no certificate of a CA that is trusted here" in text
    assert node.requests == []


def test_https_of_the_ca_before_is_taken_until_nodes_serve_what_the_new_one_signs():
    node, retired = Elastic(), LineInputs(authorities_pem=SecretStr(STRANGERS.certificate_pem))
    held = LineInputs(authorities_pem=SecretStr(OURS.certificate_pem + STRANGERS.certificate_pem))
    with answering(node, tls=context_of()):
        known = retired.filled_from(held).to(()).authorities_pem
        connect(line(node.endpoint, pem=known)).close()
    assert [request.path for request in node.requests] == ["/"]


def test_https_while_no_ca_is_known_gets_no_login():
    node = Elastic(users=USERS)
    with answering(node, tls=context_of()):
        text = why(line(node.endpoint, logins=(ELASTIC,)))
    assert text == f"{node.endpoint}: {NOT_OURS}"
    assert "this stack has no CA for it" in text
    assert node.requests == []


def test_https_for_another_address_gets_no_login():
    node = Elastic(users=USERS)
    other = leaf("es-2", signer=OURS, hosts=("es-2.example.net", "10.0.0.2"), at=TODAY)
    with answering(node, tls=context_of(other)):
        text = why(line(node.endpoint, logins=(ELASTIC,), pem=OURS.certificate_pem))
    assert "with no certificate of a CA that is trusted here, for this address and for today" in text
    assert node.requests == []


def test_something_that_is_not_elasticsearch_is_no_cluster():
    other = Elastic(product=False)
    with answering(other):
        assert str(other.endpoint) in why(line(other.endpoint))


def test_an_ipv6_address_is_dialled():
    node = Elastic()
    with answering(node):
        endpoint = Endpoint("es-1", MAPPED, node.port)
        assert answers_with(endpoint, None, None, https=False) == 200
        connect(line(endpoint)).close()


def test_https_with_a_certificate_that_is_known_from_the_node_itself_is_taken_whatever_it_names():
    node = Elastic(users=USERS)
    other = leaf("es-2", signer=STRANGERS, hosts=("es-2.example.net",), at=TODAY)
    known = frozenset({fingerprint_of(load_certificate(other.certificate_pem)), "of another"})
    with answering(node, tls=context_of(other)):
        for pem in (None, OURS.certificate_pem):
            api = connect(line(replace(node.endpoint, known=known), logins=(ELASTIC,), pem=pem))
            api.flush()
            api.close()
    assert (api.secured, api.https) == (True, True)


def test_https_with_a_certificate_of_ours_is_taken_where_another_one_is_known_too():
    node = Elastic(users=USERS)
    with answering(node, tls=context_of()):
        endpoint = replace(node.endpoint, known=frozenset({"of another"}))
        connect(line(endpoint, logins=(ELASTIC,), pem=OURS.certificate_pem)).close()


def test_https_with_another_certificate_than_the_known_one_gets_no_login():
    node = Elastic(users=USERS)
    with answering(node, tls=context_of()):
        endpoint = replace(node.endpoint, known=frozenset({"of another"}))
        for pem in (None, STRANGERS.certificate_pem):
            assert "with no certificate of a CA that is trusted here" in why(line(endpoint, pem=pem))
    assert node.requests == []


def test_where_https_is_in_force_plain_text_is_asked_nothing_and_the_next_node_is_taken():
    stranger, node = Elastic(name="es-1"), Elastic(name="es-2", users=USERS)
    with answering(stranger), answering(node, tls=context_of()):
        called = line(stranger.endpoint, node.endpoint, logins=(ELASTIC,), pem=OURS.certificate_pem, https_only=True)
        api = connect(called)
        api.close()
    assert (api.secured, api.https, stranger.requests) == (True, True, [])


@pytest.mark.parametrize("users", [None, USERS], ids=["asks for no login", "asks for a login"])
def test_where_nothing_but_plain_text_answers_no_password_is_sent_and_nobody_waits_long(users):
    stranger, clock = Elastic(users=users), FakeClock()
    with answering(stranger):
        called = line(stranger.endpoint, down(), logins=(ELASTIC,), pem=OURS.certificate_pem, https_only=True)
        with pytest.raises(HttpsMissing) as caught:
            connect_within(60, called, clock, print)
    error = caught.value
    assert error.what == "es-1 answers in plain text although HTTPS is in force, so no password was sent there"
    assert error.why.startswith(f"{stranger.endpoint}: it answers in plain text; es-9 (")
    assert "traffic_in_clear" in error.next_step
    assert (stranger.requests, clock.monotonic()) == ([], REFUSED_FOR)


def test_who_hangs_up_without_a_word_is_nobody_that_speaks_plain_text():
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as silent:
        thread = threading.Thread(target=silent.serve_forever, args=(0.05,))
        thread.start()
        endpoint = replace(down(), port=silent.server_address[1])
        with pytest.raises(TargetUnreachable) as caught:
            connect(line(endpoint, pem=OURS.certificate_pem, https_only=True))
        silent.shutdown()
        thread.join()
    assert caught.value.why == f"{endpoint}: connection closed"


def test_a_node_that_serves_https_and_is_not_ready_is_waited_for_whatever_speaks_plain_text():
    stranger, node = Elastic(name="es-1"), Elastic(name="es-2", refuses=503)
    with answering(stranger), answering(node, tls=context_of()):
        text = why(line(stranger.endpoint, node.endpoint, pem=OURS.certificate_pem, https_only=True))
    assert text.split("; ") == [
        f"{stranger.endpoint}: it answers in plain text",
        f"{node.endpoint}: GET / was answered with status 503",
    ]


def test_a_node_that_serves_https_and_refuses_every_login_is_what_is_told():
    stranger, node = Elastic(name="es-1"), Elastic(name="es-2", users=USERS)
    with answering(stranger), answering(node, tls=context_of()), pytest.raises(LoginsRefused) as caught:
        connect(line(stranger.endpoint, node.endpoint, logins=(BOOTSTRAP,), pem=OURS.certificate_pem, https_only=True))
    assert caught.value.why.startswith("es-2 said so")
    assert stranger.requests == []
