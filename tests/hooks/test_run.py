"""One hook is run: what it gets, what it does not get, and what is told of one that fails."""

import io
import json
import os
import signal
import subprocess
import sys

import psutil
import pytest

from components.errors import CommandFailed, MachineUnreachable
from components.hooks.run import main, run
from components.hooks.spec import Hook, Moment
from components.nodes.ssh_spec import Ssh
from components.nodes.target import Completed

OURS = {"PATH": os.environ["PATH"], "PULUMI_CONFIG_PASSPHRASE": "hunter22", "HOME": "/home/ops"}
PLAN = b'{"plan": {"rows": []}}'


def hook(*command, moment=Moment.BEFORE, folder="/", timeout=60, **place):
    return Hook(name="silence", moment=moment, command=command, timeout=timeout, folder=str(folder), **place)


class Door:
    """A machine that notes what it is asked, and answers as a test wants."""

    def __init__(self, answer):
        self.answer = answer

    def run(self, argv, **asked):
        self.asked = {"argv": list(argv), **asked}
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_a_hook_reads_the_plan_and_begins_in_the_projects_folder(tmp_path):
    (tmp_path / "tell").write_text("#!/bin/sh\npwd\ncat\n")
    (tmp_path / "tell").chmod(0o755)
    assert run(hook("./tell", folder=tmp_path), PLAN, OURS) == f"{tmp_path}\n{PLAN.decode()}"


def test_a_hook_gets_what_a_person_has_and_no_variable_that_may_be_a_secret():
    shown = run(hook("env"), PLAN, OURS)
    assert "HOME=/home/ops" in shown
    assert "hunter22" not in shown


def test_a_hook_that_fails_is_told_with_its_status_its_last_words_and_what_was_changed():
    script = "for word in 1 2 3 4 5 6 7 8 9; do echo line $word >&2; done; exit 3"
    with pytest.raises(CommandFailed) as error:
        run(hook("sh", "-c", script), PLAN, OURS)
    assert str(error.value).splitlines()[0] == "hook silence (before): ended with exit status 3"
    assert [line.strip() for line in error.value.why.splitlines()] == [f"line {word}" for word in range(2, 10)]
    assert "nothing was changed on any node" in error.value.next_step


def test_a_hook_after_a_rollout_that_fails_is_run_again():
    with pytest.raises(CommandFailed) as error:
        run(hook("sh", "-c", "echo only this; exit 1", moment=Moment.AFTER), PLAN, OURS)
    assert error.value.why == "only this"
    assert "runs this hook again" in error.value.next_step


def test_a_hook_that_does_not_end_in_time_is_ended_with_what_it_started():
    with pytest.raises(CommandFailed, match="`sh` did not end within 1 s") as error:
        run(hook("sh", "-c", "sleep 60 & wait", timeout=1), PLAN, OURS)
    assert error.value.where == "hook silence (before)"
    assert "nothing was changed on any node" in error.value.next_step


def test_a_hook_that_is_not_there_is_a_failure():
    with pytest.raises(CommandFailed, match="ended with exit status 127") as error:
        run(hook("./no-such-hook"), PLAN, OURS)
    assert "no-such-hook" in error.value.why


def test_a_hook_on_another_machine_gets_the_plan_and_nothing_of_our_environment():
    door = Door(Completed(0, "well", ""))
    remote = hook("systemctl", "stop", "ingest", on="es-1", ssh=Ssh(host="es-1"))
    assert run(remote, PLAN, OURS, door) == "well"
    assert door.asked == {"argv": ["systemctl", "stop", "ingest"], "stdin": PLAN, "environment": {}, "timeout": 60}


def test_a_machine_that_does_not_answer_fails_its_hook():
    gone = MachineUnreachable("es-1 does not answer by SSH", where="es-1", why="no route", next_step="look")
    with pytest.raises(MachineUnreachable) as error:
        run(hook("x", on="es-1", ssh=Ssh(host="es-1")), PLAN, OURS, Door(gone))
    assert str(error.value).startswith(
        "hook silence (before, on es-1): es-1 does not answer by SSH\n  why:  no route\n"
    )


def test_a_hook_that_a_signal_ended_is_told_so():
    with pytest.raises(CommandFailed, match="was ended by signal 9"):
        run(hook("x"), PLAN, OURS, Door(Completed(-9, "", "")))


@pytest.mark.parametrize(("command", "status", "said"), [("cat", 0, ""), ("false", 1, "hook silence (before): ended")])
def test_the_runner_ends_as_the_hook_did_and_tells_an_error_in_our_form(command, status, said, capsys):
    assert main([hook(command).model_dump_json(by_alias=True)], io.BytesIO(PLAN), OURS) == status
    shown = capsys.readouterr()
    assert shown.err.startswith(said)
    assert shown.out == ("" if status else json.dumps(json.loads(PLAN)))


def test_what_a_hook_writes_is_passed_on_whatever_this_process_was_told_to_speak():
    one = hook("sh", "-c", "echo ✓").model_dump_json(by_alias=True)
    done = subprocess.run(
        [sys.executable, "-m", "components.hooks.run", one],
        input=PLAN,
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "✓\n".encode(), b"")


@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGTERM])
def test_a_runner_that_is_ended_ends_its_hook_and_what_that_started(ended_by, tmp_path):
    os.mkfifo(tmp_path / "began")
    text = hook("sh", "-c", "sleep 60 & echo $$ $! >began; wait", folder=tmp_path).model_dump_json(by_alias=True)
    runner = subprocess.Popen([sys.executable, "-m", "components.hooks.run", text], stdin=subprocess.DEVNULL)
    started = [psutil.Process(int(number)) for number in (tmp_path / "began").read_text().split()]
    runner.send_signal(ended_by)
    assert runner.wait() == 128 + ended_by
    assert len(started) == 2
    assert not psutil.wait_procs(started, timeout=20)[1]
