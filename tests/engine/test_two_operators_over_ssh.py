"""Two operators at once on one state, by SSH: the second one begins while the first is in the middle of a write."""

import socket

import psutil
import pytest

from components.nodes.trust import names
from components.pki.inspect import parse_bundle
from stacks.cli import BROKEN, FINE
from tests.cluster.stack_run import kill_run
from tests.cluster_fixtures import free_ports
from tests.engine.ssh_folders import SshFoldersRun
from tests.engine.stopping_commands import WITHIN, StoppingCommand
from tests.sshd import left_behind, running_sshd, short_folder, sshd_or_skip, within

pytestmark = pytest.mark.engine
ELSEWHERE = ("unshare", "--uts", "sh", "-c", 'hostname elsewhere && exec "$@"', "sh")
"""On a machine of another name nobody can tell whether the process that holds a lock is still there."""


@pytest.fixture
def stopping(tmp_path):
    (tmp_path / "bin").mkdir()
    return StoppingCommand(tmp_path / "bin")


@pytest.fixture
def run(tmp_path, stopping):
    sshd_or_skip()
    way = stopping.way(stopping.folder)
    with short_folder() as temporary, running_sshd("127.0.0.1", free_ports(1)[0], more=way) as sshd:
        run = SshFoldersRun(tmp_path, {"es-1": sshd}, temporary)
        run.scenario("basic")
        run.up()
        yield run
        assert left_behind(temporary) == []


def test_the_second_one_waits_here_or_is_refused_elsewhere_and_a_write_in_hand_is_neither_lost_nor_done_twice(
    run, stopping
):
    stopping.install()
    run.write(cluster=run.sections["cluster"], authorities={"transport": {"generation": 2}})
    ups = [run.start("up")]
    try:
        assert within(WITHIN, stopping.has_stopped)
        in_hand = written(run)
        ups.append(run.start("up"))
        assert ups[1].stdout.readline() == "· wait for an earlier run …\n"

        run.lead = ELSEWHERE
        refused = run.run("up")
        run.lead = ()
        assert refused.status == BROKEN
        assert "✗ lock of the stack" in refused.stdout
        assert f"@{socket.gethostname()} (pid {engine_of(ups[0])})" in refused.stdout
        assert [each.poll() for each in ups] == [None, None]
        assert written(run) == in_hand

        stopping.go_on()
        said = ["".join(each.communicate()) for each in ups]
        assert [each.returncode for each in ups] == [FINE, FINE], said
    finally:
        for each in ups:
            if each.poll() is None:
                kill_run(each)
    assert "nothing to do" in said[1]
    [trusted] = parse_bundle(run.nodes[0].read("certs/transport-trust.pem"))
    assert names(trusted) == "logs transport CA g2"
    after = run.run("preview", "--json")
    assert (after.status, after.data["plan"]["rows"]) == (FINE, [])


def written(run):
    """Return every file but the journal of a command that also looks."""
    return {name: content for name, content in run.files()["es-1"].items() if name != "journal"}


def engine_of(process):
    [found] = [one.pid for one in psutil.Process(process.pid).children(recursive=True) if one.name() == "pulumi"]
    return found
