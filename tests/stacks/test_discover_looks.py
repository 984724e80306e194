"""`discover` asks machines side by side, within the limit; one's error is its own, and Ctrl-C waits for none."""

import os
import select
import signal
import subprocess
import sys
import threading

import pytest

from components.errors import MachineUnreachable
from components.facts.machine import MachineFacts
from components.nodes.at_once import MACHINES
from stacks import discover_looks
from stacks.discover_input import half_written
from stacks.discover_looks import look
from stacks.statuses import INTERRUPTED
from stacks.workspace import ROOT
from tests.stacks.stackfiles import write_stack_file, yaml

PATIENCE = 30.0
"""Seconds after which a test gives up."""


def names(count):
    return [f"es-{number}" for number in range(1, count + 1)]


def nodes(count):
    return f"nodes: [{', '.join(f'{{name: {name}}}' for name in names(count))}]"


@pytest.fixture
def looked(tmp_path, monkeypatch):
    """Look at the machines of a stack file, each of which answers as it is told; return what was found."""
    monkeypatch.setattr(MACHINES, "most", MACHINES.most)  # as it was, afterwards
    monkeypatch.setattr(discover_looks, "reach", lambda machine: None)

    def run(text, answer, news=lambda text: None):
        def look_at(target):
            answer(target.name)
            return MachineFacts((target.ssh.host,))

        monkeypatch.setattr(discover_looks, "look_at", look_at)
        path = write_stack_file(tmp_path, yaml(f"{{machine: {{ssh: {{}}}}, {text}}}"))
        return look(*half_written(path), tmp_path, news)

    return run


def test_machines_are_asked_side_by_side(looked):
    together = threading.Barrier(12, timeout=PATIENCE)  # one of them waits for all the others
    found = looked(nodes(12), lambda _: together.wait())
    assert [one.facts.machine.names for one in found] == [(name,) for name in names(12)]


def test_no_more_are_in_hand_than_the_stack_file_allows(looked):
    together, guard, in_hand, most = threading.Barrier(3, timeout=PATIENCE), threading.Lock(), set(), []

    def answer(name):
        with guard:
            in_hand.add(name)
            most.append(len(in_hand))
        together.wait()
        with guard:
            in_hand.remove(name)

    looked(f"rollout: {{machines_at_once: 3}}, {nodes(12)}", answer)
    assert max(most) == 3
    assert MACHINES.most == 3, "what is counted where machines are reached"


def test_they_are_told_in_order_and_the_error_of_one_is_its_own(looked):
    ended = {name: threading.Event() for name in [*names(5), "es-6"]}
    ended["es-6"].set()

    def answer(name):
        assert ended[f"es-{int(name[3:]) + 1}"].wait(PATIENCE)  # the last one answers first
        ended[name].set()
        if name == "es-2":
            raise MachineUnreachable("it does not answer", where=name, why="a test", next_step="nothing")

    found = looked(nodes(5), answer)
    assert [one.name for one in found] == names(5)
    assert [one.failed.partition("\n")[0] for one in found] == ["", "es-2: it does not answer", "", "", ""]


def test_how_far_it_is_is_told_by_one_thread_with_the_last_few_that_have_not_answered(looked):
    told, tellers, almost = [], set(), threading.Event()

    def answer(name):
        if name == "es-4":
            assert almost.wait(PATIENCE)

    def news(text):
        told.append(text)
        tellers.add(threading.current_thread())
        if "9 of 10" in text:
            almost.set()

    looked(nodes(10), answer, news)
    assert (told[0], told[-2:]) == ("0 of 10", ["9 of 10, waiting for es-4", "10 of 10"])
    assert tellers == {threading.current_thread()}


ON_ONE_MACHINE = "nodes: [{name: a}, {name: b, machine: {ssh: {host: vm}}}, {name: c, machine: {ssh: {host: vm}}}]"


def test_a_machine_with_two_nodes_is_asked_once(looked):
    asked = []
    found = looked(ON_ONE_MACHINE, asked.append)
    assert sorted(asked) == ["a", "b"]
    assert [one.facts.machine.names for one in found] == [("a",), ("vm",), ("vm",)]


def test_where_a_machine_with_two_nodes_does_not_answer_each_has_an_error_with_its_name(looked):
    def answer(name):
        if name != "a":
            raise MachineUnreachable("it does not answer", where=name, why="a test", next_step="nothing")

    found = looked(ON_ONE_MACHINE, answer)
    assert [one.failed.partition(":")[0] for one in found] == ["", "b", "c"]


def test_what_is_no_error_of_a_machine_is_not_swallowed(looked):
    with pytest.raises(ZeroDivisionError):
        looked(nodes(3), lambda name: 1 / 0)


def test_whoever_is_interrupted_waits_for_no_machine_and_no_other_one_is_begun(looked):
    through, begun, ended, threads = threading.Event(), [], [], set()

    def answer(name):
        threads.add(threading.current_thread())
        begun.append(name)
        if name != "es-1":
            through.wait(PATIENCE)
        ended.append(name)

    def news(text):
        if text.startswith("1 of"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        looked(f"rollout: {{machines_at_once: 2}}, {nodes(9)}", answer, news)
    assert ended == ["es-1"]
    through.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert set(begun) <= {"es-1", "es-2", "es-3"}
    assert all(thread.daemon for thread in threads), "else the process would wait for them at its end"


SSH = """#!/bin/sh
[ "$1" = -G ] && exit 1
echo begun >{told}
exec cat
"""


def test_ctrl_c_ends_the_command_also_while_no_machine_answers(project, tmp_path):
    told, ssh = tmp_path / "told", tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text(SSH.format(told=told))
    ssh.chmod(0o700)
    os.mkfifo(told)
    write_stack_file(project / "stacks", yaml(f"{{machine: {{ssh: {{}}}}, {nodes(3)}}}"))
    heard = ("env", "--default-signal=INT")  # what a shell starts in the background is to leave it alone
    argv = [*heard, sys.executable, "-m", "stacks", "discover", "prod", "--project", str(project)]
    environment = {**os.environ, "PATH": f"{ssh.parent}:{os.environ['PATH']}"}
    with (
        told.open("r+b", buffering=0) as begun,
        subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as command,
    ):
        try:
            assert select.select([begun], [], [], PATIENCE)[0]
            command.send_signal(signal.SIGINT)
            said = command.communicate(timeout=PATIENCE)[0].decode()
        finally:
            command.kill()
    assert said.splitlines()[-1].startswith("✗ look at every machine: interrupted after")
    assert command.returncode == INTERRUPTED
