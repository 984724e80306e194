"""Elasticsearch 8.19: two real nodes are secured, their leaves renewed and a CA rotated, under load, without a restart.

Kept short, for every run of CI; docs/decisions/0003 says what more was done on this version by hand.
"""

import pytest

from components.nodes.probes import handshake
from components.pki.spec import Layer
from devcluster import versions
from drill.load import Load, Protocol
from drill.pairs import Pairs
from drill.rehearsal import rehearse
from drill.state import authority_pem, key_file_passwords
from tests.cluster.climbing import DOCUMENTS, Climbing
from tests.cluster.stack_run import open_stack

pytestmark = [pytest.mark.cluster(nodes=2), pytest.mark.engine]
NAMES = ("es-1", "es-2")
ROTATED = {Layer.TRANSPORT.value: {"generation": 2}}


class Eight:
    """A cluster that one `up` secured, and a load on it."""

    def __init__(self, run):
        self.run, self.nodes = run, run.cluster.nodes
        climbing = Climbing(run)
        self.plan, state = climbing.to("basic-https"), run.clear_state()
        ca = authority_pem(state, Layer.HTTP)
        self.load = Load("", self.nodes, climbing.password, DOCUMENTS, (Protocol.TLS,), ca)
        self.pairs = Pairs(self.nodes, key_file_passwords(state, Layer.TRANSPORT))

    def up_without_a_restart(self, name, **sections):
        """Change the stack file and run `up` under load, of which nobody may notice anything; return the outputs."""
        self.run.write(**sections)
        printed = []
        seen = rehearse(name, self.load, self.pairs, lambda: printed.append(self.run.up()))
        assert seen.figures.is_calm(len(NAMES)), (seen.figures, seen.reasons())
        return printed[0]["outputs"]

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
    eight.up_without_a_restart("renew", certificates={"reissue": dict.fromkeys(NAMES, 1)})
    after = eight.served()
    assert [place for place in before if after[place] == before[place]] == []


def test_the_transport_authority_is_rotated_without_a_restart(eight):
    before = eight.served()
    outputs = eight.up_without_a_restart("rotate", authorities=ROTATED)
    after = eight.served()
    assert {layer for name, layer in before if after[name, layer] != before[name, layer]} == {Layer.TRANSPORT}
    generations = {(one["layer"], one["issuerGeneration"]) for one in outputs["certificates"]}
    assert generations == {("transport", 2), ("http", 1)}
