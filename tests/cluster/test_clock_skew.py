"""One of two real nodes has a clock that is a day off, on a machine that SSH leads to: what is made now waits for it.

Certificates are made today, as always. Then nodes, program and plugin are run ten days later, when these are old, and
the machine of es-2 nine or eleven days later: its node, and the `date` that sessions of its sshd find, tell that time.
"""

import re
from contextlib import contextmanager
from datetime import timedelta

import pytest

from components.clock import SystemClock
from components.nodes.probes import LISTEN, handshake
from devcluster.seed import INDEX
from drill.load import ASKED, Load, Protocol
from tests.cluster.knocking import probe_of
from tests.cluster.moved_clock import moved_clock_or_skip, start_with, started_with, stop
from tests.cluster.stack_run import CONSENT, open_stack
from tests.cluster.ways import lead_to
from tests.cluster_fixtures import free_ports
from tests.sshd import running_sshd, sshd_or_skip, within

pytestmark = [pytest.mark.cluster(nodes=2), pytest.mark.engine]
DOCUMENTS = 500
NAMES = RIGHT, WRONG = "es-1", "es-2"
DAY, LATER = timedelta(days=1), timedelta(days=10)
NOT_YET = "CertificateNotYetValidException"
"""What a node logs that does not take another's leaf for its date. Read off a real node."""
DATE = """\
#!/bin/sh
exec env LD_PRELOAD={library} FAKETIME="$(cat {now})" /bin/date "$@"
"""
"""The machine's `date`; a file says by how much it is ahead."""
EVERY_LEAF = {"certificates": {"reissue": {"transport": 1}}}
LEAF_OF_THE_OTHER = {"certificates": {"reissue": {f"{RIGHT}/transport": 1}}}
EVERY_LEAF_AGAIN = {"certificates": {"reissue": {"transport": 2}}}
NEW_CA = {"authorities": {"transport": {"generation": 2}}}
RESTART = {"transport": {"verification_mode": "certificate"}}
REFUSED = f"{WRONG}: its clock is {DAY.total_seconds():.0f} s behind this machine's"
WHAT_TO_DO = "set it by NTP (chrony, systemd-timesyncd), or set this machine's where that is the wrong one"
RESTART_REFUSED = rf"the clock of {WRONG} is 86[345]\d\d s (behind|ahead of) this machine's: .*; set the clocks"


class Skewed:
    """A stack of two nodes, one of which is on a machine with a clock of its own."""

    def __init__(self, run, folder):
        self.run, self.cluster, self.now = run, run.cluster, folder / "now"
        self.variables = {by: moved_clock_or_skip(LATER + by) for by in (-DAY, timedelta(), DAY)}
        library = self.variables[DAY]["LD_PRELOAD"]
        self.programs = folder / "programs"
        self.programs.mkdir()
        (self.programs / "date").write_text(DATE.format(library=library, now=self.now))
        (self.programs / "date").chmod(0o755)
        self.now.write_text("+0d")

    def date_is(self, ahead):
        """Let the machine's `date` be as much ahead as the node that is started there."""
        self.now.write_text(self.variables[ahead]["FAKETIME"])

    def restart(self, ahead):
        """Restart the node on it, with its clock so much ahead of all others."""
        stop(self.cluster, WRONG)
        self.date_is(ahead)
        start_with(self.cluster, self.cluster.node(WRONG), self.variables[ahead])
        assert within(120, self.are_members)

    def reached_by(self, sshd):
        """Write down how the machine is reached."""
        keys = {"identity_file": sshd.identity_file, "host_key": sshd.host_key, "config_file": "/dev/null"}
        one, other = self.run.usual()["nodes"]
        ssh = {"host": sshd.address, "port": sshd.port, "user": "root", **keys}
        self.nodes = [one, {**other, "machine": {"ssh": ssh}}]
        self.write(consent=CONSENT)

    def write(self, **sections):
        self.run.write(**{"nodes": self.nodes, "consent": None, **sections})

    def are_members(self):
        """Tell whether each of them answers that both are members."""
        found = [self.api.ask("/_cluster/health", number)[1] for number in range(len(NAMES))]
        return all(isinstance(one, dict) and one.get("number_of_nodes") == len(NAMES) for one in found)

    def served(self):
        """Return what each node presents to the other one."""
        return {node.name: handshake("127.0.0.1", node.spec.transport_port).serial for node in self.cluster.nodes}

    def everything(self):
        """Return all that an `up` may change: files on the nodes, processes, what they serve, and the state."""
        found = [path for node in self.cluster.nodes for path in node.config.rglob("*") if path.is_file()]
        return {path: path.read_bytes() for path in found}, self.pids(), self.served(), self.run.state()

    def pids(self):
        return [node.process().pid for node in self.cluster.nodes]

    @contextmanager
    def no_request_fails(self):
        """Let clients keep asking both nodes meanwhile; their own CA is that of the HTTP layer, which stays."""
        password, authority_pem = self.api.password, self.api.authority_pem
        load = Load("skew", self.cluster.nodes, password, DOCUMENTS, (Protocol.TLS,), authority_pem)
        with load.running():
            yield
        assert [one for one in load.requests if one.failure] == []
        assert {one.kind for one in load.requests} == set(ASKED)


@pytest.fixture(scope="module")
def skewed(tmp_path_factory):
    sshd_or_skip()
    with open_stack(tmp_path_factory.mktemp("skew"), DOCUMENTS, NAMES) as run:
        one = Skewed(run, run.folder)
        with running_sshd("127.0.0.1", free_ports(1)[0], lead_to(one.programs), "AllowUsers root") as sshd:
            one.reached_by(sshd)
            assert run.up()["result"] == "changed"
            run.cluster.stop()
            one.date_is(-DAY)
            with started_with(run.cluster, {RIGHT: one.variables[timedelta()], WRONG: one.variables[-DAY]}):
                run.variables = one.variables[timedelta()]
                one.api = run.api()
                assert within(120, one.are_members), "leaves that are days old are valid by each clock"
                yield one


def test_a_node_whose_clock_is_a_day_behind_refuses_what_is_made_now_and_the_other_one_takes_it(skewed):
    made_now = probe_of(skewed.run, SystemClock(LATER))
    said = {
        node.name: handshake("127.0.0.1", node.spec.transport_port, made_now, listen=LISTEN)
        for node in skewed.cluster.nodes
    }
    assert said[RIGHT].trusted, said
    assert said[WRONG].refused, said
    assert within(30, lambda: NOT_YET in skewed.cluster.node(WRONG).log.read_text())


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(EVERY_LEAF, id="every leaf"),
        pytest.param(LEAF_OF_THE_OTHER, id="the leaf of the node whose clock is right"),
        pytest.param(NEW_CA, id="a new CA"),
    ],
)
def test_what_is_made_now_is_refused_before_anything_changes(skewed, asked):
    before = skewed.everything()
    skewed.write(**asked)
    with skewed.no_request_fails():
        finished = skewed.run.run("up")
    assert finished.status == 2, finished.stdout
    assert REFUSED in finished.stdout
    assert WHAT_TO_DO in finished.stdout
    assert skewed.everything() == before
    assert skewed.are_members()


def test_a_rolling_restart_is_refused_before_anything_changes(skewed):
    before = skewed.everything()
    skewed.write(**RESTART)
    finished = skewed.run.run("up")
    assert finished.status == 2, finished.stdout
    assert set(re.findall(RESTART_REFUSED, finished.stdout)) == {"behind"}, finished.stdout
    assert skewed.everything() == before


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(LEAF_OF_THE_OTHER, id="the leaf of the node whose clock is right"),
        pytest.param({**LEAF_OF_THE_OTHER, **NEW_CA}, id="a new CA"),
    ],
)
def test_without_a_preview_no_node_presents_what_the_other_one_would_refuse(skewed, asked):
    served, pids = skewed.served(), skewed.pids()
    skewed.write(**asked)
    with skewed.no_request_fails():
        process = skewed.run.start_bare_up()
        stderr = process.communicate()[1]
    assert process.returncode == 2
    assert REFUSED in stderr
    assert (skewed.served(), skewed.pids()) == (served, pids)
    assert skewed.are_members()


def test_once_the_clock_is_right_the_next_up_does_the_work(skewed):
    skewed.restart(timedelta())
    served, pids = skewed.served(), skewed.pids()
    with skewed.no_request_fails():
        done = skewed.run.up()
    assert done["result"] == "changed"
    after = skewed.served()
    assert all(served[name] != after[name] for name in NAMES)
    assert skewed.pids() == pids
    assert skewed.are_members()
    assert skewed.api.documents(INDEX) == DOCUMENTS
    plan = skewed.run.preview()["plan"]
    assert (plan["rows"], plan["restart"]) == ([], None)


def test_a_clock_that_is_a_day_ahead_is_told_and_keeps_nobody_from_new_leaves(skewed):
    skewed.restart(DAY)
    served, pids = skewed.served(), skewed.pids()
    skewed.write(**EVERY_LEAF_AGAIN, **NEW_CA)
    with skewed.no_request_fails():
        finished = skewed.run.succeed("up")
    assert f"{WRONG}: its clock is {DAY.total_seconds():.0f} s ahead of this machine's: let NTP set it" in (
        finished.stdout + finished.stderr
    )
    after = skewed.served()
    assert all(served[name] != after[name] for name in NAMES)
    assert skewed.pids() == pids
    assert skewed.are_members()
    assert skewed.run.preview()["plan"]["rows"] == []


def test_a_clock_that_is_a_day_ahead_keeps_nodes_from_being_restarted(skewed):
    before = skewed.everything()
    skewed.write(**EVERY_LEAF_AGAIN, **NEW_CA, **RESTART)
    finished = skewed.run.run("up")
    assert finished.status == 2, finished.stdout
    assert set(re.findall(RESTART_REFUSED, finished.stdout)) == {"ahead of"}, finished.stdout
    assert skewed.everything() == before
