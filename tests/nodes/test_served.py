"""Whether a running node will pick up a replaced key file by itself."""

import pytest

from components.nodes.served import reads_now
from tests.fake_elasticsearch import USER, FakeNode
from tests.fakes import FakeFile
from tests.nodes.machines import running_node

OURS = "xpack.security.transport.ssl.keystore.path: certs/transport-key.p12\n"
NESTED = "xpack:\n  security:\n    transport.ssl:\n      keystore:\n        path: certs/transport-key.p12\n"
KEY_FILE, HTTP_KEY_FILE, PEM_KEY = "certs/transport-key.p12", "certs/http-key.p12", "certs/transport-key.pem"
PEM = (
    f"xpack.security.transport.ssl.key: {PEM_KEY}\nxpack.security.transport.ssl.certificate: certs/transport-leaf.pem\n"
)
HTTP = "xpack.security.http.ssl.keystore.path: certs/http-key.p12\n"


def touched_later(one: FakeNode) -> FakeNode:
    """Let somebody write elasticsearch.yml after the node was started."""
    one.target.clock.sleep(60)
    file = one.file("elasticsearch.yml")
    one.target.put(one.config / "elasticsearch.yml", FakeFile(file.content, 0o640, "root", USER))
    return one


@pytest.mark.parametrize("settings", [OURS, NESTED, HTTP + OURS])
def test_a_node_that_was_started_with_our_key_file_reloads_it(settings):
    assert reads_now(running_node(settings=settings).machine, KEY_FILE) is True


def test_each_layer_is_asked_for_its_own_key_file():
    one = running_node(settings=HTTP)
    assert reads_now(one.machine, HTTP_KEY_FILE) is True
    assert reads_now(one.machine, KEY_FILE) is False


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param("", id="no key file at all"),
        pytest.param(OURS.replace("transport-key", "elastic-certificates"), id="a key file of the operator's own"),
        pytest.param(f"# {OURS}", id="ours in a comment only"),
    ],
)
def test_a_node_that_reads_another_key_file_does_not_reload_ours(settings):
    assert reads_now(running_node(settings=settings).machine, KEY_FILE) is False


def test_a_node_whose_settings_were_written_after_its_start_may_not_know_our_key_file():
    one = touched_later(running_node(settings=OURS))
    assert reads_now(one.machine, KEY_FILE) is False


def test_a_node_that_does_not_run_reloads_nothing():
    one = running_node(settings=OURS)
    one.process.ends = one.target.now()
    assert reads_now(one.machine, KEY_FILE) is False


def test_a_node_without_settings_reloads_nothing():
    one = running_node(settings=OURS)
    del one.target.files[one.config / "elasticsearch.yml"]
    assert reads_now(one.machine, KEY_FILE) is False


def test_a_node_reloads_the_kind_of_key_file_that_it_was_started_with():
    one = running_node(settings=PEM)
    assert reads_now(one.machine, PEM_KEY) is True
    assert reads_now(one.machine, KEY_FILE) is False
    assert reads_now(running_node(settings=OURS).machine, PEM_KEY) is False
