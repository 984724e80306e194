"""Leaves and CAs are renewed and rotated on three real nodes, while every node is searched, written to, connected to.

The certificates are `DAYS` old at the beginning, so that the stack file alone decides which of them are due.
"""

import itertools
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from components.clock import SystemClock
from components.nodes.layers import LAYERS
from components.pki.inspect import parse_bundle
from components.pki.spec import Layer
from devcluster.seed import INDEX
from drill.away import counted, failed_though_up
from drill.crashes import REJOINED_WITHIN, crash_and_wait, is_whole
from drill.load import WRITTEN, Kind, Load, Protocol
from drill.pairs import Pairs
from drill.rehearsal import rehearse
from drill.stack import Stack
from drill.state import authority_pem, key_file_passwords
from tests.cluster.gates import gated_run
from tests.cluster.plugins import install
from tests.cluster.stack_run import STACK, open_stack
from tests.cluster_fixtures import NAMES

pytestmark = [pytest.mark.cluster, pytest.mark.engine, pytest.mark.timeout(2400)]
DOCUMENTS = 2000
CLOCK = SystemClock()
NOT_TAKEN = "master not discovered"
"""What a node logs that runs for 10 seconds and is in no cluster; the pair check makes it log refusals anyway."""
POINTS = {"NodeTrust": len(NAMES), "NodeIdentity": 2 * len(NAMES), "NodeTrustExclusive": len(NAMES)}
"""At how many points of a wave, as gates name the work on a node in it, a node is killed: before each node.

Nodes present on both layers, and verify on transport alone.
"""
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

    def trusted(self, node):
        """Return the serial numbers of the CAs in a node's trust file."""
        pem = (node.config / LAYERS[Layer.TRANSPORT].trust_file).read_bytes()
        return {f"{one.serial_number:x}" for one in parse_bundle(pem)}

    def write(self):
        authorities = {layer.value: {"generation": number} for layer, number in self.generations.items()}
        self.run.write(authorities=authorities, certificates=self.certificates)

    def crash_and_wait(self, name):
        return crash_and_wait(self.run.cluster, self.load, name)

    def is_whole(self, beside):
        """Tell whether a node that was killed is back, or comes back in time."""
        return is_whole(self.load, beside, CLOCK.now().timestamp() + REJOINED_WITHIN)

    def what_is_logged_alone(self, name):
        """Wait until a node that was started says in its log that it finds no cluster, and return what it says."""
        log = self.run.cluster.node(name).log
        before, deadline = log.stat().st_size, CLOCK.monotonic() + REJOINED_WITHIN
        while NOT_TAKEN not in (said := log.read_bytes()[before:].decode()) and CLOCK.monotonic() < deadline:
            CLOCK.sleep(0.2)
        return said

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
    assert [rotating.trusted(node) & rotating.serials()[1] for node in rotating.run.cluster.nodes] == [
        rotating.trusted(node) for node in rotating.run.cluster.nodes
    ]


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
    said, away = [], []
    with rotating.plugin("uncovered", "gated") as folder:

        def rotate():
            with gated_run(rotating.run, folder) as gates, ThreadPoolExecutor() as pool:
                for name in gates.each():
                    if name.startswith("NodeTrustExclusive-") and not said:
                        back = pool.submit(rotating.crash_and_wait, NAMES[-1])
                        said.append(rotating.what_is_logged_alone(NAMES[-1]))
                        away.append(back.result())
                gates.finished()

        seen = rotating.rehearse("uncovered-transport-ca", rotate)
    assert rotating.is_whole(NAMES[-1])
    rotating.run.up()
    return seen, said, away


def test_without_the_wave_cover_the_pair_check_is_red(uncovered):
    seen, *_ = uncovered
    assert {(one.presenter, one.verifier) for one in seen.refused} == set(itertools.permutations(NAMES, 2))


def test_without_the_wave_cover_a_node_that_is_killed_does_not_come_back(uncovered):
    _, said, away = uncovered
    assert [each.return_took > REJOINED_WITHIN for each in away] == [True]
    assert [NOT_TAKEN in text for text in said] == [True]


def test_without_covered_clients_the_load_is_red(rotating):
    rotating.generations[Layer.HTTP] += 1
    seen = rotating.rehearse("uncovered-http-ca")
    rotating.load.authority_pem = rotating.run.api().authority_pem
    assert {one.kind for one in seen.requests if one.failure} == {Kind.CONNECT}
    assert seen.figures.pairs_refused == 0


def is_a_point(name):
    """Tell whether a node is killed here: before each node of each wave, on each layer."""
    return name.partition("-")[0] in POINTS


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
                    if is_a_point(name):
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
    assert transport == [wave for wave in POINTS for _ in NAMES]
    assert [each.node for each in away if each.return_took > REJOINED_WITHIN] == []
    assert [one.status for one in ended] == [0]


def test_requests_to_the_nodes_that_were_not_killed_do_not_fail(crashed):
    seen, _, away, _ = crashed
    assert failed_though_up(seen.requests, away) == ()


def test_every_node_takes_every_other_one_whichever_is_killed(crashed):
    seen, *_ = crashed
    assert seen.figures.pairs > 0
    assert seen.refused == ()


def test_after_all_of_it_nothing_is_left_to_be_done(rotating):
    plan = rotating.run.preview()["plan"]
    assert (plan["rows"], plan["restart"]) == ([], None)
