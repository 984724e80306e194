"""The proofs of *cover* and *retire*: every node takes a leaf of the new CA, and none of the old one."""

from datetime import timedelta

import pytest
from pydantic import SecretStr

from components.errors import NotConverged
from components.handling import Recorded
from components.nodes import greeting, wave_handler
from components.nodes.probes import Answer, Speech
from components.nodes.wave_handler import WaveHandler, WaveInputs, WaveOutputs
from components.pki.generations import Generation
from components.pki.inspect import load_certificate
from components.pki.own import KEY_ELSEWHERE
from components.pki.sample import sample_pem
from components.pki.spec import Layer
from components.values import UNKNOWN
from tests.nodes.waves import G1, G2, G3, TRUST_FILE, Host, serial_of
from tests.pki.makers import foreign, leaf, names, own_ca


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


def test_a_node_that_hangs_up_once_has_proved_nothing_and_one_that_speaks_plain_text_has_nothing_to_prove(
    doors, monkeypatch
):
    host = doors(Host().trusting(G1, G2).running())
    answers = [Answer(Speech.PLAIN)]
    monkeypatch.setattr(wave_handler, "greet", lambda *_, **__: answers.pop() if len(answers) > 1 else answers[0])
    assert up(host).steps == PROVED
    answers[:] = [Answer(Speech.NOTHING, refusal="Connection refused"), Answer(Speech.PLAIN)]
    with pytest.raises(NotConverged, match="still refuses"):
        up(host)


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
    assert host.knocked == []


A, B = "es-1: write the trust file (content differs)", "es-1: write the trust file (missing: written again)"


@pytest.mark.parametrize(
    ("before", "now", "differs", "again"),
    [
        pytest.param((A,), (B,), {}, True, id="a trust file was lost since, and written"),
        pytest.param((), (A,), {}, True, id="there was nothing to write before"),
        pytest.param((A,), (A,), {}, False, id="nothing new"),
        pytest.param((A,), (), {}, False, id="nothing is left to be written"),
        pytest.param(None, (A,), {}, False, id="an older version did not record it"),
        pytest.param((A,), UNKNOWN, {}, False, id="not known yet"),
        pytest.param((A,), (B,), {"generation": 3}, False, id="another generation: it is proved anyway"),
    ],
)
def test_cover_is_proved_again_where_a_trust_file_was_written_since(doors, before, now, differs, again):
    host = doors(Host().trusting(G1, G2).running())
    recorded = Recorded(wanted(host, written=before, leaves=("x",)), WaveOutputs())
    found = WaveHandler().changes(recorded, wanted(host, **{"written": now, "leaves": ("x",), **differs}), host.context)
    assert [(one.finding.reason, one.on) for one in found] == ([("TrustFileWritten", "steps")] if again else [])


REWRITTEN = "cluster.name: books\n"
TOUCHED = pytest.mark.parametrize("content", ["", REWRITTEN], ids=["a comment more", "without our lines"])


@TOUCHED
def test_a_node_whose_settings_were_written_since_its_start_is_asked_all_the_same(doors, content):
    old = leaf("es-1", signer=G1)
    host = doors(Host().trusting(G1, G2).running().serving(old).touched(content))
    host.takes = lambda: (G1,)
    recorded = Recorded(wanted(host, leaves=(serial_of(old),)), WaveOutputs())
    with pytest.raises(NotConverged, match="still refuses leaves of CA g2"):
        WaveHandler().converge(recorded, wanted(host, leaves=(serial_of(leaf("es-1")),)), host.context)
    host.takes = lambda: (G1, G2)
    assert WaveHandler().converge(recorded, wanted(host), host.context).steps == PROVED


def test_a_node_whose_process_is_not_found_and_that_presents_a_leaf_is_asked_all_the_same(doors):
    host = doors(Host().trusting(G1, G2).running().serving(leaf("es-1", signer=G1)))
    del host.one.target.files[host.one.pid_file]
    host.takes = lambda: (G1,)
    with pytest.raises(NotConverged, match="still refuses leaves of CA g2"):
        up(host)


def test_retire_is_proved_by_a_node_whose_settings_were_written_since_its_start(doors):
    host = doors(Host().trusting(G2).running().serving(leaf("es-1", signer=G2)).touched())
    host.takes = lambda: (G1, G2)
    with pytest.raises(NotConverged, match="still does not refuse leaves of CA g1"):
        up(host, **retired((1, G1)))
    host.takes = lambda: (G2,)
    assert up(host, **retired((1, G1))).steps == REFUSED


def test_an_open_node_whose_new_settings_wait_for_its_restart_has_nothing_to_prove(doors, monkeypatch):
    host = doors(Host().trusting(G2).running().touched())
    monkeypatch.setattr(greeting, "handshake", lambda *_, **__: Answer(Speech.PLAIN))
    assert up(host) == WaveOutputs(reached=("es-1",))


def test_a_node_that_somebody_else_secured_and_is_still_to_be_restarted_has_nothing_to_prove(doors):
    host = doors(Host().trusting(G1, G2).running().serving(leaf("es-1", signer=G3)).touched(REWRITTEN))
    assert up(host, leaves=("of ours",)) == WaveOutputs(reached=("es-1",))


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
    host = doors(Host().trusting(G2).running().serving(leaf(signer=G2)))
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


def test_a_retired_ca_that_a_remote_cluster_has_too_stays_trusted_and_is_not_asked_to_be_refused(doors):
    host = doors(Host().trusting(G1, G3).running().serving(leaf(signer=G3)))
    host.takes = lambda: (G1, G3)
    others = SecretStr(G1.certificate_pem)
    found = up(host, remote_authorities_pem=others, **retired((1, G1), (2, G2)))
    assert found.steps == ("a probe leaf of transport CA g2 is refused by es-1",)


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
    host = doors(Host().trusting(G2).running().serving(leaf(signer=G2)))
    ends = load_certificate(G1.certificate_pem).not_valid_after_utc
    host.one.target.clock.sleep((ends - host.one.target.clock.now()).total_seconds() + 1)
    assert up(host, **retired((1, G1))) == WaveOutputs(reached=("es-1",))
    assert host.knocked == []


def test_a_preview_tells_what_will_be_refused_and_asks_nobody(doors):
    host = doors(Host().running())
    told = WaveHandler().preview(None, wanted(host, **retired((1, G1))), host.context)
    assert told.steps == REFUSED
    assert host.greeted == []


SIGNING, OTHER = own_ca("Logs nodes"), own_ca("Other nodes")


def signed_elsewhere(signer=SIGNING, **life):
    """Return a leaf of a CA whose key is not here, with that leaf's key."""
    leaf = foreign("es-1", names("es-1"), signer=signer, **life)
    return SecretStr(sample_pem(leaf.key_pem, leaf.pem))


def without_key(sample):
    """Return what *cover* is proved of where the CA's key is elsewhere."""
    return {
        "signer_certificate_pem": SecretStr(SIGNING.pem),
        "signer_key_pem": SecretStr(KEY_ELSEWHERE),
        "signer_sample_pem": sample,
    }


def retired_without_key(sample):
    """Return what *retire* is proved of where the old CA's key is elsewhere."""
    one = Generation(
        number=1,
        certificate_pem=SecretStr(SIGNING.pem),
        private_key_pem=SecretStr(KEY_ELSEWHERE),
        is_own=True,
        sample_pem=sample,
    )
    return {**retired(), "retired": (one,)}


def test_where_the_key_is_elsewhere_a_given_leaf_knocks_for_cover_and_nothing_is_signed(doors):
    host = doors(Host().trusting(G1).running())
    clock = host.one.target.clock
    began = clock.monotonic()
    host.takes = lambda: (G1, SIGNING.authority) if clock.monotonic() > began + 5 else (G1,)
    steps = ("a given leaf of transport CA g2 is accepted by es-1",)
    assert up(host, **without_key(signed_elsewhere())) == WaveOutputs(reached=("es-1",), steps=steps)
    assert 5 <= clock.monotonic() - began < 6


def test_a_node_that_refuses_the_given_leaf_stops_the_rotation(doors):
    host = doors(Host().trusting(G1).running())
    host.takes = lambda: (G1, OTHER.authority)
    with pytest.raises(NotConverged, match="still refuses leaves of CA g2 after 30 s"):
        up(host, **without_key(signed_elsewhere()))


def test_while_every_certificate_is_awaited_the_plan_says_that_cover_is_not_proved(doors):
    host = doors(Host().trusting(G1).running())
    steps = ("that transport CA g2 is trusted is not proved: no certificate of it is here",)
    for told in (
        WaveHandler().preview(None, wanted(host, **without_key(None)), host.context),
        up(host, **without_key(None)),
    ):
        assert told.steps == steps
    assert host.greeted == []


def test_an_expired_leaf_proves_no_cover_so_nobody_presents(doors):
    host = doors(Host().trusting(G1).running())
    host.takes = lambda: (G1, SIGNING.authority)
    now = host.one.target.clock.now()
    expired = signed_elsewhere(begins=now - timedelta(days=9), ends=now - timedelta(days=1))
    with pytest.raises(NotConverged) as caught:
        up(host, **without_key(expired))
    assert caught.value.what == "it cannot be proved that nodes trust transport CA g2"
    assert f"expired on {now - timedelta(days=1):%Y-%m-%d}, so every node would refuse it" in caught.value.why
    assert host.greeted == []


def test_a_given_leaf_of_the_old_ca_has_to_be_refused(doors):
    host = doors(Host().trusting(G2).running().serving(leaf(signer=G2)))
    host.takes = lambda: (G2,)
    steps = ("a given leaf of transport CA g1 is refused by es-1",)
    assert up(host, **retired_without_key(signed_elsewhere())).steps == steps
    host.takes = lambda: (G2, SIGNING.authority)
    with pytest.raises(NotConverged, match="still does not refuse leaves of CA g1"):
        up(host, **retired_without_key(signed_elsewhere()))


@pytest.mark.parametrize("life", [{"days": -1}, None], ids=["expired", "never there"])
def test_a_refusal_that_would_show_nothing_is_not_called_proved(doors, life):
    host = doors(Host().trusting(G2).running().serving(leaf(signer=G2)))
    ends = host.one.target.clock.now() + timedelta(**life) if life else None
    sample = signed_elsewhere(begins=ends - timedelta(days=9), ends=ends) if ends else None
    [step] = up(host, **retired_without_key(sample)).steps
    why = f"the certificate of it that is here expired on {ends:%Y-%m-%d}" if ends else "no certificate of it is here"
    assert step == f"that transport CA g1 is refused is not proved: {why}"
    assert host.knocked == []


def test_the_key_of_the_given_leaf_shows_nowhere(doors):
    host = doors(Host().trusting(G1).running())
    host.takes = lambda: (G1, SIGNING.authority)
    sample = signed_elsewhere()
    seen = [repr(wanted(host, **without_key(sample))), *up(host, **without_key(sample)).steps, *host.context.shown]
    assert not [text for text in seen if "PRIVATE" in text]
