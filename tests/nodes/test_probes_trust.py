"""Whom a port trusts, shown by a handshake: our leaf, a stranger's, and nobody's, in both versions of TLS."""

import ssl
from contextlib import suppress
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL

from components.nodes import probes
from components.nodes.dialling import directly
from components.nodes.probes import PING, Identity, Speech, encrypted_records, handshake
from components.pki.inspect import leaf_facts, load_certificate
from components.pki.issue import new_authority
from components.pki.spec import KeyType, Layer
from tests.nodes.tls import LOOPBACK, OURS, SERVED, STRANGERS, TODAY, context_of, port, probe_of, tls_port
from tests.pki.makers import ca, foreign, use

LONG, SHORT = 10.0, 0.1
"""Seconds to listen: for an alert that must come, and for one that must not."""
NAMESAKES = new_authority(
    cluster="logs", layer=Layer.TRANSPORT, generation=1, key_type=KeyType.EC_P256, valid_for="30D", now=TODAY
)
"""Of the same name as ours, and of another key."""


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLS 1.2", "TLS 1.3"])
def transport(request):
    """A transport layer that trusts our CA only."""
    with tls_port(context_of(trusts=OURS, version=request.param)) as found:
        yield found.number


def test_our_leaf_is_trusted(transport):
    answer = handshake(LOOPBACK, transport, probe_of(OURS), listen=LONG)
    assert (answer.speech, answer.refusal, answer.trusted) == (Speech.TLS, "", True)


@pytest.mark.parametrize("signer", [STRANGERS, NAMESAKES], ids=["another name", "the same name"])
def test_the_leaf_of_a_stranger_is_refused_and_the_alert_is_told(transport, signer):
    answer = handshake(LOOPBACK, transport, probe_of(signer), listen=LONG)
    assert not answer.trusted
    assert "alert" in answer.refusal


def test_a_peer_without_a_certificate_is_refused_and_the_alert_is_told(transport):
    answer = handshake(LOOPBACK, transport, listen=LONG)
    assert not answer.trusted
    assert "alert" in answer.refusal


def test_who_is_refused_still_sees_what_is_served(transport):
    answer = handshake(LOOPBACK, transport, probe_of(STRANGERS), listen=LONG)
    assert answer.speech is Speech.TLS
    assert answer.serial == leaf_facts(SERVED.certificate_pem).serial


@pytest.mark.parametrize("identity", [None, probe_of(STRANGERS)], ids=["nobody", "a stranger"])
def test_a_port_that_asks_for_no_certificate_admits_everybody(identity):
    with tls_port(context_of()) as found:
        assert handshake(LOOPBACK, found.number, identity, listen=LONG).trusted


def test_without_listening_a_refusal_in_tls_1_3_is_not_heard():
    """Why whoever asks for trust must listen: the alert comes after the handshake."""
    with tls_port(context_of(trusts=OURS, version=ssl.TLSVersion.TLSv1_3)) as found:
        assert handshake(LOOPBACK, found.number, probe_of(STRANGERS)).trusted


def test_a_probe_presents_its_intermediates_too():
    life = {"begins": TODAY - timedelta(days=1), "ends": TODAY + timedelta(days=30)}
    root = foreign("root", ca(), use("key_cert_sign"), **life)
    middle = foreign("middle", ca(0), use("key_cert_sign"), signer=root, **life)
    probe = foreign("probe", signer=middle, **life)
    with tls_port(context_of(trusts=root.authority)) as found:
        whole = handshake(LOOPBACK, found.number, Identity(probe.pem + middle.pem, probe.key_pem), listen=LONG)
        alone = handshake(LOOPBACK, found.number, Identity(probe.pem, probe.key_pem), listen=LONG)
    assert (whole.trusted, alone.trusted) == (True, False)


class Heard:
    """A connection that hands out what comes in so many bytes at a time, and counts how often nothing came."""

    def __init__(self, connection, most):
        self.connection, self.most, self.silences = connection, most, 0

    def recv(self, size):
        try:
            return self.connection.recv(min(size, self.most))
        except TimeoutError:
            self.silences += 1
            raise

    def __getattr__(self, name):
        return getattr(self.connection, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()


def heard(port, identity, most=16_384, listen=LONG):
    found = []

    def dial(host, number):
        found.append(Heard(directly(host, number), most))
        return found[0]

    return handshake(LOOPBACK, port, identity, listen=listen, dial=dial), found[0].silences


@pytest.mark.parametrize("most", [1, 16_384], ids=["byte by byte", "at once"])
def test_who_is_trusted_is_told_by_a_ticket_and_nobody_waits_for_an_alert(transport, most):
    answer, silences = heard(transport, probe_of(OURS), most)
    assert (answer.trusted, silences) == (True, 0)


def test_an_alert_that_comes_byte_by_byte_is_no_ticket(transport):
    answer, silences = heard(transport, probe_of(STRANGERS), most=1)
    assert (answer.refused, silences) == (True, 0)


def test_an_alert_that_openssl_passes_over_is_no_ticket(monkeypatch):
    """Whoever is interrupted may say so before it hangs up (`user_canceled`), which is not to take a certificate."""
    context, recv = context_of(trusts=OURS, version=ssl.TLSVersion.TLSv1_3), SSL.Connection.recv
    context.num_tickets = 0

    def close(connection):
        with suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
            tls.settimeout(0.1)
            tls.unwrap()

    def passing_over(connection, size):
        try:
            return recv(connection, size)
        except SSL.ZeroReturnError:
            raise SSL.WantReadError from None

    monkeypatch.setattr(SSL.Connection, "recv", passing_over)
    with port(close) as found:
        assert not heard(found.number, probe_of(OURS))[0].trusted


@pytest.fixture
def impatient(monkeypatch):
    """Do not wait long until a server is asked."""
    monkeypatch.setattr(probes, "UNASKED", SHORT)


@pytest.fixture
def ticketless():
    """A transport layer that sends no ticket."""
    context = context_of(trusts=OURS, version=ssl.TLSVersion.TLSv1_3)
    context.num_tickets = 0
    return context


def silent(context):
    def say_nothing(connection):
        with suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
            while tls.recv(16):
                pass

    return port(say_nothing)


def answering_pings(context):
    def answer(connection):
        with suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
            while said := tls.recv(16):
                assert said == PING
                tls.sendall(said)

    return port(answer)


def test_a_server_without_tickets_is_asked_by_a_ping_after_a_while(ticketless, impatient):
    with answering_pings(ticketless) as found:
        trusted, silences = heard(found.number, probe_of(OURS))
        refused, _ = heard(found.number, probe_of(STRANGERS))
    assert (trusted.trusted, silences, refused.refused) == (True, 1, True)


def test_silence_tells_nothing_since_a_busy_node_may_be_late_with_its_alert(ticketless, impatient):
    with silent(ticketless) as found:
        answer, _ = heard(found.number, probe_of(OURS), listen=3 * SHORT)
    assert (answer.speech, answer.refusal, answer.trusted, answer.refused) == (Speech.TLS, "no answer", False, False)


def late_with_its_alert(context):
    """A node that has no processor to spare for a while: its alert goes out after our ping has come in."""

    def step(tls):
        with suppress(ssl.SSLWantReadError):
            tls.do_handshake()

    def speak(connection):
        came, goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(came, goes, server_side=True)
        for _ in range(2):
            step(tls)
            connection.sendall(goes.read())
            came.write(connection.recv(16_384))
        with pytest.raises(ssl.SSLCertVerificationError):
            step(tls)
        assert encrypted_records(connection.recv(16_384)) == 1
        connection.sendall(goes.read())
        connection.recv(1)

    return port(speak)


def test_an_alert_that_comes_late_is_a_refusal_all_the_same(ticketless, impatient):
    with late_with_its_alert(ticketless) as found:
        answer, silences = heard(found.number, probe_of(STRANGERS))
    assert (answer.trusted, answer.refused, silences) == (False, True, 1)


@pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION], ids=["TLS 1.2", "TLS 1.3"])
def test_a_server_that_tells_whose_leaves_it_takes_is_heard(version):
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(version)
    context.set_max_proto_version(version)
    context.use_certificate(load_certificate(SERVED.certificate_pem))
    context.use_privatekey(load_pem_private_key(SERVED.private_key_pem.encode(), None))
    context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
    for one in (OURS, STRANGERS):
        context.add_client_ca(load_certificate(one.certificate_pem))

    def speak(connection):
        tls = SSL.Connection(context, connection)
        tls.set_accept_state()
        connection.settimeout(None)  # pyOpenSSL wants no timeout
        with suppress(SSL.Error):
            tls.do_handshake()

    with port(speak) as found:
        answer = handshake(LOOPBACK, found.number)
    assert answer.asks_for == tuple(load_certificate(one.certificate_pem).subject for one in (OURS, STRANGERS))


def test_a_server_that_asks_nobody_or_does_not_tell_asks_for_nothing():
    for context in (context_of(), context_of(trusts=OURS)):
        with tls_port(context) as found:
            assert handshake(LOOPBACK, found.number).asks_for == ()


def record(kind, length):
    return bytes([kind, 3, 3]) + length.to_bytes(2) + bytes(length)


def test_only_whole_encrypted_records_are_counted():
    handshake_record, change, encrypted = record(0x16, 300), record(0x14, 1), record(0x17, 0x1717)
    stream = handshake_record + change + encrypted + encrypted
    assert encrypted_records(stream) == 2
    assert encrypted_records(stream[:-1]) == 1
    assert encrypted_records(handshake_record + change) == 0
    assert encrypted_records(b"") == 0
