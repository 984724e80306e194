"""Who holds the lock of a stack, and whether that process is still there."""

import json
import os
import socket

import pytest

from stacks.locks import POLL, Lock, locks_on, wait_for_running
from tests.stacks.processes import process_named

HERE = socket.gethostname()


class Clock:
    """A clock that a test moves; `woken` is called each time somebody slept."""

    def __init__(self, woken=lambda: None):
        self.slept, self.woken = [], woken

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.woken()


@pytest.fixture
def state(tmp_path):
    (tmp_path / ".pulumi" / "locks" / "organization" / "elasticsearch-security" / "prod").mkdir(parents=True)
    return tmp_path


def lock(state, content, name="0000"):
    text = content if isinstance(content, str) else json.dumps(content)
    folder = state / ".pulumi" / "locks" / "organization" / "elasticsearch-security" / "prod"
    (folder / f"{name}.json").write_text(text)


def held_by(pid, hostname=HERE):
    return {"pid": pid, "username": "ops", "hostname": hostname, "timestamp": "2026-11-24T04:00:00Z"}


def locks(state):
    return locks_on(state.as_uri(), "elasticsearch-security", "prod")


def dead_pid(folder):
    with process_named("pulumi", folder) as process:
        return process.pid


def test_no_lock_is_no_lock(state):
    assert locks(state) == ()


def test_an_engine_that_runs_here_holds_its_lock(state, tmp_path):
    with process_named("pulumi", tmp_path) as engine:
        lock(state, held_by(engine.pid))
        assert locks(state) == (Lock(engine.pid, here=True, alive=True),)


def test_nobody_holds_the_lock_of_a_killed_engine(state, tmp_path):
    pid = dead_pid(tmp_path)
    lock(state, held_by(pid))
    assert locks(state) == (Lock(pid, here=True, alive=False),)


def test_nobody_holds_a_lock_whose_process_id_another_program_got(state):
    lock(state, held_by(os.getpid()))
    assert locks(state) == (Lock(os.getpid(), here=True, alive=False),)


def test_a_lock_of_another_machine_is_not_looked_for_here(state, tmp_path):
    with process_named("pulumi", tmp_path) as engine:
        lock(state, held_by(engine.pid, "another-machine"))
        assert locks(state) == (Lock(engine.pid, here=False, alive=False),)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="empty, as after a kill"),
        pytest.param('{"pid": 1', id="cut off"),
        pytest.param("[]", id="a list"),
        pytest.param({"pid": 1}, id="without a machine"),
        pytest.param({"hostname": HERE}, id="without a process"),
        pytest.param({"pid": None, "hostname": HERE}, id="with an empty process"),
        pytest.param({"pid": "one", "hostname": HERE}, id="with a process that is none"),
    ],
)
def test_a_lock_that_cannot_be_read_is_left_to_the_engine(state, content):
    lock(state, content)
    assert locks(state) == ()


def test_only_locks_of_this_stack_count(state):
    lock(state, held_by(os.getpid()))
    assert locks_on(state.as_uri(), "elasticsearch-security", "test") == ()
    assert locks_on(state.as_uri(), "another-project", "prod") == ()


@pytest.mark.parametrize("backend", ["", "s3://bucket", "https://api.example.net", "postgres://db"])
def test_other_backends_lock_by_other_means(backend):
    assert locks_on(backend, "elasticsearch-security", "prod") == ()


def test_a_state_in_the_home_folder_is_found(state, monkeypatch):
    monkeypatch.setenv("HOME", str(state))
    lock(state, held_by(os.getpid()))
    assert len(locks_on("file://~", "elasticsearch-security", "prod")) == 1


def test_a_state_with_a_blank_in_its_path_is_found(tmp_path):
    state = tmp_path / "a state"
    (state / ".pulumi" / "locks" / "organization" / "elasticsearch-security" / "prod").mkdir(parents=True)
    lock(state, held_by(os.getpid()))
    assert len(locks(state)) == 1


DEAD, ALIVE, ELSEWHERE = (
    Lock(1, here=True, alive=False),
    Lock(2, here=True, alive=True),
    Lock(3, here=False, alive=False),
)


@pytest.mark.parametrize(
    ("found", "left"),
    [
        pytest.param((), False, id="none"),
        pytest.param((DEAD,), True, id="a dead one"),
        pytest.param((DEAD, DEAD), True, id="two dead ones"),
        pytest.param((ELSEWHERE,), False, id="one of another machine"),
        pytest.param((DEAD, ELSEWHERE), False, id="a dead one and one of another machine"),
    ],
)
def test_only_dead_locks_of_this_machine_are_left_behind(found, left):
    clock = Clock()
    assert wait_for_running(lambda: found, clock, pytest.fail) is left
    assert clock.slept == []


def test_an_engine_at_work_is_waited_for_and_named():
    looks, said = [(ALIVE,), (DEAD, ALIVE), ()], []
    clock = Clock()
    assert wait_for_running(lambda: looks.pop(0), clock, said.append) is False
    assert clock.slept == [POLL, POLL]
    assert said == ["process 2 is still at work on this stack"] * 2


def test_an_engine_that_is_killed_while_we_wait_leaves_its_lock_behind(state, tmp_path):
    with process_named("pulumi", tmp_path) as engine:
        lock(state, held_by(engine.pid))

        def kill():
            engine.kill()
            engine.wait()

        assert wait_for_running(lambda: locks(state), Clock(woken=kill), lambda text: None) is True
