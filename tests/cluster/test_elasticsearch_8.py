"""Elasticsearch 8.19: two real nodes are secured, and their leaves and CAs renewed and rotated without a restart."""

import pytest

from components.nodes.probes import handshake
from components.pki.spec import Layer
from devcluster import versions
from drill.load import Load, Protocol
from drill.pairs import Pairs
from drill.rehearsal import rehearse
from drill.stack import Stack
from drill.state import key_file_passwords
from tests.cluster.climbing import DOCUMENTS, Climbing
from tests.cluster.stack_run import STACK, open_stack

pytestmark = [pytest.mark.cluster(nodes=2), pytest.mark.engine]
NAMES = ("es-1", "es-2")
ROTATED = {layer.value: {"generation": 2} for layer in Layer}


class Eight:
    """The cluster, secured by one `up`, and a load on it."""

    def __init__(self, run):
        self.run, self.nodes = run, run.cluster.nodes
        self.plan = Climbing(run).to("basic-https")
        api, state = run.api(), run.clear_state()
        self.load = Load("", self.nodes, api.password, DOCUMENTS, (Protocol.TLS,), api.authority_pem)
        self.pairs = Pairs(self.nodes, key_file_passwords(state, Layer.TRANSPORT))

    def rehearse(self, name, up, **sections):
        """Run `up` under load after the stack file has changed; return the figures, and why they are not better."""
        self.run.write(**sections)
        seen = rehearse(name, self.load, self.pairs, up)
        return seen.figures, seen.reasons()

    def served(self):
        """Return the serial number of each leaf that is served, by node and layer."""
        ports = [(Layer.TRANSPORT, "transport_port"), (Layer.HTTP, "http_port")]
        return {
            (node.name, layer): handshake("127.0.0.1", getattr(node.spec, port)).serial
            for node in self.nodes
            for layer, port in ports
        }


@pytest.fixture(scope="module")
def eight(tmp_path_factory):
    with open_stack(tmp_path_factory.mktemp("eight"), DOCUMENTS, NAMES, versions.EIGHT) as run:
        yield Eight(run)


def test_an_open_cluster_is_secured_with_one_full_stop(eight):
    assert eight.plan["restart"]["procedure"] == "full stop"
    assert eight.plan["gates"][0] == f"✓ Elasticsearch {versions.EIGHT} on every node"


def test_every_leaf_is_renewed_without_a_restart(eight):
    before = eight.served()
    figures, why = eight.rehearse("renew", eight.run.up, certificates={"reissue": dict.fromkeys(NAMES, 1)})
    assert figures.is_calm(len(NAMES)), (figures, why)
    assert {place for place, serial in eight.served().items() if serial != before[place]} == set(before)


def test_both_authorities_are_rotated_without_a_restart(eight):
    before = eight.served()
    stack = Stack(STACK, eight.run.project, eight.run.environment)
    figures, why = eight.rehearse("rotate", lambda: stack.up_with_covered_clients(eight.load), authorities=ROTATED)
    assert figures.is_calm(len(NAMES)), (figures, why)
    assert {place for place, serial in eight.served().items() if serial != before[place]} == set(before)
    assert {one["issuerGeneration"] for one in eight.run.output("certificates")} == {2}
