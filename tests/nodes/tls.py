"""Real servers on loopback, one thread each: of TLS as a node speaks it, and of everything else a port may say."""

import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from components.clock import SystemClock
from components.nodes.probes import Identity
from components.pki.issue import IssuedAuthority, IssuedLeaf
from tests.pki.makers import Foreign, authority, leaf

TODAY = SystemClock().now()
"""A server looks at the machine's own clock, so these certificates begin today."""
LOOPBACK = "127.0.0.1"
MAPPED = "::ffff:127.0.0.1"
"""Loopback as an IPv6 address, also where the machine has no IPv6 of its own."""
HOSTS = ("localhost", LOOPBACK, MAPPED)
OURS = authority(cluster="logs", at=TODAY)
STRANGERS = authority(cluster="strangers", at=TODAY)
SERVED = leaf("es-1", signer=OURS, hosts=HOSTS, at=TODAY)


@dataclass
class Port:
    """A port that listens, and what came in.

    Attributes:
        number: its number.
        names: the server names that clients asked for; None for a client that asked for none.
    """

    number: int
    names: list[str | None] = field(default_factory=list)


def presenting(found: IssuedLeaf) -> Identity:
    """Return what a probe presents."""
    return Identity(found.certificate_pem, found.private_key_pem)


def probe_of(signer: IssuedAuthority) -> Identity:
    """Return a probe's leaf of a CA."""
    return presenting(leaf("probe", signer=signer, at=TODAY))


def context_of(
    found: IssuedLeaf | Foreign | None = SERVED,
    *,
    trusts: IssuedAuthority | None = None,
    version: ssl.TLSVersion | None = None,
    chain: str = "",
) -> ssl.SSLContext:
    """Return the TLS of a server.

    Args:
        found: the leaf it serves; None for a server that has none.
        trusts: whose leaves it asks clients for; None when it asks nobody.
        version: the only version of TLS it speaks.
        chain: certificates served after the leaf.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if found is not None:
        with tempfile.TemporaryDirectory() as folder:
            pem = Path(folder) / "leaf.pem"
            own = found.authority if isinstance(found, Foreign) else found
            pem.write_text(own.private_key_pem + own.certificate_pem + chain)
            context.load_cert_chain(pem)
    if trusts is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=trusts.certificate_pem)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context


@contextmanager
def tls_port(context: ssl.SSLContext) -> Iterator[Port]:
    """Listen with TLS, and be silent afterwards, as a transport layer is."""
    names: list[str | None] = []
    context.sni_callback = lambda connection, name, _: names.append(name)

    def speak(connection: socket.socket):
        with suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(1)

    with port(speak) as found:
        found.names = names
        yield found


@contextmanager
def port(speak: Callable[[socket.socket], None]) -> Iterator[Port]:
    """Listen, and let a function speak on every connection, one after the other."""
    with socket.create_server((LOOPBACK, 0)) as listener:

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(10)
                    with suppress(OSError):
                        speak(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield Port(listener.getsockname()[1])
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def closed_port() -> int:
    """Return the number of a port that nobody listens on."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        return listener.getsockname()[1]
