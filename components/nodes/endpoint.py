"""One node's HTTP layer as a place to call, and the official client for it."""

import ssl
import warnings
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from components.nodes.dialling import Dial, directly
from components.nodes.probes import Answer, handshake
from components.pki.inspect import fingerprint_of

if TYPE_CHECKING:  # a third of a second, which only runs that talk to a cluster should pay
    from elastic_transport import NodeConfig, Urllib3HttpNode
    from elasticsearch import Elasticsearch

REQUEST_TIMEOUT = 15.0
"""Seconds for one request; whoever may wait longer asks again."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a node's HTTP layer listens.

    Attributes:
        node: the node's name.
        host: host name or IP address.
        port: TCP port.
        known: fingerprints of what it may serve besides leaves of our CA.
        dial: from where it is called.
    """

    node: str
    host: str
    port: int
    known: frozenset[str] = frozenset()
    dial: Dial = field(default=directly, compare=False, repr=False)

    def greet(self) -> Answer:
        """Return what it answers to a TLS greeting."""
        return handshake(self.host, self.port, dial=self.dial)

    def __str__(self) -> str:
        return f"{self.node} ({self.host}:{self.port})"


@dataclass(frozen=True, slots=True)
class Login:
    """A user and a password that may be right."""

    user: str
    password: SecretStr


def client_for(endpoint: Endpoint, authorities_pem: str | None, login: Login | None, *, https: bool) -> "Elasticsearch":
    """Return a client for one node, which asks once and waits :data:`REQUEST_TIMEOUT`.

    Args:
        endpoint: where.
        authorities_pem: which CAs may have signed what HTTPS serves; None for none.
        login: as whom; None for nobody.
        https: whether it is called by HTTPS.
    """
    from elasticsearch import Elasticsearch, ElasticsearchWarning

    warnings.simplefilter("ignore", ElasticsearchWarning)  # "security is not enabled" is what we are here for
    options: dict[str, Any] = {}
    if https:
        known = _served_and_known(endpoint)
        options |= {"ssl_assert_fingerprint": known} if known else {"ssl_context": trusting(authorities_pem)}
    if login is not None:
        options["basic_auth"] = b64encode(f"{login.user}:{login.password.get_secret_value()}".encode()).decode()
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    return Elasticsearch(
        f"{'https' if https else 'http'}://{host}:{endpoint.port}",
        request_timeout=REQUEST_TIMEOUT,
        node_class=node_class(endpoint.dial),
        max_retries=0,  # the client would ask again at once; a cluster that is coming up needs a moment
        **options,
    )


def _served_and_known(endpoint: Endpoint) -> str:
    chain = endpoint.greet().chain if endpoint.known else ()
    return next((mark for one in chain[:1] if (mark := fingerprint_of(one)) in endpoint.known), "")


def trusting(authorities_pem: str | None) -> ssl.SSLContext:
    """Return a context that trusts these CAs and no other: the machine's own would admit anybody's public name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if authorities_pem:
        context.load_verify_locations(cadata=authorities_pem)
    return context


def node_class(dial: Dial) -> "type[Urllib3HttpNode]":
    """Return the class of the client's connections, which calls ports as we do.

    The names that a certificate must have, and the request itself, stay those of the place that is called. Source:
    urllib3, `contrib/socks.py`, which replaces the same method for the same end.
    """
    from elastic_transport import Urllib3HttpNode
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.exceptions import NewConnectionError

    def call(connection: HTTPConnection) -> Any:
        try:
            return dial(connection.host, connection.port)
        except OSError as error:
            raise NewConnectionError(connection, str(error)) from error

    class Plain(HTTPConnection):
        def _new_conn(self) -> Any:
            return call(self)

    class Secured(HTTPSConnection):
        def _new_conn(self) -> Any:
            return call(self)

    class Node(Urllib3HttpNode):
        def __init__(self, config: "NodeConfig") -> None:
            super().__init__(config)
            self.pool.ConnectionCls = Secured if config.scheme == "https" else Plain

    return Urllib3HttpNode if dial is directly else Node
