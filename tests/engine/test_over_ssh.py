"""What goes wrong on machines by SSH, through the engine: nodes are folders, each behind a real sshd on loopback.

The tests are the days of one stack, in their order: its second machine has a clock that is wrong, and goes away. The
operator reaches the first one by a host of `~/.ssh/config` behind another one, the second one by a key that only an
agent holds.
"""

import shutil

import pytest

from components.nodes.stopped_wave import MEANWHILE
from components.pki.rotation import WaveName
from tests.cluster_fixtures import free_ports
from tests.engine.ssh_folders import SshFoldersRun
from tests.ssh_home import Home, agent
from tests.sshd import NO_PASSWORD, left_behind, logins, running_sshd, short_folder, sshd_or_skip

pytestmark = pytest.mark.engine
DAY = 86_400
DATE = """\
#!/bin/sh
[ "$*" = "-u +%s" ] || exit 9
expr "$({folder}/real-date -u +%s)" + "$(cat {folder}/ahead)"
"""
"""A `date` of a machine whose clock is ahead, or behind; it takes no other words."""

CONFIG = """\
Host es-1.mgmt
  HostName {sshd.address}
  Port {sshd.port}
  User {login}
  IdentityFile ~/.ssh/es-1
  ProxyJump bastion
Host bastion
  HostName {sshd.address}
  Port {sshd.port}
  User root
  IdentityFile ~/.ssh/es-1
"""


class Clock:
    """The clock of a machine: there `date` is another program."""

    def __init__(self, folder):
        self.ahead = folder / "ahead"
        self.is_ahead_by(0)
        (folder / "date").write_text(DATE.format(folder=folder))
        (folder / "date").chmod(0o755)
        shutil.copy2("/usr/bin/date", folder / "real-date")
        mount = f"mount --bind {folder}/date /usr/bin/date"
        self.lead = ("unshare", "--mount", "sh", "-c", f'{mount} && exec "$@"', "sh")

    def is_ahead_by(self, seconds):
        self.ahead.write_text(f"{seconds}\n")


@pytest.fixture(scope="module")
def clock(tmp_path_factory):
    return Clock(tmp_path_factory.mktemp("clock"))


@pytest.fixture(scope="module")
def run(tmp_path_factory, clock):
    sshd_or_skip()
    one, other = free_ports(2)
    with (
        short_folder() as temporary,
        logins(),
        running_sshd("127.0.0.1", one) as sshd,
        running_sshd("127.0.0.1", other, lead=clock.lead) as far,
        agent(temporary, far.identity_file) as variables,
    ):
        run = SshFoldersRun(tmp_path_factory.mktemp("run"), {"es-1": sshd, "es-2": far}, temporary)
        home = Home(temporary / "home")
        home.write("config", CONFIG.format(sshd=sshd, login=NO_PASSWORD))
        home.write("es-1", (sshd.folder / "identity").read_text())
        home.write("known_hosts", "".join(f"[{each.address}]:{each.port} {each.host_key}\n" for each in (sshd, far)))
        run.lead, run.variables = home.lead, variables
        run.ways = {"es-1": {"host": "es-1.mgmt"}, "es-2": {"port": far.port, "user": "root"}}
        run.scenario("basic")
        yield run
        assert left_behind(temporary) == []


def authorities(run):
    """Return how many CAs each node trusts on the transport layer."""
    return [node.read("certs/transport-trust.pem").count(b"BEGIN CERTIFICATE") for node in run.nodes]


def key_files(run):
    return [node.read("certs/transport-key.p12") for node in run.nodes]


def test_a_node_whose_clock_is_a_day_behind_is_refused_by_name_before_anything_changes(run, clock):
    clock.is_ahead_by(-DAY)
    before = run.files()
    up = run.run("up", "--json")
    assert up.status == 2, up.stderr
    assert [error["text"].splitlines()[0] for error in up.data["errors"]] == [
        f"Preview failed: es-2: its clock is {DAY} s behind this machine's"
    ] * len(up.data["errors"])
    assert up.stderr.count(f"✗ es-2: its clock is {DAY} s behind this machine's\n") == 1
    assert "set it by NTP" in up.stderr
    assert run.files() == before


def test_once_that_clock_is_set_the_next_up_does_the_work(run, clock):
    clock.is_ahead_by(0)
    assert run.up()["result"] == "changed"
    assert authorities(run) == [1, 1]


def test_without_one_of_the_machines_the_others_trust_a_new_ca_and_the_error_says_that_nobody_presents_it(run):
    before = key_files(run)
    run.sshds["es-2"].stop()
    run.write(cluster=run.sections["cluster"], authorities={"transport": {"generation": 2}})
    up = run.run("up", "--json")
    assert up.status == 2, up.stderr
    [error] = up.data["errors"]
    assert error["text"].startswith("es-2: the machine 127.0.0.1 does not answer by SSH\n  why:  ")
    so = f"the wave cover of transport CA g2 is not through without es-2, {MEANWHILE[WaveName.COVER]}"
    assert f"\n  so:   {so}\n  next: see " in error["text"]
    assert error["text"].splitlines()[2] in up.stderr.splitlines()
    assert key_files(run) == before
    assert authorities(run) == [2, 1]


def test_a_clock_that_is_a_day_ahead_is_told_and_the_rotation_is_finished(run, clock):
    clock.is_ahead_by(DAY)
    before = key_files(run)
    run.sshds["es-2"].start()
    up = run.succeed("up")
    assert f"! es-2: its clock is {DAY} s ahead of this machine's: let NTP set it\n" in up.stdout
    assert authorities(run) == [1, 1]
    assert not set(key_files(run)) & set(before)
