"""After *retire*, a node takes leaves of remote clusters, and of no CA outside its trust file: it tells by itself."""

import pytest
from pydantic import SecretStr

from components.errors import NotConverged
from components.nodes import asked_for
from components.nodes.probes import Answer, Speech
from components.nodes.wave_handler import WaveHandler, WaveInputs
from components.pki.spec import Layer
from tests.nodes.tls import STRANGERS
from tests.nodes.waves import G1, G2, TRUST_FILE, Host, pkcs12_host
from tests.pki.makers import leaf


def retire(host, **differs):
    """Converge *retire* where the key of no CA before is known, as after a cluster was taken over."""
    usual = {"layer": Layer.TRANSPORT, "wave": "retire", "nodes": (host.one.node,), "file": TRUST_FILE[host.format]}
    return WaveHandler().converge(None, WaveInputs(**{**usual, **differs}), host.context)


def serving(host):
    return host.running().serving(leaf(signer=G1))


def test_the_ca_of_somebody_else_is_waited_for_until_the_node_does_not_take_it_any_more(doors):
    host = doors(serving(Host().trusting(G1)))
    clock = host.one.target.clock
    began = clock.monotonic()
    host.takes = lambda: (G1,) if clock.monotonic() > began + 5 else (G1, STRANGERS)
    assert retire(host).reached == ("es-1",)
    assert 5 <= clock.monotonic() - began < 6
    waiting = "waiting until the transport layer takes leaves of no CA that certs/transport-trust.pem does not hold"
    assert host.context.shown[0] == f"es-1: {waiting} (0 s)"


def test_a_node_that_goes_on_taking_it_is_named_with_the_ca(doors):
    host = doors(serving(Host().trusting(G1)))
    host.takes = lambda: (G1, STRANGERS)
    with pytest.raises(NotConverged) as caught:
        retire(host)
    assert caught.value.where == "es-1"
    assert caught.value.what == "the transport layer still takes leaves of CN=strangers transport CA g1 after 30 s"
    assert "WARN from FileWatcher" in caught.value.why
    assert "run `up` again" in caught.value.next_step


def test_what_is_held_stays_in_the_file_and_is_taken(doors):
    host = doors(serving(Host().trusting(G1, G2)))
    host.takes = lambda: (G1, G2)
    assert retire(host).reached == ("es-1",)
    assert host.context.shown == []


@pytest.mark.parametrize(
    ("host", "differs"),
    [
        pytest.param(lambda: serving(Host().trusting(G1)), {"wave": "cover"}, id="another wave"),
        pytest.param(lambda: serving(Host().trusting(G1)), {"layer": Layer.HTTP}, id="HTTP"),
        pytest.param(lambda: Host().trusting(G1), {}, id="a node that does not run"),
        pytest.param(lambda: serving(pkcs12_host().trusting(G1)), {}, id="a trust file with a password"),
    ],
)
def test_elsewhere_nobody_waits(doors, host, differs):
    host = doors(host())
    host.takes = lambda: (G1, STRANGERS)
    assert retire(host, **differs).reached == ("es-1",)
    assert host.context.shown == []


def test_a_node_that_does_not_tell_shows_nothing(doors):
    host = doors(serving(Host().trusting(G1)))
    host.takes = lambda: ()
    assert retire(host).reached == ("es-1",)
    assert host.context.shown == []


def theirs():
    return SecretStr(STRANGERS.certificate_pem)


@pytest.mark.parametrize("make", [Host, pkcs12_host])
def test_the_ca_of_a_remote_cluster_is_waited_for_until_the_node_takes_it(doors, make):
    host = doors(serving(make().trusting(G1, STRANGERS)))
    clock = host.one.target.clock
    began = clock.monotonic()
    host.takes = lambda: (G1, STRANGERS) if clock.monotonic() > began + 5 else (G1,)
    assert retire(host, remote_authorities_pem=theirs()).reached == ("es-1",)
    assert 5 <= clock.monotonic() - began < 6
    waiting = "waiting until the transport layer takes leaves of the CAs of remote clusters"
    assert host.context.shown[0] == f"es-1: {waiting} (0 s)"


def test_a_node_that_goes_on_refusing_it_is_named_with_the_ca(doors):
    host = doors(serving(Host().trusting(G1, STRANGERS)))
    host.takes = lambda: (G1,)
    with pytest.raises(NotConverged) as caught:
        retire(host, remote_authorities_pem=theirs())
    assert caught.value.where == "es-1"
    assert caught.value.what == "the transport layer takes no leaves of CN=strangers transport CA g1 after 30 s"
    assert "WARN from FileWatcher" in caught.value.why


def test_a_node_that_does_not_answer_has_shown_nothing_and_is_asked_again(doors):
    host = doors(serving(Host().trusting(G1, STRANGERS)))
    clock, shown = host.one.target.clock, leaf(signer=G1)
    began = clock.monotonic()
    host.serves = lambda: shown if clock.monotonic() > began + 5 else None
    host.takes = lambda: (G1, STRANGERS)
    assert retire(host, remote_authorities_pem=theirs()).reached == ("es-1",)
    assert 5 <= clock.monotonic() - began < 6


def test_a_node_that_speaks_plain_text_verifies_nobody(doors, monkeypatch):
    host = doors(serving(Host().trusting(G1, STRANGERS)))
    monkeypatch.setattr(asked_for, "greet", lambda node, layer: Answer(Speech.PLAIN))
    assert retire(host, remote_authorities_pem=theirs()).reached == ("es-1",)


@pytest.mark.parametrize("remote", [None, theirs()], ids=["a CA that goes", "the CA of a remote cluster"])
def test_one_that_never_answers_is_told_as_that(doors, remote):
    host = doors(serving(Host().trusting(G1, STRANGERS)))
    host.serves = lambda: None
    with pytest.raises(NotConverged) as caught:
        retire(host, remote_authorities_pem=remote)
    assert caught.value.what == "the transport layer ended no handshake in 30 s"
    assert caught.value.why == "Connection refused"


def test_a_node_that_names_no_ca_shows_nothing_of_a_remote_cluster_either(doors):
    host = doors(serving(Host().trusting(G1, STRANGERS)))
    host.takes = lambda: ()
    assert retire(host, remote_authorities_pem=theirs()).reached == ("es-1",)
    assert host.context.shown == []
