"""Proof by handshake: what a node serves on a port, and whom it trusts there.

`GET /_ssl/certificates` re-reads files when it is asked, so it cannot tell what is served or trusted; a
handshake can. The TLS engine is OpenSSL through pyOpenSSL, because it takes a private key from memory:
the standard library wants a file, and a key must not lie in one.
"""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from OpenSSL import SSL

from components.errors import TargetUnreachable
from components.nodes.dialling import CONNECT_TIMEOUT, Dial, directly

LISTEN = 10.0
"""Seconds for whoever asks whether it is trusted: what a server says within them tells, and silence tells nothing."""
UNASKED = 1.0
"""Seconds of them in which a TLS 1.3 server says it by itself; 45 ms were seen on an idle machine."""
PING = b"ES" + b"\xff" * 4
"""What Elasticsearch's own connections send to each other while nothing is said; the node that was called answers with
the same. Source: Elasticsearch, server/src/main/java/org/elasticsearch/transport/TransportKeepAlive.java."""
ENCRYPTED = 0x17
"""What records begin with once both sides have keys. Source: RFC 8446, section 5.2."""
ALERT = "alert"
"""How OpenSSL calls what a server sends to refuse, such as `tlsv1 alert unknown ca`."""
TLS_RECORD = b"\x14\x15\x16\x17"


class Speech(StrEnum):
    """What a port answers to a TLS greeting."""

    TLS = "TLS"
    PLAIN = "plain text"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a probe presents: a leaf with its key, in PEM. Never printed, never written."""

    certificate_pem: str
    private_key_pem: str

    def __repr__(self) -> str:
        return "Identity(***)"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one handshake.

    Attributes:
        speech: what the port speaks.
        chain: the certificates served, leaf first; empty where it does not speak TLS.
        refusal: why the server broke off, in OpenSSL's words, or that it did not tell; empty when it went on.
        asks_for: subjects of the CAs whose leaves the server asks for; empty where it asks for none, or does not tell.
    """

    speech: Speech
    chain: tuple[x509.Certificate, ...] = ()
    refusal: str = ""
    asks_for: tuple[x509.Name, ...] = ()

    @property
    def serial(self) -> str:
        """Serial number of the leaf served, in hex; empty without one."""
        return f"{self.chain[0].serial_number:x}" if self.chain else ""

    @property
    def hung_up(self) -> bool:
        """Whether it closed the connection without a word: a plain transport layer does, and so does a filter."""
        return self.speech is Speech.PLAIN and self.refusal == _CLOSED

    @property
    def trusted(self) -> bool:
        """Whether the server took what the probe presented."""
        return self.speech is Speech.TLS and not self.refusal

    @property
    def refused(self) -> bool:
        """Whether the server said so: a connection that broke, or a silence, says nothing of trust."""
        return self.speech is Speech.TLS and ALERT in self.refusal

    @property
    def undecided(self) -> bool:
        """Whether a server that speaks TLS told neither: it broke off without a word, or was silent."""
        return self.speech is Speech.TLS and not self.trusted and not self.refused


def handshake(
    host: str, port: int, identity: Identity | None = None, *, listen: float = 0.0, dial: Dial = directly
) -> Answer:
    """Greet a port with TLS and return what it answers; verify nothing, since that is the caller's rule.

    Args:
        host: host name or IP address.
        port: TCP port.
        identity: what to present when asked for a client certificate.
        listen: seconds to wait, after the handshake with a transport layer, for what tells whether it took what was
            presented; with TLS 1.3 a server refuses a client certificate only then, by an alert. One that took it may
            send a ticket for the next connection, which no server does that asks for a certificate and has not seen it
            yet; else it answers to a ping. Silence is no answer: a busy node may be late with its alert.
        dial: from where the port is called.
    """
    try:
        with dial(host, port) as connection:
            return _Greeting(connection, identity, host).run(listen)
    except OSError as error:
        return Answer(Speech.NOTHING, refusal=error.strerror or str(error))
    except TargetUnreachable as error:
        return Answer(Speech.NOTHING, refusal=error.why)


def _context(identity: Identity | None, told: Callable[[int], None]) -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_info_callback(lambda connection, what, value: told(what))
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_verify(SSL.VERIFY_NONE)
    if identity is not None:
        certificates = x509.load_pem_x509_certificates(identity.certificate_pem.encode())
        context.use_certificate(certificates[0])
        for issuer in certificates[1:]:
            context.add_extra_chain_cert(issuer)
        key = load_pem_private_key(identity.private_key_pem.encode(), password=None)
        context.use_privatekey(cast("EllipticCurvePrivateKey | RSAPrivateKey", key))
    return context


class _Greeting:
    """One handshake over a socket, through memory, so that any byte stream would do."""

    def __init__(self, connection: socket.socket, identity: Identity | None, host: str) -> None:
        self.socket = connection
        self.tls = SSL.Connection(_context(identity, self._note), None)
        self.heard_alert = False
        self.tls.set_connect_state()
        if not _is_ip(host):
            self.tls.set_tlsext_host_name(host.encode("idna"))
        self.heard_tls = False
        self.heard_anything = False
        self.heard = bytearray()

    def run(self, listen: float) -> Answer:
        refusal = self._drive(self.tls.do_handshake)
        if not refusal and listen and self.tls.get_protocol_version() == SSL.TLS1_3_VERSION:
            refusal = self._hear(listen)
        speech = Speech.TLS if self.heard_tls else (Speech.PLAIN if self.heard_anything else Speech.NOTHING)
        if speech is Speech.NOTHING and refusal == _CLOSED:
            speech = Speech.PLAIN  # a plain transport port drops what is no Elasticsearch message, silently
        chain = self.tls.get_peer_cert_chain(as_cryptography=True) or []
        return Answer(speech, tuple(chain), refusal, self._asks_for())

    def _asks_for(self) -> tuple[x509.Name, ...]:
        try:
            return tuple(self.tls.get_client_ca_list(as_cryptography=True))
        except ValueError:  # an old CA may be called by what is no text
            return ()

    def _hear(self, listen: float) -> str:
        """Return why the server refuses what was presented, or that it says nothing; an empty text once it took it."""
        records = encrypted_records(self.heard)

        def took_it() -> bool:
            return not self.heard_alert and encrypted_records(self.heard) > records

        def hear() -> str:
            return self._drive(lambda: self.tls.recv(1), took_it)

        self.socket.settimeout(min(listen, UNASKED))
        refusal = hear()
        if refusal == _SILENCE and not self.heard_alert and listen > UNASKED:
            self.socket.settimeout(listen - UNASKED)
            refusal = self._drive(lambda: self.tls.send(PING))  # not before: who goes on may lose the alert by it
            refusal = refusal or hear()
        return _CLOSED if refusal == _SILENCE and self.heard_alert else refusal

    def _note(self, what: int) -> None:
        """Note an alert, also one that OpenSSL passes over (`user_canceled`): in TLS 1.3 it looks like any record."""
        self.heard_alert = self.heard_alert or what == SSL.SSL_CB_READ_ALERT

    def _drive(self, step: Callable[[], object], enough: Callable[[], bool] = lambda: False) -> str:
        """Repeat a TLS step until it is done, or what it took was enough; return why it broke off, or an empty text."""
        deadline = time.monotonic() + 2 * CONNECT_TIMEOUT
        while time.monotonic() < deadline:
            try:
                step()
            except SSL.WantReadError:
                if enough():
                    return ""
                broken = self._exchange()
                if broken:
                    return broken
            except SSL.ZeroReturnError:
                return _CLOSED
            except SSL.Error as error:
                self._send()
                return _words(error)
            else:
                self._send()
                return ""
        return _SILENCE

    def _exchange(self) -> str:
        self._send()
        try:
            data = self.socket.recv(16_384)
        except TimeoutError:
            return _SILENCE
        except ConnectionRefusedError:  # told only now, where the port is called through another machine
            raise
        except OSError as error:
            return _CLOSED if not self.heard_anything else (error.strerror or str(error))
        if not data:
            return _CLOSED
        if not self.heard_anything:
            self.heard_anything, self.heard_tls = True, data[0] in TLS_RECORD
        self.heard += data
        self.tls.bio_write(data)
        return ""

    def _send(self) -> None:
        try:
            while True:
                self.socket.sendall(self.tls.bio_read(16_384))
        except (SSL.WantReadError, OSError):
            return


def encrypted_records(heard: bytes | bytearray) -> int:
    """Return how many whole records of a TLS stream are encrypted, from its first byte on. Source: RFC 8446, 5.1."""
    number = place = 0
    while place + 5 <= len(heard):
        end = place + 5 + int.from_bytes(heard[place + 3 : place + 5])
        number += heard[place] == ENCRYPTED and end <= len(heard)
        place = end
    return number


_SILENCE = "no answer"
_CLOSED = "connection closed"


def _words(error: SSL.Error) -> str:
    reasons = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return ", ".join(str(reason[-1]) for reason in reasons) or _CLOSED


def _is_ip(host: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except OSError:
            continue
        return True
    return False


def pem(certificate: x509.Certificate) -> str:
    """Return a certificate as PEM."""
    return certificate.public_bytes(Encoding.PEM).decode()
