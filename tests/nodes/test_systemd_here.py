"""The questions and commands for systemd, put to its stand-in on this very machine, with a service of a few lines."""

import os
import pwd

import pytest

from components.clock import SystemClock
from components.errors import ConfigurationRefused
from components.nodes.layouts import Layout
from components.nodes.local import MINIMAL_ENVIRONMENT
from components.nodes.machine import NodeMachine
from components.nodes.spec import Machine
from tests.nodes.local_files import TARGET
from tests.systemd_standin.installed import install_systemd
from tests.systemd_standin.units import Unit

NAME = "es.service"
CLOCK = SystemClock()
READY = r"printf 'begins\n\030\n' >&2; cat > %s/said; exec sleep 60"


class Here:
    """A unit on this machine, and the node's machine that has it."""

    def __init__(self, folder):
        self.folder = folder
        self.units = install_systemd(folder)
        config = folder / "config"
        config.mkdir()
        (config / "elasticsearch.yml").write_text("a: 1\n")
        user = pwd.getpwuid(os.geteuid()).pw_name
        machine = Machine(
            node="es-1", layout=Layout.DEB, home="/", config=str(config), pid_file="/", user=user, unit=NAME
        )
        self.machine = NodeMachine(machine, TARGET)

    def runs(self, script, **environment):
        unit = Unit(["/bin/sh", "-c", script], os.geteuid(), os.getegid(), str(self.folder / "run"), environment)
        self.units.write(NAME, unit)


@pytest.fixture
def here(tmp_path, monkeypatch):
    one = Here(tmp_path)
    monkeypatch.setitem(MINIMAL_ENVIRONMENT, "PATH", f"{tmp_path / 'bin'}:{MINIMAL_ENVIRONMENT['PATH']}")
    yield one
    if one.units.read(NAME):
        one.machine.stop(CLOCK)


def test_a_unit_is_started_found_and_stopped_here(here):
    here.runs(READY % here.folder, ES_KEYSTORE_PASSPHRASE_FILE=str(here.folder / "passphrase"))
    (here.folder / "passphrase").write_text("a passphrase\n")
    before = CLOCK.now().timestamp()
    assert here.machine.process() is None
    assert here.machine.start(CLOCK).ok
    process = here.machine.process()
    assert before - 1 <= process.started <= CLOCK.now().timestamp() + 1
    assert here.machine.limits().user == here.machine.machine.user
    assert here.machine.cannot_start() == ""
    here.machine.stop(CLOCK)
    assert here.machine.process() is None
    assert (here.folder / "said").read_text() == "a passphrase\n", "the unit read it, and nobody piped it"
    assert here.units.state(NAME).active == "inactive"


def test_a_unit_that_fails_is_told_out_of_the_journal_here(here):
    here.runs("echo an earlier start; exit 3")
    assert not here.machine.start(CLOCK).ok
    CLOCK.sleep(1.1)
    here.runs("echo unknown setting; echo to standard error >&2; exit 3")
    done = here.machine.start(CLOCK)
    assert done.exit_status == 1
    assert sorted(done.stdout.splitlines()) == ["to standard error", "unknown setting"]
    assert here.units.state(NAME).active == "failed"


def test_a_start_while_the_unit_is_ending_waits_for_its_end_here(here):
    here.runs("trap 'sleep 4; exit 143' TERM; printf '\\030\\n' >&2; while :; do sleep 0.1; done")
    assert here.machine.start(CLOCK).ok
    first = here.machine.process()
    here.machine.service.ask_to_stop(first)
    assert not here.machine.service.is_gone(first)
    assert here.machine.start(CLOCK).ok
    assert here.machine.process().pid != first.pid


def test_a_unit_that_is_not_there_is_refused_here(here):
    with pytest.raises(ConfigurationRefused, match=r"systemd has no unit es\.service"):
        here.machine.process()
