"""What a port serves, shown by a handshake with real servers on loopback."""

import socket
import ssl
import struct
from datetime import timedelta

import pytest

from components.nodes import probes
from components.nodes.probes import Answer, Identity, Speech, handshake, pem
from components.pki.inspect import leaf_facts, load_certificate
from tests.nodes.tls import LOOPBACK, MAPPED, OURS, SERVED, closed_port, context_of, port, tls_port
from tests.pki.makers import NOW, foreign

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch):
    """Wait shortly for a port that will not say anything."""
    monkeypatch.setattr(probes, "CONNECT_TIMEOUT", 0.5)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_serial_of_the_leaf_served_is_shown_as_elasticsearch_shows_it(version):
    with tls_port(context_of(version=version)) as found:
        answer = handshake(LOOPBACK, found.number)
    assert (answer.speech, answer.refusal) == (Speech.TLS, "")
    assert answer.serial == leaf_facts(SERVED.certificate_pem).serial
    assert answer.trusted


def test_the_whole_chain_is_shown_leaf_first():
    with tls_port(context_of(chain=OURS.certificate_pem)) as found:
        answer = handshake(LOOPBACK, found.number)
    assert [pem(one) for one in answer.chain] == [SERVED.certificate_pem, OURS.certificate_pem]


def test_a_certificate_that_nobody_should_trust_is_shown_all_the_same():
    """Whether it may be served is the rule of whoever asked; a probe must see what is wrong."""
    ended = foreign("somebody", ends=NOW - timedelta(hours=1))
    with tls_port(context_of(ended)) as found:
        assert handshake(LOOPBACK, found.number).chain == (ended.certificate,)


def test_a_server_is_asked_by_the_name_that_was_dialled():
    with tls_port(context_of()) as found:
        assert handshake("localhost", found.number).speech is Speech.TLS
    assert found.names == ["localhost"]


@pytest.mark.parametrize("address", [LOOPBACK, MAPPED], ids=["IPv4", "IPv6"])
def test_a_server_that_is_dialled_by_address_is_asked_for_no_name(address):
    with tls_port(context_of()) as found:
        assert handshake(address, found.number).serial == leaf_facts(SERVED.certificate_pem).serial
    assert found.names == [None]


def test_a_server_that_has_no_certificate_speaks_tls_and_serves_nothing():
    with tls_port(context_of(None)) as found:
        answer = handshake(LOOPBACK, found.number)
    assert (answer.speech, answer.chain, answer.serial) == (Speech.TLS, (), "")
    assert "handshake failure" in answer.refusal
    assert not answer.trusted


def test_a_port_that_answers_in_http_speaks_plain_text():
    def bad_request(connection: socket.socket):
        connection.recv(1)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with port(bad_request) as found:
        answer = handshake(LOOPBACK, found.number)
    assert (answer.speech, answer.chain, answer.trusted) == (Speech.PLAIN, (), False)


def test_a_port_that_hangs_up_on_tls_speaks_plain_text_as_an_open_transport_layer_does():
    with port(lambda connection: None) as found:
        assert handshake(LOOPBACK, found.number).speech is Speech.PLAIN


def test_a_port_that_resets_the_connection_speaks_plain_text():
    def reset(connection: socket.socket):
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with port(reset) as found:
        assert handshake(LOOPBACK, found.number).speech is Speech.PLAIN


def test_a_port_that_accepts_and_says_nothing_is_nothing(impatient):
    with port(lambda connection: wait_for_the_end(connection)) as found:
        answer = handshake(LOOPBACK, found.number)
    assert (answer.speech, answer.refusal, answer.trusted) == (Speech.NOTHING, "no answer", False)


def test_a_server_that_stops_in_the_middle_of_the_handshake_is_not_trusted(impatient):
    def half(connection: socket.socket):
        connection.recv(1)
        connection.sendall(b"\x16\x03\x03\x00\x7a\x02")
        wait_for_the_end(connection)

    with port(half) as found:
        answer = handshake(LOOPBACK, found.number)
    assert (answer.speech, answer.chain, answer.trusted) == (Speech.TLS, (), False)


def test_a_closed_port_is_nothing_and_the_reason_is_told():
    assert handshake(LOOPBACK, closed_port()) == Answer(Speech.NOTHING, refusal="Connection refused")


def test_a_probe_never_prints_what_it_presents():
    assert repr(Identity(SERVED.certificate_pem, SERVED.private_key_pem)) == "Identity(***)"


def test_a_certificate_is_shown_as_pem():
    assert pem(load_certificate(SERVED.certificate_pem)) == SERVED.certificate_pem


@pytest.mark.parametrize(
    ("answer", "trusted"),
    [
        (Answer(Speech.TLS), True),
        (Answer(Speech.TLS, refusal="certificate unknown"), False),
        (Answer(Speech.PLAIN), False),
        (Answer(Speech.NOTHING), False),
    ],
)
def test_only_a_server_that_speaks_tls_and_does_not_break_off_took_what_was_presented(answer, trusted):
    assert answer.trusted is trusted


def wait_for_the_end(connection: socket.socket) -> None:
    """Read until the other side hangs up, and say nothing."""
    while connection.recv(4096):
        pass
