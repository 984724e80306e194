"""The proofs of *cover* and *retire*: every node takes a leaf of the new CA, and none of the old one."""

import pytest
from pydantic import SecretStr

from components.errors import NotConverged
from components.nodes import wave_handler
from components.nodes.probes import Answer, Speech
from components.nodes.wave_handler import WaveHandler, WaveInputs, WaveOutputs
from components.pki.generations import Generation
from components.pki.inspect import load_certificate
from components.pki.spec import Layer
from components.values import UNKNOWN
from tests.nodes.waves import G1, G2, G3, TRUST_FILE, Host


def wanted(host, **differs):
    """Return the wave in which a node must take leaves of the second generation."""
    usual = {
        "layer": Layer.TRANSPORT,
        "wave": "cover",
        "nodes": (host.one.node,),
        "file": TRUST_FILE[host.format],
        "generation": 2,
        "signer_certificate_pem": SecretStr(G2.certificate_pem),
        "signer_key_pem": SecretStr(G2.private_key_pem),
    }
    return WaveInputs(**{**usual, **differs})


def up(host, **differs):
    return WaveHandler().converge(None, wanted(host, **differs), host.context)


PROVED = ("a probe leaf of transport CA g2 is accepted by es-1",)


def test_cover_waits_until_the_running_node_takes_a_leaf_of_the_new_ca(doors):
    host = doors(Host().trusting(G1, G2).running())
    clock = host.one.target.clock
    began = clock.monotonic()
    host.takes = lambda: (G1, G2) if clock.monotonic() > began + 5 else (G1,)
    assert up(host) == WaveOutputs(reached=("es-1",), steps=PROVED)
    assert 5 <= clock.monotonic() - began < 6
    assert host.context.shown[0] == "es-1: waiting until the transport layer takes leaves of CA g2 (0 s)"


def test_a_node_that_goes_on_refusing_stops_the_rotation_before_anybody_presents(doors):
    host = doors(Host().trusting(G1, G2).running())
    host.takes = lambda: (G1,)
    with pytest.raises(NotConverged) as caught:
        up(host)
    assert caught.value.where == "es-1"
    assert caught.value.what == "the transport layer still refuses leaves of CA g2 after 30 s"
    assert "tlsv1 alert unknown ca" in caught.value.why
    assert "nothing is broken" in caught.value.next_step


def test_a_node_that_does_not_run_has_nothing_to_prove(doors):
    host = doors(Host().trusting(G1, G2))
    assert up(host) == WaveOutputs(reached=("es-1",))
    assert host.greeted == []


def test_a_node_that_runs_without_our_trust_file_has_nothing_to_prove_before_its_restart(doors):
    host = doors(Host().holding("elasticsearch.yml", b"xpack.security.enabled: false\n"))
    host.one.target.clock.sleep(60)
    host.one.starts()
    assert up(host) == WaveOutputs(reached=("es-1",))
    assert host.greeted == []


def test_present_has_its_proof_on_every_node_and_none_here(doors):
    host = doors(Host().running())
    assert up(host, wave="present", file=None, signer_key_pem=None) == WaveOutputs(reached=("es-1",))
    assert host.greeted == []


def test_a_preview_tells_the_proof_and_asks_nobody(doors):
    host = doors(Host().running())
    told = WaveHandler().preview(None, wanted(host, signer_key_pem=UNKNOWN), host.context)
    assert told.steps == PROVED
    assert host.greeted == []


def retired(*generations):
    """Return what *retire* is proved of, in place of what *cover* is."""
    ended = tuple(
        Generation(
            number=number,
            certificate_pem=SecretStr(one.certificate_pem),
            private_key_pem=SecretStr(one.private_key_pem),
        )
        for number, one in generations
    )
    return {
        "wave": "retire",
        "generation": None,
        "signer_certificate_pem": None,
        "signer_key_pem": None,
        "retired": ended,
    }


REFUSED = ("a probe leaf of transport CA g1 is refused by es-1",)


def test_retire_waits_until_the_running_node_refuses_a_leaf_of_the_old_ca(doors):
    host = doors(Host().trusting(G2).running())
    clock = host.one.target.clock
    began = clock.monotonic()
    host.takes = lambda: (G2,) if clock.monotonic() > began + 5 else (G1, G2)
    assert up(host, **retired((1, G1))) == WaveOutputs(reached=("es-1",), steps=REFUSED)
    assert 5 <= clock.monotonic() - began < 6
    assert host.context.shown[0] == "es-1: waiting until the transport layer refuses leaves of CA g1 (0 s)"


def test_every_retired_generation_has_to_be_refused(doors):
    host = doors(Host().trusting(G3).running())
    host.takes = lambda: (G2, G3)
    with pytest.raises(NotConverged, match="still does not refuse leaves of CA g2"):
        up(host, **retired((1, G1), (2, G2)))


def test_a_node_that_goes_on_taking_leaves_of_the_old_ca_is_named(doors):
    host = doors(Host().trusting(G2).running())
    host.takes = lambda: (G1, G2)
    with pytest.raises(NotConverged) as caught:
        up(host, **retired((1, G1)))
    assert caught.value.where == "es-1"
    assert caught.value.what == "the transport layer still does not refuse leaves of CA g1 after 30 s"
    assert caught.value.why.startswith("it answered: nothing against it")
    assert "nothing is broken" in caught.value.next_step


@pytest.mark.parametrize(
    "answer", [Answer(Speech.NOTHING, refusal="Connection refused"), Answer(Speech.TLS, refusal="connection closed")]
)
def test_silence_is_no_refusal(doors, monkeypatch, answer):
    host = doors(Host().trusting(G2).running())
    monkeypatch.setattr(wave_handler, "greet", lambda *place, **listening: answer)
    with pytest.raises(NotConverged):
        up(host, **retired((1, G1)))


def test_a_ca_that_has_expired_is_refused_for_its_date_which_shows_nothing(doors):
    host = doors(Host().trusting(G2).running())
    ends = load_certificate(G1.certificate_pem).not_valid_after_utc
    host.one.target.clock.sleep((ends - host.one.target.clock.now()).total_seconds() + 1)
    assert up(host, **retired((1, G1))) == WaveOutputs(reached=("es-1",))
    assert host.greeted == []


def test_a_preview_tells_what_will_be_refused_and_asks_nobody(doors):
    host = doors(Host().running())
    told = WaveHandler().preview(None, wanted(host, **retired((1, G1))), host.context)
    assert told.steps == REFUSED
    assert host.greeted == []
