"""A machine that does not answer: a preview and a refresh go on without it, and work on it fails."""

from dataclasses import replace

import grpc
import pytest

from components.errors import MachineUnreachable
from tests.cluster_fixtures import free_ports
from tests.wire import asking
from tests.wire.small_handlers import BOX, Box
from tests.wire.talking import Refused, urn_of

WHY = "es-2: the machine big does not answer by SSH"
NOT_SEEN = "es-2: not looked at, and taken for what is recorded: "
WARNING = f"{NOT_SEEN}the machine big does not answer by SSH\n  why:  it is off"


class Away(Box):
    """A box on a machine that can go away."""

    away = False

    def changes(self, recorded, wanted, context):
        return self.look(super().changes(recorded, wanted, context))

    def preview(self, recorded, wanted, context):
        return self.look(super().preview(recorded, wanted, context))

    def converge(self, recorded, wanted, context):
        return self.look(super().converge(recorded, wanted, context))

    def observe(self, recorded, context):
        return self.look(super().observe(recorded, context))

    def look(self, seen):
        if self.away:
            raise MachineUnreachable(
                "the machine big does not answer by SSH", where="es-2", why="it is off", next_step="run again"
            )
        return seen


@pytest.fixture
def box():
    return Away()


@pytest.fixture
def saved(talk, box):
    made = talk.create(BOX, {"label": "tea"})
    box.away = True
    return made


def test_a_preview_takes_it_for_what_is_recorded_and_warns(talk, heard, saved):
    assert not talk.diff(saved).some
    assert heard.texts(urn_of(BOX), severity="WARNING") == [WARNING]


def test_what_is_wanted_of_it_is_still_shown(talk, heard, saved):
    assert talk.diff(saved, {"label": "coffee"}).kinds == {"label": "UPDATE"}
    assert talk.preview_update(saved, {"label": "coffee"})["serial"] == "s-1"
    assert heard.texts(urn_of(BOX), severity="WARNING") == [WARNING] * 2


def test_a_refresh_keeps_what_is_recorded_and_warns(talk, heard, saved):
    found = talk.read(saved).outputs
    assert [(one["node"], one["what"], one["kind"]) for one in found.pop("drift")] == [
        ("es-2", "machine", "NotLookedAt")
    ], "it must not be taken for a machine on which nothing differs"
    assert found == saved.outputs
    assert heard.texts(urn_of(BOX), severity="WARNING") == [WARNING]


def test_work_on_it_fails_with_what_to_do(talk, saved):
    with pytest.raises(Refused) as caught:
        talk.update(saved, {"label": "coffee"})
    assert caught.value.code is grpc.StatusCode.FAILED_PRECONDITION
    assert caught.value.text.startswith(WHY)
    assert "next: run again" in caught.value.text


def test_without_a_record_a_preview_fails_too(talk, box):
    box.away = True
    with pytest.raises(Refused) as caught:
        talk.preview_create(BOX, {"label": "tea"})
    assert caught.value.text.startswith(WHY)


def made_and_gone(talk, node, token):
    """Return a resource of a node as it was made, and as it is with a machine that does not answer."""
    signer = talk.create(asking.AUTHORITY, asking.authority())
    leaf = talk.create(asking.CERTIFICATE, asking.leaf(signer))
    inputs = {
        asking.TRUST: lambda: asking.trust(node, signer),
        asking.IDENTITY: lambda: asking.identity(node, leaf),
        asking.SETTINGS: lambda: asking.settings(node),
        asking.RESTART: lambda: asking.restart(node),
        asking.EXCLUSIVE: lambda: asking.trust(node, signer),
    }
    here = talk.create(token, inputs[token]())
    return here, replace(here, inputs=elsewhere(here.inputs, free_ports(1)[0]))


@pytest.mark.parametrize("token", [asking.TRUST, asking.IDENTITY, asking.SETTINGS, asking.RESTART, asking.EXCLUSIVE])
def test_a_node_that_is_taken_out_of_the_stack_file_is_forgotten_although_its_machine_is_gone(talk, heard, node, token):
    _, gone = made_and_gone(talk, node, token)
    with pytest.raises(Refused, match="does not answer by SSH"):
        talk.update(gone, gone.inputs)
    before = len(heard.lines)

    talk.delete(gone)

    assert len(heard.lines) == before, "nothing is asked of the machine, and nothing is to be done there"


@pytest.mark.parametrize(
    ("token", "wave"),
    [
        (asking.TRUST, "cover of transport CA g1 is not through without es-1, so present does not begin"),
        (
            asking.IDENTITY,
            "present of transport CA g1 is not through without es-1, so nothing that comes after it",
        ),
        (
            asking.EXCLUSIVE,
            "retire of all but transport CA g1 is not through without es-1, which takes nothing",
        ),
    ],
)
def test_work_on_it_that_is_part_of_a_wave_says_that_the_wave_does_not_go_on(talk, node, token, wave):
    _, gone = made_and_gone(talk, node, token)
    with pytest.raises(Refused, match=f"\n  so:   the wave {wave}"):
        talk.update(gone, gone.inputs)


@pytest.mark.parametrize("token", [asking.TRUST, asking.IDENTITY, asking.SETTINGS, asking.RESTART])
def test_a_preview_does_not_show_what_was_done_last_for_what_is_due_on_it(talk, node, token):
    here, gone = made_and_gone(talk, node, token)
    assert here.outputs["steps"]
    assert talk.preview_update(gone, gone.inputs)["steps"] == []


def elsewhere(value, port):
    """Return inputs with every machine in them behind an sshd that does not answer."""
    if isinstance(value, list):
        return [elsewhere(entry, port) for entry in value]
    if not isinstance(value, dict):
        return value
    found = {key: elsewhere(entry, port) for key, entry in value.items()}
    ssh = {"host": "127.0.0.1", "port": port, "configFile": "/dev/null"}
    return {**found, "ssh": ssh} if "pidFile" in found else found
