"""The words for docker, put to its stand-in on this very machine, with a container of a few lines; how strict it is."""

import os
import subprocess
import time

import pytest

from components.clock import SystemClock
from components.errors import ConfigurationRefused
from components.nodes.layouts import Layout
from components.nodes.local import MINIMAL_ENVIRONMENT
from components.nodes.machine import NodeMachine
from components.nodes.spec import Machine
from tests.docker_standin.containers import IMAGE, Container
from tests.docker_standin.installed import install_docker
from tests.docker_standin.supervisor import rfc3339
from tests.nodes.local_files import TARGET

NAME = "es-1"
LOGS = ["logs", "--since", "1970-01-01T00:00:05Z", "--tail"]
CLOCK = SystemClock()
USER = f"{os.geteuid()}:{os.getegid()}"
READY = """echo '{"message":"started {es-1}{x}"}'; while :; do sleep 0.1; done"""


class Here:
    """A container on this machine, and the node's machine that has it."""

    def __init__(self, folder):
        self.folder = folder
        self.containers = install_docker(folder)
        (folder / "bin" / "elasticsearch-keystore").write_text('#!/bin/sh\necho "$0 $* $A $B"; cat; exec id -u\n')
        (folder / "bin" / "elasticsearch-keystore").chmod(0o755)
        machine = Machine(
            node=NAME,
            layout=Layout.DOCKER,
            home=str(folder),
            config=str(folder),
            pid_file="/",
            user=USER,
            container=NAME,
            runtime="docker",
        )
        self.machine = NodeMachine(machine, TARGET)
        self.service = self.machine.service

    def runs(self, script, *, restarts=False):
        command, us = ["/bin/sh", "-c", script], (os.geteuid(), os.getegid())
        self.containers.write(NAME, Container(command, *us, {"A": "image"}, {"B": "container"}, restarts))

    def docker(self, *words):
        done = subprocess.run([self.folder / "bin" / "docker", *words], capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def here(tmp_path, monkeypatch):
    one = Here(tmp_path)
    monkeypatch.setitem(MINIMAL_ENVIRONMENT, "PATH", f"{tmp_path / 'bin'}:{MINIMAL_ENVIRONMENT['PATH']}")
    yield one
    if one.containers.read(NAME):
        one.docker("stop", "-t", "0", NAME)


def test_a_container_is_started_found_and_stopped_here(here):
    here.runs(f"trap 'echo ends; exit 143' TERM; {READY}")
    before = CLOCK.now().timestamp()
    assert here.machine.process() is None
    assert here.machine.start(CLOCK).ok
    process = here.machine.process()
    assert before <= process.started <= CLOCK.now().timestamp()
    assert here.machine.limits().user == USER
    here.machine.stop(CLOCK)
    assert here.machine.process() is None
    assert here.containers.state(NAME).exit_code == 143
    assert here.service.log_since("", int(before) * 10**9).split() == ["started", "{es-1}{x}", "ends"]


def test_the_keystores_program_runs_in_the_container_or_beside_it_with_the_images_environment_here(here):
    here.runs(READY)
    program = f"{here.folder}/bin/elasticsearch-keystore"
    assert here.service.keystore(["list"], b"read\n").stdout == f"{program} list image \nread\n{os.geteuid()}\n"
    here.docker("start", NAME)
    assert here.service.keystore(["list"], b"").stdout == f"{program} list image container\n{os.geteuid()}\n"


def test_what_a_container_said_is_told_by_stream_time_and_number_of_lines_here(here):
    here.runs("echo earlier; exit 3")
    here.docker("start", NAME)
    while here.containers.state(NAME).running:
        time.sleep(0.01)
    here.runs("echo bad; echo to standard error >&2; exit 4")
    done = here.machine.start(CLOCK)
    assert (done.exit_status, done.stdout.splitlines()) == (4, ["to standard error", "bad"]), "in the same second"
    assert here.docker(*LOGS, "9", NAME) == (0, "earlier\nbad\n", "to standard error\n")
    assert here.docker(*LOGS, "2", NAME) == (0, "bad\n", "to standard error\n")
    assert here.docker(*LOGS, "0", NAME) == (0, "", "")


def test_a_container_that_its_restart_policy_starts_anew_and_anew_has_failed_and_is_stopped_here(here):
    here.runs("echo bad; exit 4", restarts=True)
    done = here.machine.start(CLOCK)
    assert (done.ok, set(done.stdout.split())) == (False, {"bad"})
    starts = here.containers.state(NAME).starts
    CLOCK.sleep(0.5)
    assert (here.machine.process(), here.containers.state(NAME).starts) == (None, starts)


def test_a_container_that_does_not_end_is_killed_when_its_seconds_are_over_here(here):
    here.runs(f"trap '' TERM; {READY}")
    here.machine.start(CLOCK)
    assert here.docker("stop", "-t", "1", NAME) == (0, "es-1\n", "")
    assert here.containers.state(NAME).exit_code == 137
    assert here.docker("stop", "-t", "1", NAME) == (0, "es-1\n", ""), "as it has ended"


def test_a_container_that_is_not_there_is_refused_here(here):
    with pytest.raises(ConfigurationRefused, match="there is no container es-1"):
        here.machine.process()


def test_times_are_written_as_docker_writes_them():
    assert rfc3339(1_000_000_000) == "1970-01-01T00:00:01Z"
    assert rfc3339(1_120_000_007) == "1970-01-01T00:00:01.120000007Z"
    assert rfc3339(1_120_000_000) == "1970-01-01T00:00:01.12Z"


WORDS = {
    "start": ["start", NAME],
    "stop": ["stop", "-t", "5", NAME],
    "inspect": ["inspect", "--type", "container", "--format", "{{.State.Pid}}", NAME],
    "logs": [*LOGS, "5", NAME],
    "exec": ["exec", "-i", "--user", USER, NAME, "/bin/true"],
    "run": [
        "run",
        "--rm",
        "-i",
        "--user",
        USER,
        "--volumes-from",
        NAME,
        "--network",
        "none",
        "--entrypoint",
        "/bin/true",
    ],
}


@pytest.mark.parametrize(
    ("words", "status", "why"),
    [
        ([], 125, "does not know"),
        (["ps"], 125, "does not know: ps"),
        (["start", "-a", NAME], 125, "does not know"),
        (["stop", NAME], 125, "does not know"),
        (["stop", "--time", "5", NAME], 125, "does not know"),
        (["stop", "-t", "-1", NAME], 125, "does not know"),
        (["inspect", NAME], 125, "does not know"),
        (["inspect", "--type", "container", "--format", "{{.State.Paused}}", NAME], 64, "template parsing error"),
        (["inspect", "--type", "container", "--format", "{{.State.Pid", NAME], 64, "template parsing error"),
        (["logs", NAME], 125, "does not know"),
        (["logs", "--since", "1h", "--tail", "5", NAME], 125, "does not know"),
        ([*LOGS, "all", NAME], 125, "does not know"),
        (["exec", NAME, "/bin/true"], 125, "does not know"),
        (WORDS["exec"], 1, "is not running"),
        (["run", IMAGE], 125, "does not know"),
        ([*WORDS["run"], "elasticsearch"], 125, "Unable to find image"),
        ([*WORDS["run"][:-1], "/bin/no", IMAGE], 127, "No such file"),
        ([*WORDS["run"][:4], "root", *WORDS["run"][5:], IMAGE], 126, "unable to find user root"),
    ],
)
def test_the_standin_for_docker_refuses_what_it_does_not_know(here, words, status, why):
    here.runs(READY)
    refused = here.docker(*words)
    assert (refused[0], why in refused[2]) == (status, True), refused


@pytest.mark.parametrize("words", [*list(WORDS.values())[:-1], [*WORDS["run"], IMAGE]], ids=WORDS)
def test_the_standin_for_docker_has_no_container_that_nobody_made(here, words):
    status, said, complained = here.docker(*words)
    assert (status, said.strip()) == (125 if words[0] == "run" else 1, "")
    also = "Error: failed to start containers: es-1\n" if words[0] == "start" else ""
    assert complained == f"Error response from daemon: No such container: es-1\n{also}"
