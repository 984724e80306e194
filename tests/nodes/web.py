"""A tiny HTTP server on loopback that answers as a node's HTTP layer does: logins, statuses, the product's header."""

import base64
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pydantic import SecretStr

from components.nodes.cluster_api import Line
from components.nodes.endpoint import Endpoint, Login
from tests.nodes.tls import LOOPBACK, closed_port

TLS_GREETING = b"\x16"
PRODUCT = {"X-Elastic-Product": "Elasticsearch"}
STATE = {
    "master_node": "id-2",
    "nodes": {"id-1": {"name": "es-1"}, "id-2": {"name": "es-2"}},
}
HEALTH = {"status": "yellow", "relocating_shards": 1, "initializing_shards": 2, "unassigned_shards": 3}


@dataclass(frozen=True)
class Request:
    """A request that came in."""

    method: str
    path: str
    query: str
    user: str
    body: object


@dataclass
class Elastic:
    """What a node answers.

    Attributes:
        users: users and passwords that it takes; None when it asks nobody.
        refuses: status with which it answers everything; 0 when it answers as it should.
        product: whether it says that it is Elasticsearch.
        name: the node's name.
        state: its view of the cluster.
        requests: what came in.
        hangs_up: the paths at which it breaks the connection off.
        not_ready: the paths at which it answers 503 to whoever gives a login.
    """

    users: Mapping[str, str] | None = None
    refuses: int = 0
    product: bool = True
    name: str = "es-1"
    state: Mapping[str, object] = field(default_factory=lambda: STATE)
    requests: list[Request] = field(default_factory=list)
    hangs_up: tuple[str, ...] = ()
    not_ready: tuple[str, ...] = ()
    port: int = 0

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self.name, LOOPBACK, self.port)

    def answer(self, request: Request, password: str) -> tuple[int, object]:
        """Return status and body."""
        self.requests.append(request)
        if self.refuses or (request.user and request.path in self.not_ready):
            return self.refuses or 503, error("cluster_block_exception", "told so")
        if self.users is not None and self.users.get(request.user, "") != password:
            return 401, error("security_exception", f"unable to authenticate user [{request.user}]")
        if self.users is not None and not request.user:
            return 401, error("security_exception", "missing authentication credentials")
        bodies = {
            "/": {"version": {"number": "9.5.3"}},
            "/_security/_authenticate": {"username": request.user},
            "/_cluster/health": HEALTH,
            "/_cluster/state/nodes,master_node": self.state,
            "/_cluster/settings": {"persistent": {"a.b": "c"}, "transient": {}},
            "/_all/_count": {"count": 5000},
            "/*/_count": {"count": 5000},
        }
        return 200, bodies.get(request.path, {"acknowledged": True})


def error(kind: str, reason: str) -> dict[str, object]:
    """Return the body of an error as Elasticsearch words it."""
    return {"error": {"type": kind, "reason": reason, "root_cause": [{"type": kind, "reason": reason}]}}


class _Handler(BaseHTTPRequestHandler):
    timeout = 10
    elastic: Elastic

    def handle(self):
        if isinstance(self.connection, ssl.SSLSocket) or self.connection.recv(1, socket.MSG_PEEK) != TLS_GREETING:
            super().handle()
        else:
            self.wfile.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    def answer(self):
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        scheme, _, credentials = self.headers.get("authorization", "").partition(" ")
        user, _, password = base64.b64decode(credentials).decode().partition(":")
        assert scheme in ("", "Basic")
        request = Request(self.command, path, query, user, json.loads(body) if body else None)
        if path in self.elastic.hangs_up:
            return
        status, answer = self.elastic.answer(request, password)
        content = json.dumps(answer).encode()
        self.send_response(status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(content))}
        for name, value in {**headers, **(PRODUCT if self.elastic.product else {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = answer  # noqa: N815 (the standard library names them)

    def log_message(self, *arguments):
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    tls: ssl.SSLContext | None = None

    def finish_request(self, connection, address):
        with suppress(OSError):
            if self.tls is None:
                super().finish_request(connection, address)
                return
            with self.tls.wrap_socket(connection, server_side=True) as spoken:
                super().finish_request(spoken, address)


@contextmanager
def answering(*nodes: Elastic, tls: ssl.SSLContext | None = None) -> Iterator[None]:
    """Let nodes listen on ports of loopback."""
    servers = [_listening(node, tls) for node in nodes]
    threads = [threading.Thread(target=server.serve_forever, args=(0.01,)) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()


def _listening(node: Elastic, tls: ssl.SSLContext | None) -> _Server:
    server = _Server((LOOPBACK, 0), type("Handler", (_Handler,), {"elastic": node}))
    server.tls, node.port = tls, server.server_address[1]
    return server


def down(name: str = "es-9") -> Endpoint:
    """Return the endpoint of a node that does not run."""
    return Endpoint(name, LOOPBACK, closed_port())


def login(user: str, password: str) -> Login:
    return Login(user, SecretStr(password))


def line(
    *endpoints: Endpoint, logins: tuple[Login, ...] = (), pem: str | None = None, https_only: bool = False
) -> Line:
    """Return how a cluster is called."""
    return Line(endpoints, pem, logins, https_only)
