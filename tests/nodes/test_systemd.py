"""A node of the packages: systemd starts and stops it and knows its process; its files are root's."""

import pytest

from components.errors import CommandFailed, ConfigurationRefused
from components.nodes.machine import NodeMachine
from components.nodes.spec import Machine
from components.nodes.target import Completed
from tests.fakes import OK, FakeClock, FakeFile
from tests.nodes.standing import ETC, Unit, deb, packaged


def keystore_calls(target):
    return [call for call in target.ran if call.argv[0].endswith("elasticsearch-keystore")]


@pytest.fixture
def target():
    return packaged()


def test_files_belong_to_root_and_the_nodes_group_whoever_the_node_runs_as(target):
    machine = deb(target)
    machine.write("certs/http-key.p12", b"key", 0o640)
    file = target.files[ETC / "certs/http-key.p12"]
    assert (file.owner, file.group, file.mode) == ("root", "elasticsearch", 0o640)


def test_the_process_is_the_units_main_process_whatever_its_command_line_says(target):
    unit = Unit(target)
    assert deb(target).process() is None
    unit.start()
    began = target.now()
    target.clock.sleep(100)
    found = deb(target).process()
    assert found.pid == unit.pid
    assert began <= found.started < began + 1.5


def test_a_start_and_a_stop_are_the_documented_commands_and_no_password_goes_with_them(target):
    unit, machine = Unit(target), deb(target)
    assert machine.start_command() == "systemctl start elasticsearch.service"
    assert machine.start(target.clock).ok
    machine.stop(target.clock)
    assert machine.process() is None
    calls = [call for call in target.ran if call.argv[0] == "systemctl" and call.argv[1] != "show"]
    words = [("reset-failed", unit.name), ("start", unit.name), ("stop", "--no-block", unit.name)]
    assert [call.argv[1:] for call in calls] == words
    assert {(call.stdin, call.user, tuple(call.environment)) for call in calls} == {(b"", None, ())}


def test_an_archive_with_a_unit_is_run_by_it_and_its_pid_file_is_not_looked_at(target):
    unit = Unit(target, name="es.service")
    place = {"home": "/opt/es", "config": str(ETC), "pid_file": "/etc/elasticsearch/elasticsearch.pid"}
    machine = NodeMachine(Machine(node="es-1", unit="es.service", **place), target)
    assert machine.start_command() == "systemctl start es.service"
    assert machine.start(target.clock).ok
    assert machine.process().pid == unit.pid
    assert machine.cannot_start() == ""
    machine.stop(target.clock)
    assert machine.process() is None


def test_a_unit_that_fails_is_stopped_so_that_no_policy_starts_it_while_files_are_put_back(target):
    Unit(target, fails="unknown setting")
    assert not deb(target).start(target.clock).ok
    assert target.ran[-1].argv == ("systemctl", "stop", "--no-block", "elasticsearch.service")


def test_a_unit_that_may_start_a_few_times_only_starts_however_often_it_failed_before(target):
    unit = Unit(target, fails="unknown setting", most_starts=2)
    for _ in range(3):
        assert not deb(target).start(target.clock).ok
    unit.fails = ""
    assert deb(target).start(target.clock).ok


def test_a_start_that_fails_tells_what_the_journal_has_of_it(target):
    Unit(target, fails="java.lang.IllegalArgumentException: unknown setting [xpack.security.enbled]")
    done = deb(target).start(target.clock)
    assert done.exit_status == 1
    assert "unknown setting [xpack.security.enbled]" in done.stdout
    assert "Job for elasticsearch.service failed" in done.stderr


def test_a_stop_waits_for_the_unit_and_not_only_for_its_process(target):
    unit, machine = Unit(target, lingers=5.0), deb(target)
    machine.start(target.clock)
    began = target.clock.monotonic()
    machine.stop(target.clock)
    assert unit.active() == "inactive"
    assert 6.5 <= target.clock.monotonic() - began < 8


def test_a_node_that_does_not_end_is_left_and_said(target):
    unit, machine = Unit(target, takes=None), deb(target)
    machine.start(target.clock)
    with pytest.raises(CommandFailed, match="did not stop within 120 s"):
        machine.stop(target.clock)
    assert unit.alive()


def test_a_stop_that_is_refused_is_told_at_once_and_in_its_own_words(target):
    unit, machine = Unit(target), deb(target)
    machine.start(target.clock)
    usual, denied = unit.systemctl, Completed(1, "", "Interactive authentication required.\n")
    target.programs["systemctl"] = lambda call: denied if call.argv[1] == "stop" else usual(call)
    began = target.clock.monotonic()
    with pytest.raises(CommandFailed, match="could not be asked to stop") as caught:
        machine.stop(target.clock)
    assert caught.value.why == "Interactive authentication required."
    assert target.clock.monotonic() - began < 2


def test_a_unit_that_is_not_there_is_refused_before_anything_and_not_taken_for_a_stopped_node(target):
    Unit(target)
    with pytest.raises(ConfigurationRefused) as caught:
        deb(target, unit="elastic.service").process()
    assert caught.value.what == "systemd has no unit elastic.service"
    assert "`machine.unit`" in caught.value.next_step


def test_a_machine_without_systemd_says_so_and_what_to_write(target):
    said = ("System has not been booted with systemd as init system.", "Failed to connect to bus: Host is down")
    Unit(target, refuses="\n".join(said))
    with pytest.raises(CommandFailed) as caught:
        deb(target).process()
    assert caught.value.why == "; ".join(said)
    assert "`machine.commands`" in caught.value.next_step


def test_settings_that_the_node_may_not_read_are_found_before_it_is_stopped(target):
    Unit(target)
    assert deb(target).cannot_start() == ""
    target.files[ETC / "elasticsearch.yml"].group = "root"
    assert deb(target).cannot_start().startswith("user elasticsearch may not read /etc/elasticsearch/elasticsearch.yml")


def test_the_keystore_is_changed_by_the_owner_of_its_folder_since_the_node_may_not_write_there(target):
    target.programs["elasticsearch-keystore"] = lambda call: OK
    deb(target).set_secure_settings({"bootstrap.password": "b00t"})
    [call] = keystore_calls(target)
    assert call.argv[0] == "/usr/share/elasticsearch/bin/elasticsearch-keystore"
    assert (call.user, call.environment, call.stdin) == ("root", {"ES_PATH_CONF": "/etc/elasticsearch"}, b"b00t\n")


@pytest.mark.parametrize(("comes_as", "mended"), [("root", True), ("elasticsearch", False)])
def test_a_keystore_that_root_made_anew_stays_readable_for_the_nodes_group(target, comes_as, mended):
    path = ETC / "elasticsearch.keystore"

    def make_anew(call):
        target.put(path, FakeFile(b"{}", 0o660, "root", comes_as))
        return OK

    target.programs["elasticsearch-keystore"] = make_anew
    deb(target).set_secure_settings({"bootstrap.password": "b00t"})
    assert target.files[path].group == "elasticsearch"
    assert any(call.argv[0] == "chgrp" for call in target.ran) is mended


def test_limits_are_those_that_the_running_unit_was_granted_and_nobodys_otherwise(target):
    unit, machine = Unit(target), deb(target)
    assert machine.limits() is None
    machine.start(FakeClock())
    assert (machine.limits().user, machine.limits().open_files) == ("elasticsearch", 65535)
    assert target.ran[-1].argv == ("cat", f"/proc/{unit.pid}/limits", "/proc/sys/vm/max_map_count")
