"""A hook on another machine, over a real sshd on loopback, by the very command line that `pulumi-command` runs."""

import shlex
import subprocess

import pytest

from components.hooks.resources import _command_line
from components.hooks.spec import Hook, Moment
from components.nodes.ssh_spec import Ssh
from tests.cluster.stack_run import CHECKOUT
from tests.cluster_fixtures import free_ports
from tests.sshd import make_key, running_sshd, sshd_or_skip

PLAN = b'{"plan": null}'


@pytest.fixture(scope="module")
def sshd():
    sshd_or_skip()
    with running_sshd("127.0.0.1", free_ports(1)[0]) as found:
        yield found


def run(sshd, host_key, *command):
    ssh = Ssh(
        host=sshd.address,
        port=sshd.port,
        user="root",
        identity_file=sshd.identity_file,
        host_key=host_key,
        config_file="/dev/null",
    )
    hook = Hook(name="pause", moment=Moment.BEFORE, command=command, timeout=30, folder="/", on="es-1", ssh=ssh)
    return subprocess.run(shlex.split(_command_line(hook)), input=PLAN, capture_output=True, cwd=CHECKOUT, check=False)


def test_a_hook_on_another_machine_reads_the_plan_and_fails_as_one_here_does(sshd):
    done = run(sshd, sshd.host_key, "cat")
    assert (done.returncode, done.stdout) == (0, PLAN)
    done = run(sshd, sshd.host_key, "sh", "-c", "cat >/dev/null; echo not now >&2; exit 4")
    assert done.returncode == 1
    assert done.stderr.decode().startswith("hook pause (before, on es-1): ended with exit status 4\n  why:  not now\n")


def test_a_machine_with_another_host_key_gets_no_hook(sshd, tmp_path):
    make_key(tmp_path / "another")
    another = " ".join((tmp_path / "another.pub").read_text().split()[:2])
    done = run(sshd, another, "touch", str(tmp_path / "ran"))
    assert done.returncode == 1
    assert not (tmp_path / "ran").exists()
    assert "nothing was changed on any node" in done.stderr.decode()
    assert "host key" in done.stderr.decode().lower()
