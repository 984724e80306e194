"""The plugin's process and its engine: whatever happens to the engine, the step in hand is finished, and no other."""

import os
import time

import grpc
import pytest

from tests.wire import asking
from tests.wire.processes import plugin_process
from tests.wire.standins import StandInNode
from tests.wire.talking import Refused, Saved, hidden, plain, refused

pytestmark = pytest.mark.timeout(120)

WHOLE_STEP = ["create begins", "create ends", "add begins", "add ends"]
A_PASSWORD = Saved(asking.PASSWORD, asking.password(), {"value": hidden("x"), "formers": []})


class SlowNode(StandInNode):
    """A node whose keystore takes its time."""

    def __init__(self, folder):
        super().__init__(folder)
        self.write("slow", b"")
        os.mkfifo(self.config / "begun")
        os.mkfifo(self.config / "go")

    def wait_begun(self):
        """Return once the step is in hand."""
        assert self.read("begun") == b"begun\n"

    def go_on(self):
        """Let the step go on."""
        with (self.config / "go").open("w") as pipe:
            pipe.write("on\n")


@pytest.fixture
def slow(tmp_path):
    """A node whose keystore takes its time."""
    return SlowNode(tmp_path)


@pytest.fixture
def started(engine, tmp_path):
    """The plugin's process."""
    with plugin_process(engine[1], tmp_path) as process:
        yield process


SILENT_SSH = """\
#!/bin/sh
[ "$1" != -G ] || exit 0
touch {folder}/begun
sleep 20
touch {folder}/given-up
"""
"""An `ssh` that gets no answer, and is not ended for it."""


def test_a_machine_that_is_reached_ahead_and_says_nothing_does_not_keep_it_from_ending(
    engine, node, tmp_path, monkeypatch
):
    ssh = tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text(SILENT_SSH.format(folder=tmp_path))
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{ssh.parent}:{os.environ['PATH']}")
    machine = {**node.wire()["machine"], "ssh": {"host": "es-1.example.net"}}
    verifiers = [{"name": "es-1", "machine": machine, "file": "certs/trust.pem"}]
    with plugin_process(engine[1], tmp_path) as process:
        assert process.talk.check(asking.AUTHORITY, asking.authority(verifiers=verifiers)) == {}
        while not (tmp_path / "begun").exists():
            time.sleep(0.05)
        process.interrupt()
        assert process.wait_ended() == ""
    assert not (tmp_path / "given-up").exists()
    assert list(tmp_path.glob("essecurity-ssh-*")) == []


def test_the_process_serves_the_real_resource_types_and_ends_when_it_is_interrupted(started, node):
    saved = started.talk.create(asking.PASSWORD, asking.password())
    assert started.talk.create(asking.RESTART, asking.restart(node)).id == "logs/restart"

    started.interrupt()

    assert started.wait_ended() == "", "it says nothing but its port"
    assert saved.id == "elastic/password"


def test_an_orphan_finishes_the_step_in_hand_and_ends(started, slow):
    in_hand = started.talk.start_create(asking.RESTART, asking.restart(slow))
    slow.wait_begun()

    started.lose_its_parent()
    assert started.alive()
    assert not in_hand.done()
    slow.go_on()

    assert plain(in_hand.result().properties)["procedure"] == "files only"
    started.wait_ended()
    assert slow.journal() == WHOLE_STEP
    assert b"secure_password=of-the-key-file" in slow.read("elasticsearch.keystore")


def test_an_orphan_with_nothing_in_hand_ends(started):
    started.lose_its_parent()

    assert started.wait_ended() == ""


def test_an_interrupted_plugin_finishes_the_step_in_hand_and_begins_nothing(started, slow, tmp_path):
    other = StandInNode(tmp_path, "es-2")
    in_hand = started.talk.start_create(asking.RESTART, asking.restart(slow))
    slow.wait_begun()

    started.interrupt()
    code = None
    while code is not grpc.StatusCode.UNAVAILABLE:  # until the signal has arrived
        try:
            started.talk.diff(A_PASSWORD)
        except Refused as error:
            code = error.code
    with pytest.raises(Refused, match="nothing new is started"):
        started.talk.create(asking.RESTART, asking.restart(other))
    slow.go_on()

    assert in_hand.result().id == "logs/restart"
    started.wait_ended()
    assert other.journal() == []


def test_the_next_run_waits_until_an_orphan_has_finished_its_step(started, slow, engine, tmp_path):
    first = started.talk.start_create(asking.RESTART, asking.restart(slow))
    slow.wait_begun()
    started.lose_its_parent()

    with plugin_process(engine[1], tmp_path) as next_run:
        second = next_run.talk.start_create(asking.RESTART, asking.restart(slow))
        engine[0].wait_for("an earlier run of this stack is finishing its step; waiting for it")
        assert slow.journal() == ["create begins"]
        assert not second.done()
        slow.go_on()

        assert plain(first.result().properties)["procedure"] == "files only"
        assert plain(second.result().properties)["procedure"] == "none", "all was done already"
        assert slow.journal()[:4] == WHOLE_STEP


def test_a_run_whose_engine_dies_while_it_waits_touches_nothing(started, slow, engine, tmp_path):
    other = StandInNode(tmp_path, "es-2")
    first = started.talk.start_create(asking.RESTART, asking.restart(slow))
    slow.wait_begun()

    with plugin_process(engine[1], tmp_path) as next_run:
        second = next_run.talk.start_create(asking.RESTART, asking.restart(other))
        engine[0].wait_for("waiting for it")
        next_run.lose_its_parent()

        assert refused(second.exception()).code is grpc.StatusCode.UNAVAILABLE
        next_run.wait_ended()
    slow.go_on()
    assert first.result().id == "logs/restart"
    assert other.journal() == []


def test_another_stack_does_not_wait(started, slow, engine, tmp_path, monkeypatch):
    other = StandInNode(tmp_path, "es-2")
    in_hand = started.talk.start_create(asking.RESTART, asking.restart(slow))
    slow.wait_begun()

    with plugin_process(engine[1], tmp_path) as next_run:
        monkeypatch.setattr("tests.wire.talking.STACK", "other")
        assert next_run.talk.create(asking.RESTART, asking.restart(other)).id == "logs/restart"

    assert not in_hand.done()
    slow.go_on()
    assert in_hand.result()
