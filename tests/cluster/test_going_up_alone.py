"""One real node that holds documents: from open to each scenario, and from each one to the next."""

import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cluster.climbing import DOCUMENTS, Climbing
from tests.cluster.stack_run import open_stack
from tests.nodes.web import TLS_GREETING

pytestmark = [pytest.mark.cluster(nodes=1), pytest.mark.engine]


class _Stranger(socketserver.StreamRequestHandler):
    """Asks for a login in plain text, as a node of scenario `basic` does."""

    server: "_Server"

    def handle(self):
        if self.connection.recv(1, socket.MSG_PEEK) == TLS_GREETING:
            self.connection.recv(1 << 16)
            self.wfile.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            self.server.greeted += 1
            return
        while (line := self.rfile.readline().decode(errors="replace").strip()) != "":
            self.server.heard.append(line)
        self.wfile.write(b"HTTP/1.1 401 Unauthorized\r\nX-elastic-product: Elasticsearch\r\nContent-Length: 0\r\n\r\n")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int) -> None:
        self.heard: list[str] = []
        self.greeted = 0
        super().__init__(("127.0.0.1", port), _Stranger)


@contextmanager
def listening_in_plain_text(port: int) -> Iterator[_Server]:
    """Listen where a node did, and keep every line that comes in."""
    with _Server(port) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def one_node(tmp_path_factory):
    with open_stack(tmp_path_factory.mktemp("one"), DOCUMENTS, ("es-1",)) as run:
        yield Climbing(run)


def test_one_node_goes_from_open_to_minimal_to_basic_to_basic_https(one_node):
    users = {name: {} for name in ("logstash_system", "beats_system", "apm_system", "remote_monitoring_user")}
    assert one_node.to("minimal", users=users)["restart"]["procedure"] == "full stop"
    settings = one_node.run.cluster.nodes[0].settings.read_text()
    assert "discovery.type: single-node" in settings
    assert "initial_master_nodes" not in settings
    assert one_node.to("basic")["restart"]["procedure"] == "full stop"
    assert one_node.to("basic-https")["restart"]["procedure"] == "full stop"


def test_a_lower_scenario_is_refused_and_changes_nothing(one_node):
    run = one_node.run
    before = run.cluster.nodes[0].settings.read_bytes()
    run.write(cluster={"name": run.cluster.spec.name, "scenario": "basic"})
    for command in ("preview", "up"):
        finished = run.run(command)
        assert finished.status == 2
        assert "HTTPS is on in elasticsearch.yml, and the scenario leaves it out" in finished.stdout
        assert "Traceback" not in finished.stdout + finished.stderr
    assert run.cluster.nodes[0].settings.read_bytes() == before
    run.write()
    assert run.preview()["plan"]["rows"] == []


def test_what_listens_in_plain_text_in_place_of_a_node_that_is_down_gets_no_login(one_node):
    run = one_node.run
    (node,) = run.cluster.nodes
    run.cluster.stop("es-1")
    with listening_in_plain_text(node.spec.http_port) as stranger:
        told = [run.run(command) for command in ("preview", "up", "refresh")]
    assert stranger.greeted
    assert [line for line in stranger.heard if line.lower().startswith("authorization")] == []
    for finished in told:
        assert finished.status != 0
        assert "Traceback" not in finished.stdout + finished.stderr
    for finished in told[:2]:
        assert "es-1 answers in plain text although HTTPS is in force, so no password was sent there" in finished.stdout
        assert "es-1 does not run" in finished.stdout
    run.cluster.start("es-1")
    run.up()  # another process is verified anew
    one_node.check("basic-https")


def test_https_that_was_switched_off_by_hand_is_drift_and_repaired_with_consent(one_node):
    run = one_node.run
    (node,) = run.cluster.nodes
    on, off = (f"xpack.security.http.ssl.enabled: {value}" for value in ("true", "false"))
    assert on in node.settings.read_text()
    run.cluster.stop("es-1")
    node.settings.write_text(node.settings.read_text().replace(on, off))
    run.cluster.start("es-1")
    found = json.loads(run.run("refresh", "--json").stdout)["findings"]
    assert ("xpack.security.http.ssl.enabled", "true", "false") in {
        (one["what"], one["recorded"], one["found"]) for one in found
    }
    refused = run.run("up")
    assert refused.status == 2
    assert "es-1 answers in plain text although HTTPS is in force" in refused.stdout
    assert "consent: {traffic_in_clear: true}" in refused.stdout
    one_node.to("basic-https", consent={"full_cluster_restart": True, "traffic_in_clear": True})
    run.write()
    run.up()
    one_node.check("basic-https")


def test_with_consent_one_node_goes_down_to_minimal(one_node):
    consent = {"full_cluster_restart": True, "traffic_in_clear": True}
    settings = one_node.run.cluster.nodes[0].settings
    assert one_node.to("minimal", consent=consent)["restart"]["procedure"] == "full stop"
    assert "ssl" not in settings.read_text()
