"""How Kibana is asked how it is: over plain HTTP, over TLS that is verified, and what counts as an answer."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from components.clients.status import KibanaStatus, kibana_status
from tests.nodes.tls import LOOPBACK, OURS, STRANGERS, closed_port, context_of


@contextmanager
def answering(code, body, tls=None):
    """Let something answer at `/api/status` alone."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            found = self.path == "/api/status" and "authorization" not in self.headers
            self.send_response(code if found else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = HTTPServer((LOOPBACK, 0), Handler)
    server.handle_error = lambda *_: None
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def body_of(level):
    return json.dumps({"status": {"overall": {"level": level}}}).encode()


@pytest.mark.parametrize(
    ("code", "level", "ready"),
    [(200, "available", True), (200, "degraded", True), (503, "unavailable", False), (503, "critical", False)],
)
def test_kibana_is_ready_where_it_says_so(code, level, ready):
    with answering(code, body_of(level)) as port:
        found = kibana_status(LOOPBACK, port, None)
    assert (found.code, found.level, found.ready) == (code, level, ready)
    assert str(found) == f"/api/status says {level} (status {code})"


@pytest.mark.parametrize("body", [b"Kibana server is not ready yet.", b"[]", b'{"status": {}}', b"\xff"])
def test_what_answers_otherwise_is_not_ready(body):
    with answering(200, body) as port:
        found = kibana_status(LOOPBACK, port, None)
    assert not found.ready
    assert "nothing that is known" in str(found)


def test_over_tls_the_ca_and_the_name_are_verified():
    with answering(200, body_of("available"), context_of()) as port:
        assert kibana_status(LOOPBACK, port, OURS.certificate_pem).ready
        stranger = kibana_status(LOOPBACK, port, STRANGERS.certificate_pem)
        assert (stranger.code, stranger.ready) == (0, False)
        assert "CERTIFICATE_VERIFY_FAILED" in stranger.refusal
        other_name = kibana_status("127.0.0.2", port, OURS.certificate_pem)
        assert not other_name.ready


def test_a_port_where_nothing_listens_is_no_answer():
    found = kibana_status(LOOPBACK, closed_port(), None)
    assert (found.code, found.ready) == (0, False)
    assert "refused" in str(found)


def test_a_certificate_that_is_not_ours_is_nothing_against_it():
    found = KibanaStatus(0, foreign=True)
    assert found.ready
    assert "was not asked" in str(found)


def test_a_level_alone_is_not_enough():
    assert not KibanaStatus(503, "available").ready
    assert not KibanaStatus(200, "").ready
