"""What one node answers, and what the API's refusals mean in our words."""

import pytest

from components.errors import CommandFailed, TargetUnreachable
from components.nodes.cluster_api import ClusterApi, answers_with, connect, connect_within, in_our_words, within
from tests.fakes import FakeClock
from tests.nodes.tls import OURS, STRANGERS, context_of
from tests.nodes.web import Elastic, answering, down, line, login

ELASTIC = login("elastic", "pa55word")
ODD = "Pässwörd: 密码"
USERS = {"elastic": "pa55word"}


@pytest.fixture
def secured():
    """A node that asks for a login, and an open line to it."""
    node = Elastic(users=USERS)
    with answering(node):
        api = connect(line(node.endpoint, logins=(ELASTIC,)))
        node.requests.clear()
        yield node, api
        api.close()


def refused(api: ClusterApi, kind: type[Exception]):
    with pytest.raises(kind) as caught, in_our_words():
        api.change_password("elastic", login("elastic", "n3w").password)
    assert caught.value.where == "cluster"
    assert caught.value.next_step
    assert [password for password in ("n3w", "pa55word") if password in str(caught.value)] == []
    return caught.value


@pytest.mark.parametrize(
    ("node", "given", "status"),
    [
        pytest.param(Elastic(), None, 200, id="an open cluster, nobody"),
        pytest.param(Elastic(users=USERS), None, 401, id="a secured cluster, nobody"),
        pytest.param(Elastic(users=USERS), ELASTIC, 200, id="the right password"),
        pytest.param(Elastic(users={"elastic": ODD}), login("elastic", ODD), 200, id="a password beyond ASCII"),
        pytest.param(Elastic(users=USERS), login("elastic", "x"), 401, id="a wrong password"),
        pytest.param(Elastic(users=USERS), login("nobody", "x"), 401, id="an unknown user"),
        pytest.param(Elastic(refuses=403), ELASTIC, 403, id="not allowed"),
        pytest.param(Elastic(refuses=503), ELASTIC, 503, id="not ready"),
        pytest.param(Elastic(hangs_up=("/",)), None, 0, id="it hangs up"),
        pytest.param(Elastic(users=USERS, hangs_up=("/_security/_authenticate",)), ELASTIC, 0, id="it hangs up later"),
    ],
)
def test_a_node_answers_a_login_with_a_status(node, given, status):
    with answering(node):
        assert answers_with(node.endpoint, None, given, https=False) == status


def test_a_node_that_is_down_answers_nothing():
    assert answers_with(down(), None, ELASTIC, https=False) == 0


def test_a_status_is_asked_for_once_so_that_a_wrong_password_is_not_tried_again_and_again():
    node = Elastic(refuses=503)
    with answering(node):
        answers_with(node.endpoint, None, ELASTIC, https=False)
    assert len(node.requests) == 1


def test_a_password_goes_to_nobody_but_a_server_of_our_ca():
    node = Elastic(users=USERS)
    with answering(node, tls=context_of()):
        assert answers_with(node.endpoint, STRANGERS.certificate_pem, ELASTIC, https=True) == 0
        assert node.requests == []
        assert answers_with(node.endpoint, OURS.certificate_pem, ELASTIC, https=True) == 200


def test_while_no_ca_is_known_the_machines_own_cas_are_not_trusted_instead(tmp_path, monkeypatch):
    (tmp_path / "public.pem").write_text(OURS.certificate_pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "public.pem"))
    node = Elastic(users=USERS)
    with answering(node, tls=context_of()):
        assert answers_with(node.endpoint, None, ELASTIC, https=True) == 0
    assert node.requests == []


def test_something_that_is_not_elasticsearch_takes_no_login():
    other = Elastic(product=False)
    with answering(other):
        assert answers_with(other.endpoint, None, ELASTIC, https=False) != 200


def test_plain_http_on_a_port_of_tls_is_no_answer():
    node = Elastic()
    with answering(node, tls=context_of()):
        assert answers_with(node.endpoint, None, None, https=False) == 0


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_a_cluster_that_is_not_ready_is_unreachable_so_that_one_may_try_again(secured, status):
    node, api = secured
    node.refuses = status
    error = refused(api, TargetUnreachable)
    assert error.what == f"the cluster is not ready (status {status})"
    assert error.why == "cluster_block_exception"


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_what_the_api_refuses_is_a_failed_command_with_its_status(secured, status):
    node, api = secured
    node.refuses = status
    error = refused(api, CommandFailed)
    assert error.what == f"Elasticsearch refused a request with status {status}"
    assert error.why == "cluster_block_exception"


def test_a_cluster_that_hangs_up_in_the_middle_is_unreachable(secured):
    node, api = secured
    node.hangs_up = ("/_security/user/elastic/_password",)
    assert refused(api, TargetUnreachable).what == "the cluster stopped answering"


def test_what_is_no_answer_of_the_cluster_is_not_put_in_our_words():
    with pytest.raises(KeyError), in_our_words():
        raise KeyError("a mistake of ours")


def test_the_summary_names_nodes_and_master_and_counts_shards(secured):
    _, api = secured
    summary = api.summary()
    assert (summary.status, summary.nodes, summary.elected_master) == ("yellow", {"es-1", "es-2"}, "es-2")
    assert (summary.relocating, summary.initializing, summary.unassigned) == (1, 2, 3)


def test_a_cluster_without_a_master_has_none_in_its_summary(secured):
    node, api = secured
    node.state = {"nodes": {"id-1": {"name": "es-1"}}}
    assert api.summary().elected_master is None


def test_a_password_is_set_in_the_body_of_the_request_and_not_in_its_path(secured):
    node, api = secured
    api.change_password("kibana_system", login("", "n3w").password)
    [request] = node.requests
    assert (request.method, request.path) == ("PUT", "/_security/user/kibana_system/_password")
    assert request.body == {"password": "n3w"}
    assert "n3w" not in request.query


def test_persistent_settings_are_set_and_removed_in_one_request(secured):
    node, api = secured
    api.set_persistent({"a": "b", "c": None})
    [request] = node.requests
    assert (request.method, request.path, request.body) == (
        "PUT",
        "/_cluster/settings",
        {"persistent": {"a": "b", "c": None}},
    )
    assert api.persistent_settings() == {"a.b": "c"}
    assert "flat_settings=true" in node.requests[-1].query


def test_documents_are_counted_after_they_are_made_visible(secured):
    node, api = secured
    assert api.documents() == 5000
    assert [request.path.rpartition("/")[2] for request in node.requests] == ["_refresh", "_count"]


def test_a_cluster_that_comes_up_is_waited_for_and_the_wait_is_told():
    node, clock, told = Elastic(refuses=503), FakeClock(), []

    def waiting(text: str):
        told.append(text)
        node.refuses = 0 if len(told) == 3 else 503

    with answering(node):
        connect_within(60, line(node.endpoint), clock, waiting).close()
    assert told == [f"no node answers on its HTTP layer ({took} s of at most 60 s)" for took in (0, 0, 1)]
    assert clock.monotonic() == 1.5


def test_a_cluster_that_does_not_come_up_in_time_is_unreachable_with_the_last_reason():
    clock, gone = FakeClock(), down()
    with pytest.raises(TargetUnreachable) as caught:
        connect_within(10, line(gone), clock, lambda text: None)
    assert caught.value.why == f"{gone}: Connection refused"
    assert 10 <= clock.monotonic() <= 10.5


def test_an_attempt_with_no_time_to_wait_is_made_once():
    tried = []

    def attempt():
        tried.append("once")
        raise TargetUnreachable("no", where="cluster", why="no", next_step="wait")

    with pytest.raises(TargetUnreachable):
        within(0, FakeClock(), tried.append, attempt)
    assert tried == ["once"]


def test_what_waiting_cannot_mend_is_not_tried_again():
    clock, told = FakeClock(), []

    def attempt():
        raise CommandFailed("no", where="cluster", why="refused", next_step="mend it")

    with pytest.raises(CommandFailed):
        within(60, clock, told.append, attempt)
    assert (clock.monotonic(), told) == (0, [])
