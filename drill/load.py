"""A load on every node of a secured cluster: searches, writes and new connections, all the time, each one recorded.

A client waits 100 ms between two requests: nine that hardly waited took most of a machine with two cores, from whatever
was tried under the load. It is as patient as Elastic's own clients: it looks whether the node has closed an idle
connection before it uses it again, and asks once more where the answer says that it may. It is more patient in one
case: a search that a stopping node has forgotten (404), which an application has to ask again itself.
"""

import base64
import http.client
import json
import select
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from components.clock import SystemClock
from devcluster.node import DevNode
from devcluster.seed import INDEX

WRITTEN = "load"
"""The index that is written to."""
PAUSE = 0.1
"""Seconds that a client waits before its next request."""
PATIENCE = 30.0
"""Seconds that a client waits for an answer."""
AGAIN = frozenset({429, 502, 503, 504})
"""What Elastic's own clients ask again after. Source: elasticsearch-py, `retry_on_status`."""
LOST = '"phase":"fetch","grouped":true,"failed_shards"'
CONTEXT = '"type":"search_context_missing_exception"'
"""How a search is answered, with 404, whose context a stopping node has dropped already (docs/decisions/0015)."""
MOST_TOLD = 2000
"""Bytes of a wrong answer that are kept."""
THEN = "; then "
"""Between what went wrong in one protocol and in the next."""
CLOCK = SystemClock()


class Kind(StrEnum):
    """What a client does over and over."""

    SEARCH = "searches"
    WRITE = "writes"
    CONNECT = "new connections"
    COUNT = "counts of nodes"


ASKED = (Kind.SEARCH, Kind.WRITE, Kind.CONNECT)
"""What the clients of a load do; a watcher counts nodes beside them."""


class Protocol(StrEnum):
    """How a client speaks to the HTTP layer."""

    PLAIN = "http"
    TLS = "https"


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        kind: what it was.
        node: the node that was asked.
        began: seconds since 1970.
        ended: likewise.
        protocols: how it was tried: two, where the first one is not spoken any more.
        first_answer: what was answered before it was asked again; empty when it was asked once.
        failure: what went wrong, by protocol in the order of trying; empty when the answer was as it must be.
    """

    kind: Kind
    node: str
    began: float
    ended: float
    protocols: tuple[Protocol, ...]
    first_answer: str
    failure: str


@dataclass
class Load:
    """What all clients share.

    Attributes:
        name: tells its documents from those of other loads.
        nodes: whom they ask.
        password: of `elastic`.
        documents: how many each search must find.
        protocols: what they may speak; the first one is tried first.
        authority_pem: the CA that they trust on TLS; may become known while they run.
        requests: all that was asked so far.
    """

    name: str
    nodes: Sequence[DevNode]
    password: str
    documents: int
    protocols: tuple[Protocol, ...]
    authority_pem: str = ""
    requests: list[Request] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Keep every client asking."""
        stop = threading.Event()
        clients = [Client(self, node, kind) for node in self.nodes for kind in ASKED]
        threads = [threading.Thread(target=client.ask_until, args=(stop,), daemon=True) for client in clients]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def written(self) -> int:
        """Return how many documents were acknowledged."""
        return sum(request.kind is Kind.WRITE and not request.failure for request in self.requests)


@dataclass
class Wrong(Exception):
    """An answer that is not as it must be."""

    status: int
    text: str

    def __str__(self) -> str:
        return f"status {self.status}: {self.text}"

    @property
    def may_be_asked_again(self) -> bool:
        """Whether a client asks again after it, or an application has to."""
        return self.status in AGAIN or (self.status == 404 and LOST in self.text and CONTEXT in self.text)


class Client:
    """Asks one node for one kind of thing."""

    def __init__(self, load: Load, node: DevNode, kind: Kind) -> None:
        self.load, self.node, self.kind = load, node, kind
        self.protocol, self.number = load.protocols[0], 0
        self.connection: http.client.HTTPConnection | None = None
        self.counted: list[int] = []

    def ask_until(self, stop: threading.Event) -> None:
        """Ask and record, until somebody says stop."""
        while not stop.wait(PAUSE):
            self.load.requests.append(self.request())
        self.close()

    def request(self) -> Request:
        """Ask, again where the answer says that it may."""
        tried: list[Protocol] = []
        began, first = CLOCK.now().timestamp(), ""
        try:
            failure = self._ask(tried)
        except Wrong as wrong:
            failure = str(wrong)
            if wrong.may_be_asked_again:
                first, failure = failure, self._ask_again(tried)
        return Request(self.kind, self.node.name, began, CLOCK.now().timestamp(), tuple(tried), first, failure)

    def _ask(self, tried: list[Protocol]) -> str:
        """Ask once, in the other protocol too where the first one is not understood; return why nobody answered."""
        failures: list[str] = []
        for protocol in sorted(self.load.protocols, key=lambda one: one is not self.protocol):
            self.protocol = protocol
            tried.append(protocol)
            try:
                ASK[self.kind](self)
            except ConnectionRefusedError as refused:
                self.close()
                failures.append(str(refused))
                break
            except (OSError, http.client.HTTPException) as error:
                self.close()
                failures.append(f"{type(error).__name__}: {error}")
            else:
                return ""
        return THEN.join(failures)

    def _ask_again(self, tried: list[Protocol]) -> str:
        try:
            return self._ask(tried)
        except Wrong as wrong:
            return str(wrong)

    def search(self) -> None:
        """Find every document, in all shards."""
        query = {"size": 3, "track_total_hits": True, "query": {"match_all": {}}}
        body = self.answer("POST", f"/{INDEX}/_search?allow_partial_search_results=false", query)
        found = body["hits"]["total"]["value"]
        if found != self.load.documents or body["_shards"]["failed"] or body["timed_out"]:
            raise Wrong(200, f"{found} of {self.load.documents} documents found, shards: {body['_shards']}")

    def write(self) -> None:
        """Add a document, with an id of ours: what Elasticsearch itself repeats is then no conflict with itself."""
        self.number += 1
        self.answer("PUT", f"/{WRITTEN}/_doc/{self.load.name}-{self.node.name}-{self.number}", {"by": self.node.name})

    def connect(self) -> None:
        """Open a connection, log in, close it."""
        self.close()
        self.answer("GET", "/_security/_authenticate", None)
        self.close()

    def count(self) -> None:
        """Ask how many nodes the cluster has."""
        self.counted.append(self.answer("GET", "/_cluster/health", None)["number_of_nodes"])

    def answer(self, method: str, path: str, content: Any) -> Any:
        """Ask for something as `elastic` and return the answer."""
        login = base64.b64encode(f"elastic:{self.load.password}".encode()).decode()
        headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
        connection = self._open()
        connection.request(method, path, json.dumps(content) if content else None, headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.will_close:
            self.close()
        if answer.status not in (200, 201):
            raise Wrong(answer.status, body[:MOST_TOLD].decode(errors="replace"))
        return json.loads(body)

    def _open(self) -> http.client.HTTPConnection:
        if self.connection is not None and _was_dropped(self.connection):
            self.close()
        if self.connection is None:
            self.connection = self._new()
            self.connection.connect()
        return self.connection

    def _new(self) -> http.client.HTTPConnection:
        address, port = self.node.spec.address, self.node.spec.http_port
        if self.protocol is Protocol.PLAIN:
            return http.client.HTTPConnection(address, port, timeout=PATIENCE)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=self.load.authority_pem)
        return http.client.HTTPSConnection(address, port, timeout=PATIENCE, context=context)

    def close(self) -> None:
        """Close the connection, if one is open."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


ASK: dict[Kind, Callable[[Client], None]] = {
    Kind.SEARCH: Client.search,
    Kind.WRITE: Client.write,
    Kind.CONNECT: Client.connect,
    Kind.COUNT: Client.count,
}


def _was_dropped(connection: http.client.HTTPConnection) -> bool:
    """Tell whether the other side closed an idle connection: then there is something to read on it."""
    return connection.sock is None or bool(select.select([connection.sock], [], [], 0)[0])
