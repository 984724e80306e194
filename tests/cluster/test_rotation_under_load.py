"""Leaves and CAs are renewed and rotated on three real nodes, while every node is searched, written to, connected to.

The certificates are `DAYS` old at the beginning, so that the stack file alone decides which of them are due.
"""

import itertools
import math
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest

from components.clock import SystemClock
from components.pki.spec import Layer
from devcluster.seed import INDEX
from drill.load import WRITTEN, Kind, Load, Protocol
from drill.pairs import Pairs
from drill.rehearsal import rehearse
from drill.stack import Stack
from drill.state import authority_pem, key_file_passwords
from tests.cluster.gates import gated_run
from tests.cluster.plugins import install
from tests.cluster.rollout_log import Away, When, counted, when
from tests.cluster.stack_run import STACK, open_stack
from tests.cluster_fixtures import NAMES

pytestmark = [pytest.mark.cluster, pytest.mark.engine]
DOCUMENTS = 2000
CLOCK = SystemClock()
REJOINED_WITHIN = 60.0
NOT_TAKEN = "master not discovered"
"""What a node logs that runs for 10 seconds and is in no cluster; the pair check makes it log refusals anyway."""
WAVES = ("NodeTrust", "NodeIdentity", "NodeTrustExclusive")
"""The waves of a rotation, as gates name the work on a node in each of them."""
POINTS = {"NodeTrust": 2, "NodeIdentity": 2 * len(NAMES), "NodeTrustExclusive": 2}
"""At how many points of a wave a node is killed: nodes present on both layers, and verify on transport alone."""
CERTIFICATES = {"valid_for": "2y"}
LEAVES_ARE_DUE = {**CERTIFICATES, "renew_in_last": "1/2"}
"""Of leaves that live for two years and are 400 days old; their CAs live for ten."""
AUTHORITIES_ARE_DUE = {**CERTIFICATES, "renew_in_last": "9/10"}


class Rotating:
    """A cluster with certificates that are 400 days old, and the load that it is under."""

    def __init__(self, run):
        self.run, self.generations, self.certificates = run, dict.fromkeys(Layer, 1), CERTIFICATES
        with self.plugin("aged"):
            self.write()
            run.up()
        self.api, state, nodes = run.api(), run.clear_state(), run.cluster.nodes
        self.load = Load("", nodes, self.api.password, DOCUMENTS, (Protocol.TLS,), self.api.authority_pem)
        self.pairs = Pairs(nodes, key_file_passwords(state, Layer.TRANSPORT))

    @property
    def stack(self):
        return Stack(STACK, self.run.project, self.run.environment)

    def up_with_covered_clients(self):
        self.stack.up_with_covered_clients(self.load)

    def serials(self):
        """Return the serial numbers of all leaves, and those of the CAs."""
        entries = self.run.output("certificates")
        return tuple({one["serial"] for one in entries if (one["node"] is None) is ca} for ca in (False, True))

    def write(self):
        authorities = {layer.value: {"generation": number} for layer, number in self.generations.items()}
        self.run.write(authorities=authorities, certificates=self.certificates)

    def crash(self, name):
        """Kill a node and start it again; return when it began to be away, and when its process was gone."""
        cluster, since = self.run.cluster, CLOCK.now().timestamp()
        cluster.kill(name)
        stopped = CLOCK.now().timestamp()
        cluster.node(name).start(cluster.home)  # the cluster would look for other ports, since these are just left
        return since, stopped

    def crash_and_wait(self, name):
        """Likewise, and return how long it was away."""
        times = self.crash(name)
        whole = not self.health(name, whole=True)["timed_out"]
        return Away(name, *times, CLOCK.now().timestamp() if whole else math.inf)

    def what_is_logged_alone(self, name):
        """Wait until a node that was started says in its log that it finds no cluster, and return what it says."""
        log = self.run.cluster.node(name).log
        before, deadline = log.stat().st_size, CLOCK.monotonic() + REJOINED_WITHIN
        while NOT_TAKEN not in (said := log.read_bytes()[before:].decode()) and CLOCK.monotonic() < deadline:
            CLOCK.sleep(0.2)
        return said

    def health(self, name, *, whole=False):
        """Ask another node than this one how the cluster is, when it is whole."""
        api = replace(self.api, authority_pem=self.load.authority_pem)
        query = f"?wait_for_status=green&wait_for_nodes={len(NAMES)}&timeout=50s" if whole else ""
        return api.ask(f"/_cluster/health{query}", node=(NAMES.index(name) + 1) % len(NAMES))[1]

    @contextmanager
    def plugin(self, *ways):
        """Run with a changed plugin."""
        usual, self.run.provider = self.run.provider, install(self.run, "changed_provider", *ways)
        try:
            yield self.run.provider
        finally:
            self.run.provider = usual
            self.write()

    def rehearse(self, name, work=None):
        self.write()
        seen = rehearse(name, self.load, self.pairs, work or self.run.up)
        sys.stdout.write("\n".join(["", str(seen.figures.as_data()), *seen.reasons(), ""]))
        return seen


@pytest.fixture(scope="module")
def rotating(tmp_path_factory):
    with open_stack(tmp_path_factory.mktemp("rotating"), DOCUMENTS) as run:
        yield Rotating(run)


def test_all_leaves_in_their_window_are_renewed(rotating):
    rotating.certificates = LEAVES_ARE_DUE
    leaves, authorities = rotating.serials()
    seen = rotating.rehearse("renew-all-leaves")
    assert seen.figures.is_calm(len(NAMES))
    assert not leaves & rotating.serials()[0]
    assert rotating.serials()[1] == authorities


def test_both_authorities_are_renewed_with_their_keys_and_no_leaf_is_reissued(rotating):
    rotating.certificates = AUTHORITIES_ARE_DUE
    leaves, authorities = rotating.serials()
    seen = rotating.rehearse("renew-both-cas")
    assert seen.figures.is_calm(len(NAMES))
    assert rotating.serials()[0] == leaves
    assert not authorities & rotating.serials()[1]


def test_the_transport_authority_is_rotated(rotating):
    rotating.generations[Layer.TRANSPORT] += 1
    seen = rotating.rehearse("rotate-transport-ca")
    assert seen.figures.is_calm(len(NAMES))


def test_the_http_authority_is_rotated_and_clients_know_the_new_one_before_a_node_presents_it(rotating):
    rotating.generations[Layer.HTTP] += 1
    seen = rotating.rehearse("rotate-http-ca", rotating.up_with_covered_clients)
    assert seen.figures.is_calm(len(NAMES))


def test_both_authorities_are_rotated_at_once(rotating):
    rotating.generations = {layer: number + 1 for layer, number in rotating.generations.items()}
    seen = rotating.rehearse("rotate-both-cas", rotating.up_with_covered_clients)
    assert seen.figures.is_calm(len(NAMES))


def test_five_previews_after_it_are_empty(rotating):
    plans = [rotating.run.preview()["plan"] for _ in range(5)]
    assert [(plan["rows"], plan["restart"]) for plan in plans] == [([], None)] * 5


def test_no_document_is_lost_and_every_acknowledged_write_is_there(rotating):
    api = rotating.run.api()
    assert api.documents(INDEX) == DOCUMENTS
    assert api.documents(WRITTEN) >= rotating.load.written() > 0


@pytest.fixture(scope="module")
def uncovered(rotating):
    """Rotate the transport CA without the wave *cover*, and restart a node before anything is retired."""
    rotating.generations[Layer.TRANSPORT] += 1
    said = []
    with rotating.plugin("uncovered", "gated") as folder:

        def rotate():
            with gated_run(rotating.run, folder) as gates, ThreadPoolExecutor() as pool:
                for name in gates.each():
                    if name.startswith("NodeTrustExclusive-") and not said:
                        pool.submit(rotating.crash, NAMES[-1])
                        said.append(rotating.what_is_logged_alone(NAMES[-1]))
                gates.finished()

        seen = rotating.rehearse("uncovered-transport-ca", rotate)
    assert not rotating.health(NAMES[-1], whole=True)["timed_out"]
    rotating.run.up()
    return seen, said


def test_without_the_wave_cover_the_pair_check_is_red(uncovered):
    seen, _ = uncovered
    assert {(one.presenter, one.verifier) for one in seen.refused} == set(itertools.permutations(NAMES, 2))


def test_without_the_wave_cover_a_node_that_is_killed_does_not_come_back(uncovered):
    _, said = uncovered
    assert [NOT_TAKEN in text for text in said] == [True]


def test_without_covered_clients_the_load_is_red(rotating):
    rotating.generations[Layer.HTTP] += 1
    seen = rotating.rehearse("uncovered-http-ca")
    rotating.load.authority_pem = rotating.run.api().authority_pem
    assert {one.kind for one in seen.requests if one.failure} == {Kind.CONNECT}
    assert seen.figures.pairs_refused == 0


def is_a_point(name, opened):
    """Tell whether a node is killed here: before the first two nodes of each wave, and before all of *present*."""
    wave = name.partition("-")[0]
    before = [each for each in opened if each.startswith(f"{wave}-")]
    return wave == "NodeIdentity" or (wave in WAVES and len(before) < 2)


@pytest.fixture(scope="module")
def crashed(rotating):
    """Rotate both CAs, and kill a node at each point of each wave, and at the end."""
    rotating.generations = {layer: number + 1 for layer, number in rotating.generations.items()}
    points, away, ended = [], [], []
    victims = itertools.cycle(NAMES)
    with rotating.plugin("gated") as folder:

        def rotate():
            with gated_run(rotating.run, folder) as gates:
                for name in gates.each():
                    if not gates.opened:  # the CAs are made, and no node presents a leaf of the new ones
                        rotating.load.authority_pem += authority_pem(rotating.run.clear_state(), Layer.HTTP)
                    if is_a_point(name, gates.opened):
                        points.append(name)
                        away.append(rotating.crash_and_wait(next(victims)))
                ended.append(gates.finished())
            away.append(rotating.crash_and_wait(next(victims)))

        seen = rotating.rehearse("rotate-both-cas-with-crashes", rotate)
    sys.stdout.write("\n".join([counted(seen.requests, away), *points, ""]))
    return seen, points, away, ended


def test_a_node_that_is_killed_at_any_point_of_a_rotation_is_back_within_a_minute(crashed):
    _, points, away, ended = crashed
    assert Counter(name.partition("-")[0] for name in points) == POINTS
    assert {name.split("-")[3] for name in points if name.startswith("NodeIdentity-")} == {"http", "transport"}
    transport = [name.partition("-")[0] for name in points if "-transport-" in name]
    assert transport == [*["NodeTrust"] * 2, *["NodeIdentity"] * 3, *["NodeTrustExclusive"] * 2]
    assert [each.node for each in away if each.until - each.stopped > REJOINED_WITHIN] == []
    assert [one.status for one in ended] == [0]


def test_requests_to_the_nodes_that_were_not_killed_do_not_fail(crashed):
    seen, _, away, _ = crashed
    assert [one for one in seen.requests if one.failure and when(one, away) in {When.UP, When.BESIDE_A_STOP}] == []


def test_every_node_takes_every_other_one_whichever_is_killed(crashed):
    seen, *_ = crashed
    assert seen.figures.pairs > 0
    assert seen.refused == ()


def test_after_all_of_it_nothing_is_left_to_be_done(rotating):
    plan = rotating.run.preview()["plan"]
    assert (plan["rows"], plan["restart"]) == ([], None)
