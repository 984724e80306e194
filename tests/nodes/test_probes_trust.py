"""Whom a port trusts, shown by a handshake: our leaf, a stranger's, and nobody's, in both versions of TLS."""

import ssl
from datetime import timedelta

import pytest

from components.nodes.probes import Identity, Speech, handshake
from components.pki.inspect import leaf_facts
from components.pki.issue import new_authority
from components.pki.spec import KeyType, Layer
from tests.nodes.tls import LOOPBACK, OURS, SERVED, STRANGERS, TODAY, context_of, probe_of, tls_port
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
    answer = handshake(LOOPBACK, transport, probe_of(OURS), listen=SHORT)
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
        assert handshake(LOOPBACK, found.number, identity, listen=SHORT).trusted


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
        whole = handshake(LOOPBACK, found.number, Identity(probe.pem + middle.pem, probe.key_pem), listen=SHORT)
        alone = handshake(LOOPBACK, found.number, Identity(probe.pem, probe.key_pem), listen=LONG)
    assert (whole.trusted, alone.trusted) == (True, False)
