"""What is told of a wave that does not come to its end, since a node's machine does not answer or refuses."""

import pytest
from pydantic import SecretStr

from components.errors import CommandFailed, ConfigurationRefused, MachineUnreachable
from components.handling import Recorded
from components.nodes import wave_handler
from components.nodes.adoption_handler import NodeAdoptionHandler, NodeAdoptionInputs
from components.nodes.identity_handler import NodeIdentityHandler
from components.nodes.ssh_words import not_connected
from components.nodes.wave_handler import WaveHandler, WaveInputs
from components.pki.generations import Generation
from components.pki.spec import Layer
from tests.nodes.waves import G1, G2, KEY_FILE, TRUST_FILE, Host, Present, cover, retire
from tests.pki.makers import authority, leaf

OLD, NEW = leaf("es-1"), leaf("es-1", signer=authority(2))
COVER = (
    "the wave cover of transport CA g2 is not through without es-1, so present does not begin: what nodes present "
    "on this layer stays as it is; no trust file loses a CA, some may hold one more by now"
)
PRESENT = (
    "the wave present of transport CA g1 is not through without es-1, so nothing that comes after it begins: no trust "
    "file loses a CA; some nodes may present their new leaf by now, the others keep theirs"
)
RETIRE = (
    "the wave retire of all but transport CA g2 is not through without es-1, which takes nothing that is in use: no "
    "node presents a leaf of a CA that goes; some may trust nothing else by now, the others still trust what they did"
)
ADOPT = (
    "the wave adopt of the transport layer is not through without es-1, so nothing that comes after it begins: no node "
    "gets other settings, and none is restarted"
)


def adoption(host):
    unused = SecretStr("")
    wanted = NodeAdoptionInputs(
        node=host.one.node, layer=Layer.TRANSPORT, file=KEY_FILE, key_file=unused, password=unused
    )
    return NodeAdoptionHandler().converge(None, wanted, host.context)


def proof(host, **differs):
    """Prove a wave: that the node takes leaves of the second generation, unless something else is asked for."""
    usual = {"wave": "cover", "generation": 2}
    pems = {"signer_certificate_pem": SecretStr(G2.certificate_pem), "signer_key_pem": SecretStr(G2.private_key_pem)}
    file, nodes = TRUST_FILE[host.format], (host.one.node,)
    wanted = WaveInputs(layer=Layer.TRANSPORT, nodes=nodes, file=file, **pems, **{**usual, **differs})
    return WaveHandler().converge(None, wanted, host.context)


def first_generation():
    return Generation(
        number=1, certificate_pem=SecretStr(G1.certificate_pem), private_key_pem=SecretStr(G1.private_key_pem)
    )


WAVES = [
    pytest.param(lambda host: cover(host, G2, generation=2).up(), COVER, id="cover"),
    pytest.param(lambda host: Present(host).up(), PRESENT, id="present"),
    pytest.param(lambda host: retire(host, G2, generation=2).up(), RETIRE, id="retire"),
    pytest.param(adoption, ADOPT, id="adopt"),
    pytest.param(proof, COVER, id="proof of cover"),
    pytest.param(
        lambda host: proof(host, wave="retire", generation=None, retired=(first_generation(),)),
        RETIRE.replace("all but transport CA g2", "transport CA g1"),
        id="proof of retire",
    ),
]


@pytest.fixture
def away(doors, monkeypatch):
    """A node with trust and key files whose machine is reached no more."""
    host = doors(Host().trusting(G1, G2).presenting(OLD).running())

    def no_answer(*_, **__):
        raise not_connected("Connection refused", node="es-1", host="big")

    for verb in ("run", "stat", "read", "find", "write", "remove"):
        monkeypatch.setattr(host.one.target, verb, no_answer)
    return host


@pytest.mark.parametrize(("wave", "told"), WAVES)
def test_the_error_of_a_machine_that_does_not_answer_says_which_wave_stops_and_what_stays(away, wave, told):
    with pytest.raises(MachineUnreachable) as caught:
        wave(away)
    assert str(caught.value).splitlines() == [
        "es-1: the machine big does not answer by SSH",
        "  why:  Connection refused",
        f"  so:   {told}",
        "  next: see that it runs and that `ssh` reaches it by hand; run again, which goes on where this run stopped",
    ]


def test_a_machine_that_lets_nobody_in_any_more_stops_its_wave_with_the_same_words(doors, monkeypatch):
    host = doors(Host().trusting(G1))

    def refused(*_):
        raise not_connected("ops@big: Permission denied (publickey).", node="es-1", host="big")

    monkeypatch.setattr(host.one.target, "write", refused)
    with pytest.raises(ConfigurationRefused, match="does not let us log in") as caught:
        cover(host, G2, generation=2).up()
    assert caught.value.so == COVER
    assert "machine.ssh.identity_file" in caught.value.next_step


def test_a_file_that_cannot_be_written_stops_its_wave_likewise(doors):
    host = doors(Host().presenting(OLD))
    host.one.target.breaks("write", "transport-key.p12")
    with pytest.raises(CommandFailed, match="cannot write") as caught:
        Present(host, NEW).up()
    assert caught.value.so == PRESENT


def test_a_machine_that_refuses_in_the_middle_of_a_proof_stops_the_wave_likewise(doors, monkeypatch):
    host = doors(Host().trusting(G1, G2).running())

    def refused(*_, **__):
        raise not_connected("Host key verification failed.", node="es-1", host="big")

    monkeypatch.setattr(wave_handler, "greet", refused)
    with pytest.raises(ConfigurationRefused) as caught:
        proof(host)
    assert caught.value.so == COVER


def test_where_nothing_waits_for_what_failed_the_error_has_three_lines_as_before():
    error = not_connected("Connection refused", node="es-1", host="big")
    assert [line[:8] for line in str(error).splitlines()[1:]] == ["  why:  ", "  next: "]


NOT_KNOWN = "not known before the machine answers, and not through before"


@pytest.mark.parametrize(
    ("wave", "steps"),
    [
        pytest.param(cover, f"cover of transport CA g2: {NOT_KNOWN}", id="cover"),
        pytest.param(retire, f"retire of all but transport CA g2: {NOT_KNOWN}", id="retire"),
    ],
)
def test_a_preview_says_of_a_wave_about_trust_that_it_is_not_known_and_nothing_of_the_steps_of_an_earlier_change(
    away, wave, steps
):
    before, now = wave(away, G1), wave(away, G2, generation=2)
    recorded = before.recorded("what was recorded")
    recorded = Recorded(recorded.inputs, recorded.outputs.model_copy(update={"steps": ("write it",)}))
    seen = now.handler.unseen(recorded, now.wanted())
    assert (seen.trusted, seen.steps) == (("what was recorded",), (steps,))
    assert now.handler.unseen(recorded, before.wanted()).steps == (), "nothing is known to be due"


def test_a_preview_says_so_of_present_too(away):
    recorded = Present(away, OLD).recorded()
    recorded = Recorded(recorded.inputs, recorded.outputs.model_copy(update={"steps": ("write it",)}))
    seen = NodeIdentityHandler().unseen(recorded, Present(away, NEW).wanted())
    assert (seen.presented_serial, seen.steps) == ("recorded", (f"present of transport CA g1: {NOT_KNOWN}",))
    assert NodeIdentityHandler().unseen(recorded, recorded.inputs).steps == ()
