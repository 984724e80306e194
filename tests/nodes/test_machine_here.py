"""The questions that a node's machine is asked, put to this very machine: what `ps` really prints."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from components.clock import SystemClock
from components.errors import CommandFailed, ConfigurationRefused
from components.nodes.converge import put_files
from components.nodes.machine import NodeMachine
from components.nodes.plan import WantedFile
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


def test_a_settings_file_that_is_a_link_is_left_one(tmp_path):
    machine, linked, repo = machine_in(tmp_path), tmp_path / "elasticsearch.yml", tmp_path / "repo.yml"
    repo.write_text("a: 1\n")
    linked.symlink_to("repo.yml")
    with pytest.raises(ConfigurationRefused, match=r"it leads to repo\.yml"):
        machine.write_settings("a: 2\n")
    assert (linked.is_symlink(), repo.read_text()) == (True, "a: 1\n")
    linked.unlink()
    linked.write_text("a: 1\n")
    machine.write_settings("a: 2\n")
    assert linked.read_text() == "a: 2\n"


def test_a_folder_that_everybody_may_write_in_is_set_and_a_link_in_its_place_is_not_followed(tmp_path):
    machine, certs, elsewhere = machine_in(tmp_path), tmp_path / "certs", tmp_path / "elsewhere"
    key = WantedFile("certs/http-key.pem", b"a key", 0o640, "HTTP leaf")
    certs.mkdir()
    certs.chmod(0o777)
    assert str(put_files(machine, [key])[0]).startswith("set certs (0750): ")
    assert (oct(certs.stat().st_mode), (certs / "http-key.pem").read_bytes()) == ("0o40750", b"a key")
    certs.rename(elsewhere)
    elsewhere.chmod(0o777)
    certs.symlink_to(elsewhere)
    with pytest.raises(CommandFailed, match="it is a link"):
        put_files(machine, [key])
    assert oct(elsewhere.stat().st_mode) == "0o40777"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder that another user may not enter")
def test_files_that_the_nodes_user_may_not_read_are_named(tmp_path):
    place = Path(tempfile.mkdtemp(dir="/var/tmp"))
    try:
        place.chmod(0o755)
        shutil.chown(place, "nobody", "nogroup")
        machine, names = machine_in(place), ["certs/http-key.p12", "certs/http-trust.pem", "no-folder/none.pem"]
        (place / "certs").mkdir(mode=0o700)
        told = f"user nobody may not read {place}/certs: see the owner and mode of each, and of its folder"
        assert machine.cannot_read(names) == told
        (place / "certs" / "http-key.p12").touch(0o640)
        assert f"{place}/certs/http-key.p12, {place}/certs:" in machine.cannot_read(names)
        (place / "certs").chmod(0o755)
        assert machine.cannot_read(names[:1]).startswith(f"user nobody may not read {place}/certs/http-key.p12: ")
        (place / "certs" / "http-key.p12").chmod(0o644)
        assert machine.cannot_read(names) == ""
        (tmp_path / "config").symlink_to(place)
        assert machine_in(tmp_path / "config").cannot_read(names) == "", "it need not follow our link to its folder"
    finally:
        shutil.rmtree(place)


def test_a_node_of_the_stack_is_reached_on_this_machine(tmp_path):
    (tmp_path / "elasticsearch.yml").write_text("a: 1\n")
    machine = machine_of(machine_in(tmp_path).machine)
    assert (machine.name, machine.target.name, machine.settings_text()) == ("es-1", "es-1", "a: 1\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder to another user")
def test_a_keystore_that_its_command_could_not_write_is_told_beforehand():
    place = Path(tempfile.mkdtemp(dir="/var/tmp"))
    service, keystore = machine_in(place).service, place / "elasticsearch.keystore"
    run_as = "`elasticsearch-keystore` is run as user nobody, "
    try:
        shutil.chown(place, "nobody", "nogroup")
        assert service.cannot_write_keystore() == ""
        keystore.touch()
        mend = f"`chown nobody {keystore}`"
        told = f"{run_as}and leaves {keystore} as it is, since that belongs to root: {mend}"
        assert service.cannot_write_keystore() == told
        shutil.chown(keystore, "nobody")
        assert service.cannot_write_keystore() == ""
        place.chmod(0o555)
        assert service.cannot_write_keystore().startswith(f"{run_as}who may not write in {place}: ")
    finally:
        shutil.rmtree(place)
