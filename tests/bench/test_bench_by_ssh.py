"""What many machines by SSH are measured with: two of them, with real sshd's on loopback."""

import signal
import subprocess
import sys
import time
from pathlib import Path, PurePosixPath

import psutil
import pytest

from bench.figures import as_lines
from bench.hosts import running_hosts
from bench.memory import peak_of_plugin
from bench.over_ssh import figure_of_noop, measure
from bench.processes import Cost, cost_of
from components.errors import ConfigurationRefused
from components.nodes.probes import Speech, handshake
from components.nodes.ssh import SshTarget, close_connections
from components.nodes.ssh_spec import Ssh
from stacks.workspace import ROOT
from tests.sshd import short_folder, sshd_or_skip

RUN_UNTIL_KILLED = """
import sys, time
from pathlib import Path
from bench.hosts import running_hosts
with running_hosts(Path(sys.argv[1]), 2):
    print("up", flush=True)
    time.sleep(600)
"""

MOST_LINES = 140
"""Of a rotation's plan, however many nodes there are."""


@pytest.fixture
def folder():
    sshd_or_skip()
    with short_folder() as found:
        yield found
        close_connections()


def running_in(folder: Path) -> list[str]:
    """Return the processes whose command names the folder."""
    found = []
    for one in psutil.process_iter(["cmdline"]):
        words = " ".join(one.info["cmdline"] or ())
        if str(folder / "hosts") in words:
            found.append(words)
    return found


def is_over(folder: Path) -> bool:
    return not (folder / "hosts").exists() and running_in(folder) == []


def test_each_machine_is_reached_by_its_own_address_and_host_key_and_nothing_is_left(folder):
    with running_hosts(folder / "hosts", 2) as hosts:
        assert len({host.address for host in hosts}) == len({host.ssh()["host_key"] for host in hosts}) == 2
        for host in hosts:
            target = SshTarget("any", Ssh(host=host.address, **host.ssh()))
            assert target.stat([PurePosixPath(host.folder)]).keys() == {PurePosixPath(host.folder)}
            for port in (host.http_port, host.transport_port):
                assert handshake(host.address, port, dial=target.dial).speech is Speech.NOTHING
        mistaken = Ssh(host=hosts[0].address, **{**hosts[0].ssh(), "host_key": hosts[1].ssh()["host_key"]})
        with pytest.raises(ConfigurationRefused, match="host key"):
            SshTarget("any", mistaken).read(PurePosixPath("/etc/hostname"))
        assert len(running_in(folder)) >= 3  # the sshd's, and what runs them
    assert is_over(folder)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_machines_end_with_whoever_measures_however_that_ends(number, folder):
    words = [sys.executable, "-c", RUN_UNTIL_KILLED, str(folder / "hosts")]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as measuring:
        assert measuring.stdout.readline() == "up\n"
        measuring.send_signal(number)
    for _ in range(200):
        if is_over(folder):
            break
        time.sleep(0.05)
    assert is_over(folder)


def test_an_interrupted_measurement_lets_its_command_end_by_itself(tmp_path):
    """As an engine does, which finishes the step in hand when it is told to end."""
    ended, begun = tmp_path / "ended", tmp_path / "begun"
    step = f"trap 'touch {ended}; exit 1' TERM; touch {begun}; while :; do sleep 0.05; done"
    measuring = f"""
import signal, sys
from pathlib import Path
from bench.processes import cost_of
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
cost_of(["sh", "-c", {step!r}], {{}}, Path("/"))
"""
    with subprocess.Popen([sys.executable, "-c", measuring], cwd=ROOT) as process:
        while not begun.exists():
            assert process.poll() is None
            time.sleep(0.02)
        process.terminate()
    assert process.returncode == 3
    assert ended.exists()


def test_the_figure_of_a_noop_is_the_median_of_the_pairs_and_says_what_a_node_costs():
    pairs = [(Cost(6.0, 3.0), Cost(2.0, 1.0)), (Cost(9.0, 3.0), Cost(2.0, 1.0)), (Cost(4.0, 3.0), Cost(1.0, 1.0))]
    figure = figure_of_noop(10, pairs, 1.5)
    assert (figure.name, figure.value) == ("ssh_noop_10_over_floor", 4.0)
    assert figure.detail["over_twice_the_floor_ms_a_node"] == 200.0
    assert figure.detail["bare_ssh_wall_s"] == 1.5
    assert '"figure": "ssh_noop_10_over_floor", "value": 4.0' in as_lines([figure])


def test_the_memory_of_a_plugin_is_seen_and_that_of_others_is_not(tmp_path):
    (tmp_path / "provider.py").write_text("import time; time.sleep(1)\n")
    with peak_of_plugin() as seen:
        cost_of([sys.executable, "-u", "-m", "provider", "127.0.0.1:1"], {}, tmp_path)
    with peak_of_plugin() as nothing:
        cost_of(["sleep", "0.5"], {}, tmp_path)
    assert seen.bytes > 0
    assert nothing.bytes == 0


@pytest.mark.engine
def test_two_machines_are_measured_to_the_end(folder):
    noop, renewal, memory, plan = measure(folder, 2, rounds=1)
    assert noop.value > 1
    assert renewal.detail["first_up_s"] > renewal.value > 0
    assert memory.value > 0
    assert 0 < plan.value <= MOST_LINES
