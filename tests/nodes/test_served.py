"""Whether a running node will pick up a replaced key file by itself: by what it was started with, or by its port."""

import pytest

from components.nodes import served
from components.nodes.probes import Answer, Speech
from components.pki.inspect import load_certificate
from components.pki.spec import Layer
from tests.fake_elasticsearch import USER, FakeNode
from tests.fakes import FakeFile
from tests.nodes.machines import running_node
from tests.nodes.waves import serial_of
from tests.pki.makers import leaf

OURS = "xpack.security.transport.ssl.keystore.path: certs/transport-key.p12\n"
NESTED = "xpack:\n  security:\n    transport.ssl:\n      keystore:\n        path: certs/transport-key.p12\n"
KEY_FILE, HTTP_KEY_FILE, PEM_KEY = "certs/transport-key.p12", "certs/http-key.p12", "certs/transport-key.pem"
PEM = (
    f"xpack.security.transport.ssl.key: {PEM_KEY}\nxpack.security.transport.ssl.certificate: certs/transport-leaf.pem\n"
)
OURS_IS = leaf("es-1")
PLAIN, NOTHING = Answer(Speech.PLAIN), Answer(Speech.NOTHING, refusal="Connection refused")
HTTP = "xpack.security.http.ssl.keystore.path: certs/http-key.p12\n"


def reads_now(one: FakeNode, file: str = KEY_FILE, **known) -> bool:
    layer = Layer.HTTP if file == HTTP_KEY_FILE else Layer.TRANSPORT
    return served.reads_now(one.machine, one.node, layer, file, **known)


@pytest.fixture
def heard(monkeypatch):
    """Return what sets the answers of the port, the last of which stays; none are to be asked for without it."""

    def answers(*said: Answer):
        left = list(said)
        monkeypatch.setattr(served, "greet", lambda *_: left.pop(0) if len(left) > 1 else left[0])

    monkeypatch.setattr(served, "greet", lambda *_: pytest.fail("nobody is to be asked"))
    return answers


def tls(one) -> Answer:
    return Answer(Speech.TLS, (load_certificate(one.certificate_pem),))


def touched_later(one: FakeNode) -> FakeNode:
    """Let somebody write elasticsearch.yml after the node was started."""
    one.target.clock.sleep(60)
    file = one.file("elasticsearch.yml")
    one.target.put(one.config / "elasticsearch.yml", FakeFile(file.content, 0o640, "root", USER))
    return one


@pytest.mark.parametrize("settings", [OURS, NESTED, HTTP + OURS])
def test_a_node_that_was_started_with_our_key_file_reloads_it(settings):
    assert reads_now(running_node(settings=settings)) is True


def test_each_layer_is_asked_for_its_own_key_file():
    one = running_node(settings=HTTP)
    assert reads_now(one, HTTP_KEY_FILE) is True
    assert reads_now(one) is False


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param("", id="no key file at all"),
        pytest.param(OURS.replace("transport-key", "elastic-certificates"), id="a key file of the operator's own"),
        pytest.param(f"# {OURS}", id="ours in a comment only"),
    ],
)
def test_a_node_that_reads_another_key_file_does_not_reload_ours(settings):
    assert reads_now(running_node(settings=settings)) is False


def test_where_the_settings_were_written_after_the_start_the_port_tells_whether_they_are_in_force(heard):
    one = touched_later(running_node(settings=OURS))
    heard(tls(OURS_IS))
    assert reads_now(one) is True
    heard(PLAIN)
    assert reads_now(one) is False, "an open node, which is still to be restarted"
    heard(PLAIN, tls(OURS_IS))
    assert reads_now(one) is True, "a connection that ended sounds like plain text once"
    heard(NOTHING)
    assert reads_now(one) is True, "it runs, and is asked again for the proof"


def test_a_node_that_reads_another_file_until_its_restart_is_not_taken_to_read_the_new_one(heard):
    one = touched_later(running_node(settings=OURS))
    assert reads_now(one, renamed=True) is False
    assert reads_now(running_node(settings=OURS), renamed=True) is True, "it was restarted since"


@pytest.mark.parametrize("settings", ["cluster.name: books\n", OURS.replace("transport-key", "their-key"), None])
def test_a_node_that_presents_our_leaf_reads_our_file_whatever_became_of_its_settings_since(heard, settings):
    one = running_node(settings=OURS)
    one.target.clock.sleep(60)
    if settings is None:
        del one.target.files[one.config / "elasticsearch.yml"]
    else:
        one.target.put(one.config / "elasticsearch.yml", FakeFile(settings.encode(), 0o640, "root", USER))
    heard(tls(OURS_IS))
    assert reads_now(one, presented=(serial_of(OURS_IS),)) is True
    assert reads_now(one, presented=("of another",)) is False
    heard(NOTHING)
    assert reads_now(one, presented=(serial_of(OURS_IS),)) is False


def test_a_node_whose_process_is_not_found_runs_where_its_port_speaks_tls(heard):
    one = running_node(settings=OURS)
    del one.target.files[one.pid_file]
    heard(tls(OURS_IS))
    assert reads_now(one) is True


def test_a_node_that_does_not_run_reloads_nothing(heard):
    heard(NOTHING)
    one = running_node(settings=OURS)
    one.process.ends = one.target.now()
    assert reads_now(one) is False


def test_a_node_without_settings_that_presents_nothing_of_ours_reloads_nothing():
    one = running_node(settings=OURS)
    del one.target.files[one.config / "elasticsearch.yml"]
    assert reads_now(one) is False


def test_a_node_reloads_the_kind_of_key_file_that_it_was_started_with():
    one = running_node(settings=PEM)
    assert reads_now(one, PEM_KEY) is True
    assert reads_now(one) is False
    assert reads_now(running_node(settings=OURS), PEM_KEY) is False
