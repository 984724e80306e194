"""Where network namespaces cannot be made, the tests by SSH have machines on loopback addresses, which work alike."""

import os
import tempfile
from contextlib import ExitStack, redirect_stdout
from io import StringIO

import pytest

from components.errors import TargetUnreachable
from components.nodes.probes import Speech, handshake
from components.nodes.ssh import SshTarget, close_connections
from components.nodes.ssh_spec import Ssh
from tests.cluster.three_machines import on_loopback, three_machines
from tests.cluster_fixtures import NAMES
from tests.figures import figures_in
from tests.sshd import NO_PASSWORD, short_folder, sshd_or_skip

REFUSES = """#!/bin/sh
echo 'mount --make-shared /var/run/netns failed: Operation not permitted' >&2
exit 1
"""


@pytest.fixture(scope="module")
def said():
    return StringIO()


@pytest.fixture(scope="module")
def machines(tmp_path_factory, said):
    """Three machines, where `ip` makes no namespace."""
    sshd_or_skip()
    programs = tmp_path_factory.mktemp("programs")
    (programs / "ip").write_text(REFUSES)
    (programs / "ip").chmod(0o755)
    with pytest.MonkeyPatch.context() as patch, short_folder() as temporary, ExitStack() as stack:
        patch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
        patch.setattr(tempfile, "tempdir", str(temporary))
        with redirect_stdout(said):
            made = stack.enter_context(three_machines())
        yield made
        close_connections()


@pytest.fixture
def targets(machines, tmp_path):
    """Return the machine of each node, as it is reached through the host on the way."""
    jump = machines.jump(tmp_path)
    return {name: SshTarget(name, Ssh(**{**machines.ssh(name), **jump, "user": NO_PASSWORD})) for name in NAMES}


def test_it_is_said_which_machines_they_are_and_why(machines, said):
    [line] = figures_in([said.getvalue()])
    assert line.startswith("machines reached by SSH: on loopback addresses, without network namespaces: `ip netns add ")
    assert line.endswith(": mount --make-shared /var/run/netns failed: Operation not permitted")
    assert not machines.apart


def test_each_has_addresses_of_its_own_and_an_sshd_that_the_host_on_the_way_leads_to(machines, targets):
    places = [place(name) for place in (machines.host, machines.address) for name in NAMES]
    assert len({machines.way, *places}) == 1 + 2 * len(NAMES)
    assert len({machines.ssh(name)["host_key"] for name in NAMES}) == len(NAMES)
    assert [targets[name].run(["id", "-un"]).stdout for name in NAMES] == ["root\n"] * len(NAMES)


def test_ports_are_called_through_the_machine(machines, targets):
    for name in NAMES:
        spoken = handshake(machines.host(name), machines.ssh_port, dial=targets[name].dial)
        silent = handshake(machines.address(name), machines.ssh_port, dial=targets[name].dial)
        assert (spoken.speech, silent.speech, silent.refusal) == (Speech.PLAIN, Speech.NOTHING, "Connection refused")


def test_another_run_has_other_addresses(machines):
    with ExitStack() as stack:
        other = on_loopback(stack)
        assert not {machines.way, machines.between, machines.of_the_cluster} & {
            other.way,
            other.between,
            other.of_the_cluster,
        }


def test_without_the_host_on_the_way_no_machine_is_reached(machines, targets):
    close_connections()
    machines.bastion.stop()
    for target in targets.values():
        with pytest.raises(TargetUnreachable, match="does not answer by SSH"):
            target.run(["id", "-un"])
