"""What we ask of systemd, of a real one: process 1 of a machine made of namespaces (tests/systemd_machine.py), by SSH.

The node is a shell that waits. Where no such machine can be made, each of these is an expected failure that says why.
"""

import shlex

import pytest

from components.clock import SystemClock
from components.errors import ConfigurationRefused
from components.nodes.machine import NodeMachine
from components.nodes.spec import Machine
from components.nodes.ssh import SshTarget, close_connections
from components.nodes.ssh_spec import Ssh
from components.nodes.units import unit_that_runs
from tests.cluster_fixtures import free_ports
from tests.sshd import NO_PASSWORD, logins, running_sshd, sshd_or_skip, within
from tests.systemd_machine import NotMade, systemd_machine

CLOCK = SystemClock()
READY = "systemd-notify --ready; exec sleep 1000"
ONLY_IF = "test -e /run/may-start || { echo unknown setting [xpack.security.enbled]; exit 1; }; "
SERVICE = """\
[Unit]
{of_unit}
[Service]
Type={kind}
NotifyAccess=all
User=nobody
ExecStart=/bin/sh -c {script}
SuccessExitStatus=143
TimeoutStopSec=0
SendSIGKILL=no
{of_service}
"""


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    sshd_or_skip()
    try:
        with logins(), systemd_machine(tmp_path_factory.mktemp("machine")) as found:
            yield found
    except NotMade as error:
        pytest.xfail(f"no real systemd here: {error}")


@pytest.fixture(scope="module")
def target(there):
    with running_sshd("127.0.0.1", free_ports(1)[0], there.lead, f"AllowUsers {NO_PASSWORD}") as sshd:
        way = {"host": sshd.address, "port": sshd.port, "user": NO_PASSWORD, "config_file": "/dev/null"}
        yield SshTarget("es-1", Ssh(**way, identity_file=sshd.identity_file, host_key=sshd.host_key))
        close_connections()


@pytest.fixture
def unit(there, target):
    """Return a function that writes a unit, and returns the node that it runs; all of them are stopped at the end."""
    made = []

    def write(script=READY, *, name="es.service", runs="es.service", kind="notify", of_unit="", of_service=""):
        text = SERVICE.format(script=shlex.quote(script), kind=kind, of_unit=of_unit, of_service=of_service)
        there.write_unit(name, text)
        made.append(runs)
        machine = Machine(node="es-1", home="/opt/es", config="/etc", pid_file="/nowhere", user="nobody", unit=runs)
        return NodeMachine(machine, target)

    yield write
    there.run("rm", "-f", "/run/may-start")
    for one in made:
        there.run("sh", "-c", 'systemctl stop "$1"; systemctl reset-failed "$1"; true', "sh", one)


def state(there, name="es.service"):
    return there.run("systemctl", "show", "--property=ActiveState", "--value", name).strip()


def test_a_node_is_started_known_and_stopped_whoever_waits_for_it(there, target, unit):
    node = unit()
    assert node.process() is None
    assert node.start(CLOCK).ok
    process = node.process()
    assert there.run("cat", f"/proc/{process.pid}/comm") == "sleep\n"
    assert node.process().is_same(process.pid, process.started)
    assert unit_that_runs(target, process.pid) == "es.service"
    node.stop(CLOCK)
    assert node.process() is None
    assert state(there) == "inactive"


def test_an_instance_of_a_template_is_a_unit_like_others(there, unit):
    node = unit(name="es@.service", runs="es@es-1.service")
    assert node.start(CLOCK).ok
    assert node.service.cannot_start() == node.service.settings_unreadable()
    node.stop(CLOCK)
    assert state(there, "es@es-1.service") == "inactive"


def test_a_stop_waits_for_a_node_that_takes_its_time(unit):
    node = unit("trap 'sleep 1; exit 0' TERM; systemd-notify --ready; while :; do sleep 0.1; done")
    assert node.start(CLOCK).ok
    process = node.process()
    node.stop(CLOCK)
    assert node.process() is None
    assert node.service.is_gone(process)


def test_a_start_that_fails_tells_what_the_node_said_and_no_policy_starts_it_again(there, unit):
    node = unit(ONLY_IF + READY, of_service="Restart=always\nRestartSec=1s")
    failed = node.start(CLOCK)
    assert (failed.ok, "Job for es.service failed" in failed.stderr) == (False, True)
    assert "unknown setting [xpack.security.enbled]" in failed.stdout
    there.run("touch", "/run/may-start")
    assert not within(2.0, lambda: node.process() is not None), "it is not started while its files are put back"
    assert state(there) == "inactive"
    assert node.start(CLOCK).ok


def test_a_unit_that_may_be_started_once_in_an_hour_starts_when_its_files_are_back(there, unit):
    node = unit(ONLY_IF + READY, of_unit="StartLimitIntervalSec=1h\nStartLimitBurst=1")
    assert not node.start(CLOCK).ok
    there.run("touch", "/run/may-start")
    assert node.start(CLOCK).ok


def test_a_unit_that_is_not_there_is_named(unit):
    node = unit(runs="other.service")
    with pytest.raises(ConfigurationRefused, match=r"systemd has no unit other\.service"):
        node.process()


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        pytest.param("sh -c 'sleep 1000; :' & wait", "exec", id="a script, a launcher, and it"),
        pytest.param("sleep 1000 & wait", "simple", id="a script, and it"),
    ],
)
def test_a_node_below_a_script_of_the_units_is_the_units(there, target, unit, script, kind):
    assert unit(script, kind=kind).start(CLOCK).ok
    group = "/sys/fs/cgroup/system.slice/es.service/cgroup.procs"
    found = [pid for pid in there.run("cat", group).split() if there.run("cat", f"/proc/{pid}/comm") == "sleep\n"]
    assert [unit_that_runs(target, int(pid)) for pid in found] == ["es.service"]


def test_what_somebody_started_by_hand_is_no_units(there, target):
    by_ssh = target.run(["sh", "-c", "sleep 1000 </dev/null >/dev/null 2>&1 & echo $!"]).stdout.strip()
    there.run("systemd-run", "--unit=made-at-once", "sleep", "1000")
    of_run = there.run("systemctl", "show", "--property=MainPID", "--value", "made-at-once").strip()
    assert [unit_that_runs(target, int(pid)) for pid in (by_ssh, of_run)] == ["", ""]
