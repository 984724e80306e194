"""Whether systemd runs a process: only where a unit's main process is the node, its launcher, or a script around it."""

import os
import subprocess

import pytest

from components.nodes.units import OF_UNIT, unit_of, unit_that_runs
from tests.nodes.local_files import TARGET

UNIT = "elasticsearch.service"


def said(main="100", above=(("90", "java"), ("1", "systemd")), transient="no", unit=UNIT):
    """Return what is printed of process 100."""
    shown = [("unit", unit), ("MainPID", main), ("Transient", transient)]
    return [*shown, *(("above", " ".join(one)) for one in above)]


@pytest.mark.parametrize(
    ("lines", "unit"),
    [
        pytest.param(said("100", (("1", "systemd"), ("0", ""))), UNIT, id="it wrote the pid file of a forking unit"),
        pytest.param(said("90"), UNIT, id="its launcher is the main process"),
        pytest.param(said("80", (("90", "java"), ("80", "bash"))), UNIT, id="a script started its launcher"),
        pytest.param(
            said("70", (("1", "systemd"), ("0", "")), unit="ssh.service"), "", id="a daemon, started by hand over ssh"
        ),
        pytest.param(
            said("70", (("90", "java"), ("80", "bash")), unit="ssh.service"), "", id="in the foreground, over ssh"
        ),
        pytest.param(
            said("80", (("90", "java"), ("80", "Runner.Worker")), unit="runner.service"), "", id="by the agent of a CI"
        ),
        pytest.param(said("80", (("90", "java"), ("80", "supervisord"))), "", id="by another supervisor"),
        pytest.param(said("0", (("1", "systemd"), ("0", ""))), "", id="a unit without a main process"),
        pytest.param(said("90", transient="yes"), "", id="by systemd-run: no such unit is there once it has ended"),
        pytest.param([("unit", UNIT), ("above", "90 java")], "", id="systemd does not answer"),
        pytest.param([], "", id="in no unit"),
    ],
)
def test_a_unit_runs_what_it_waits_for(lines, unit):
    assert unit_of(lines, "100") == unit


def proc(folder, cgroup):
    """Put three processes into a folder as the kernel has them: a node, its launcher, and process 1."""
    for pid, above, name in (("100", "90", "java"), ("90", "1", "java"), ("1", "0", "systemd")):
        one = folder / "proc" / pid
        one.mkdir(parents=True)
        (one / "status").write_text(f"Name:\t{name}\nPPid:\t{above}\nUid:\t0\n")
        (one / "comm").write_text(f"{name}\n")
        (one / "cgroup").write_text(cgroup)
    systemctl = folder / "systemctl"
    systemctl.write_text(
        '#!/bin/sh\n[ "$1 $2" = "show --property=MainPID,Transient" ] && echo MainPID=90\necho "#$3"\n'
    )
    systemctl.chmod(0o755)


@pytest.mark.parametrize(
    ("cgroup", "unit"),
    [
        pytest.param("0::/system.slice/elasticsearch.service\n", UNIT, id="version 2"),
        pytest.param(
            "9:pids:/system.slice/es.service\n1:name=systemd:/system.slice/es.service\n", "es.service", id="1"
        ),
        pytest.param("0::/system.slice/system-es.slice/es@es-1.service\n", "es@es-1.service", id="an instance"),
        pytest.param(
            "0::/user.slice/user-7.slice/user@7.service/app.slice/es.service\n", "", id="a user's own systemd"
        ),
        pytest.param("0::/user.slice/user-7.slice/session-3.scope\n", "", id="a login"),
        pytest.param("0::/system.slice/docker-0f1e.scope\n", "", id="a container"),
        pytest.param("0::/\n", "", id="inside a container"),
    ],
)
def test_the_unit_is_read_from_the_control_group_and_asked_for_its_main_process(tmp_path, cgroup, unit):
    proc(tmp_path, cgroup)
    script = f"{OF_UNIT.replace('/proc/', f'{tmp_path}/proc/')}of_unit 100"
    path = f"{tmp_path}:{os.environ['PATH']}"
    text = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, env={"PATH": path}).stdout
    lines = [f"unit={unit}", "MainPID=90", f"#{unit}", "above=90 java", "above=1 systemd"]
    assert text.splitlines() == (lines if unit else [])


def test_a_process_that_no_unit_runs_is_in_none_here():
    assert unit_that_runs(TARGET, os.getpid()) == ""
