"""Two real clusters that search in each other by certificates, of which one rotates its transport CA."""

import ssl
import sys
import threading
from contextlib import ExitStack, closing

import pytest
from elasticsearch import Elasticsearch

from components.pki.spec import Layer
from devcluster.seed import INDEX
from drill.pairs import Pairs
from drill.repeating import over_and_over
from drill.state import key_file_passwords
from tests.cluster.stack_run import open_stack

pytestmark = [pytest.mark.cluster(nodes=2), pytest.mark.engine]
DOCUMENTS = 100
OWNER = "team-y"
FAR = "far"
"""The cluster that searches are sent on to; `near` is the one that sends them, and that rotates its CA."""
LOOKS_SELDOM = "resource.reload.interval.high: 12s\n"
"""A node that looks at its files every 5 s may do so by chance just before it is called."""


class TwoClusters:
    """`near` and `far`, one node each, secured by a stack each, and what was seen while `near` rotated its CA."""

    def __init__(self, near, far):
        self.runs = {"near": near, FAR: far}
        settings = far.cluster.nodes[0].settings
        settings.write_text(settings.read_text() + LOOKS_SELDOM)
        for run in self.runs.values():
            assert run.up()["result"] == "changed"
        self.pids = self.processes()
        self.hand_over("near", to=FAR)
        self.hand_over(FAR, to="near")
        self.joined = [run.up() for run in self.runs.values()]
        self.pairs = Pairs(
            [run.cluster.nodes[0] for run in self.runs.values()],
            {
                name: password
                for run in self.runs.values()
                for name, password in key_file_passwords(run.clear_state(), Layer.TRANSPORT).items()
            },
        )
        self.searches, self.failures = 0, []
        self.stage, self.in_hand = "", threading.Lock()
        with closing(self.client()) as self.api, self.pairs.checked(), over_and_over(self.search, 0.05):
            self.connect("each trusts the other")
            self.rotate()
            self.connect("retired on both sides")
            self.named = near.preview()["plan"]["gates"]
            near.write(authorities={"transport": {"generation": 2}})
            self.unnamed = near.preview()["plan"]["gates"]
            self.write("near", generation=2, confirmed=2)
        seen = {"requests": self.searches, "failed": len(self.failures)}
        pairs = {"pairs": self.pairs.accepted, "pairs_refused": len(self.pairs.refused)}
        sys.stdout.write(f"\n{ ({'drill': 'remote-cluster'} | seen | pairs) }\n")

    def rotate(self):
        """Ask for another CA, let `far` trust it, say so, and let `far` forget the former one."""
        near, far = self.runs["near"], self.runs[FAR]
        self.write("near", generation=2, confirmed=1)
        self.waiting = near.preview()["plan"]
        self.held = near.up()
        self.left = near.preview()["plan"]
        self.connect("held after cover")
        self.hand_over("near", to=FAR)
        self.covered = far.up()
        self.connect("covered by the other side")
        self.write("near", generation=2, confirmed=2)
        self.done = near.up()
        self.connect("presented, and retired here")
        self.hand_over("near", to=FAR)
        self.retired = far.up()

    def hand_over(self, name, to):
        """Give one cluster's operator the other's CA, and let the stack file name it."""
        file = self.runs[to].project / f"{name}.pem"
        file.write_text(self.runs[name].output("transportCaCertificatePem"))
        self.write(to, generation=1, confirmed=1)

    def write(self, to, generation, confirmed):
        """Write a stack file that names the other cluster."""
        [other] = self.runs.keys() - {to}
        file = str(self.runs[to].project / f"{other}.pem")
        remote = {"name": other, "owner": OWNER, "authorities": file, "confirmed_generation": confirmed}
        self.runs[to].write(authorities={"transport": {"generation": generation}}, remote_clusters=[remote])

    def client(self):
        api = self.runs["near"].api()
        context = ssl.create_default_context(cadata=api.authority_pem)
        return Elasticsearch(api.urls, basic_auth=("elastic", api.password), ssl_context=context, max_retries=0)

    def connect(self, stage):
        """Connect to `far` anew: a connection that stands would hide what a change of certificates does.

        That each trusts the other must hold at the moment when `up` ends, so nothing waits here.
        """
        port = self.runs[FAR].cluster.nodes[0].spec.transport_port
        with self.in_hand:
            for seeds in (None, [f"127.0.0.1:{port}"]):
                self.api.cluster.put_settings(persistent={f"cluster.remote.{FAR}.seeds": seeds})
            self.stage = stage

    def search(self):
        """Search in `far` by `near`, also as the first that asks over a new connection."""
        if not self.stage:
            return
        with self.in_hand:
            found = self.api.options(ignore_status=(400, 404, 500, 503)).search(index=f"{FAR}:{INDEX}", size=0)
        self.searches += 1
        if found.get("hits", {}).get("total", {}).get("value") != DOCUMENTS:
            self.failures.append((self.stage, str(found)[:500]))

    def processes(self):
        return [run.cluster.nodes[0].process().pid for run in self.runs.values()]


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    with ExitStack() as stack:
        near, far = (
            stack.enter_context(open_stack(tmp_path_factory.mktemp(name), DOCUMENTS, (f"{name}-1",), cluster=name))
            for name in ("near", FAR)
        )
        yield TwoClusters(near, far)


def test_two_clusters_trust_each_other_by_a_reload(two):
    assert [up["result"] for up in two.joined] == ["changed", "changed"]
    assert [up["plan"]["restart"] for up in two.joined] == [None, None]
    assert two.runs[FAR].trusted_on_transport().count("BEGIN CERTIFICATE") == 2
    assert two.processes() == two.pids


def test_a_new_ca_waits_for_the_other_cluster_by_name(two):
    [held] = two.waiting["held"]
    assert held["waits_for"] == f"remote cluster {FAR} (owner {OWNER})"
    assert two.left["rows"] == []
    assert two.left["held"] == two.waiting["held"]


def test_no_search_in_the_other_cluster_failed_and_no_node_refused_the_others_leaf(two):
    assert two.searches > 50
    assert two.pairs.accepted > 20
    assert (two.failures, two.pairs.refused) == ([], [])


def test_a_plan_says_which_cluster_that_was_set_by_the_api_is_not_named(two):
    lines = [[gate for gate in gates if f"remote cluster {FAR} " in gate] for gates in (two.named, two.unnamed)]
    assert [len(found) for found in lines] == [0, 1]
    assert lines[1][0].startswith(f"! remote cluster {FAR} is reached without an API key")


def test_in_the_end_each_trusts_the_others_present_ca_and_nothing_is_left_to_do(two):
    near, far = two.runs.values()
    assert [two.done["result"], two.retired["result"]] == ["changed", "changed"]
    assert far.output("transportCaCertificatePem") in near.trusted_on_transport()
    assert near.output("transportCaCertificatePem") in far.trusted_on_transport()
    assert [run.trusted_on_transport().count("BEGIN CERTIFICATE") for run in (near, far)] == [2, 2]
    for run in (near, far):
        plan = run.preview()["plan"]
        assert (plan["rows"], plan["restart"], plan["held"]) == ([], None, [])
    assert two.processes() == two.pids
