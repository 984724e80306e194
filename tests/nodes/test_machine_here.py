"""The questions that a node's machine is asked, put to this very machine: what `ps` really prints."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.clock import SystemClock
from components.nodes.machine import NodeMachine
from components.nodes.spec import Machine
from components.nodes.targets import machine_of
from tests.nodes.local_files import OURS, TARGET


def machine_in(folder: Path) -> NodeMachine:
    """Return the machine of a node whose files are all in one folder."""
    machine = Machine(node="es-1", home=str(folder), config=str(folder), pid_file=str(folder / "pid"))
    return NodeMachine(machine, TARGET)


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[subprocess.Popen]:
    """Run a program that only sleeps, under a command line with these arguments, and write its pid file."""
    code = "import time; print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", code, *arguments], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        (folder / "pid").write_text(f"{process.pid}\n")
        try:
            yield process
        finally:
            process.kill()


def test_a_node_that_runs_here_is_found_with_its_start(tmp_path):
    before = SystemClock().now().timestamp()
    with running(tmp_path, "org.elasticsearch.bootstrap.Elasticsearch") as process:
        found = machine_in(tmp_path).process()
    assert found.pid == process.pid
    assert found.started > before - 2


def test_a_node_that_runs_here_is_stopped_and_waited_for(tmp_path):
    with running(tmp_path, "org.elasticsearch.bootstrap.Elasticsearch") as process:
        machine_in(tmp_path).stop(SystemClock())
        assert process.wait(10) == -15
        assert machine_in(tmp_path).process() is None


def test_what_runs_here_and_is_no_node_is_left_alone(tmp_path):
    with running(tmp_path, "something", "else") as process:
        machine_in(tmp_path).stop(SystemClock())
        assert process.poll() is None


def test_links_are_followed_here(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert machine_in(tmp_path).place.real(str(tmp_path / "link")) == os.path.realpath(tmp_path / "real")


def test_what_speaks_against_a_start_here_is_said(tmp_path):
    machine = machine_in(tmp_path)
    program = Path(os.path.realpath(tmp_path)) / "bin" / "elasticsearch"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    assert machine.cannot_start() == f"user {OURS} may not run {program}, or there is no such file"
    program.chmod(0o755)
    assert "may not read" in machine.cannot_start()
    (tmp_path / "elasticsearch.yml").write_text("a: 1\n")
    assert machine.cannot_start() == ""


def test_a_node_of_the_stack_is_reached_on_this_machine(tmp_path):
    (tmp_path / "elasticsearch.yml").write_text("a: 1\n")
    machine = machine_of(machine_in(tmp_path).machine)
    assert (machine.name, machine.target.name, machine.settings_text()) == ("es-1", "es-1", "a: 1\n")
