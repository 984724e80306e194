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
from drill.state import key_file_passwords
from tests.cluster.climbing import DOCUMENTS, Climbing
from tests.cluster.stack_run import open_stack

pytestmark = [pytest.mark.cluster(nodes=2), pytest.mark.engine]
NAMES = ("es-1", "es-2")
ROTATED = {Layer.TRANSPORT.value: {"generation": 2}}


class Eight:
    """A cluster that one `up` secured, and a load on it."""

    def __init__(self, run):
        self.run, self.nodes = run, run.cluster.nodes
        self.plan = Climbing(run).to("basic-https")
        api, state = run.api(), run.clear_state()
        self.load = Load("", self.nodes, api.password, DOCUMENTS, (Protocol.TLS,), api.authority_pem)
        self.pairs = Pairs(self.nodes, key_file_passwords(state, Layer.TRANSPORT))

    def up_without_a_restart(self, name, **sections):
        """Change the stack file and run `up` under load, of which nobody may notice anything."""
        self.run.write(**sections)
        seen = rehearse(name, self.load, self.pairs, self.run.up)
        assert seen.figures.is_calm(len(NAMES)), (seen.figures, seen.reasons())

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
    eight.up_without_a_restart("rotate", authorities=ROTATED)
    after = eight.served()
    assert {layer for name, layer in before if after[name, layer] != before[name, layer]} == {Layer.TRANSPORT}
    generations = {(one["layer"], one["issuerGeneration"]) for one in eight.run.output("certificates")}
    assert generations == {("transport", 2), ("http", 1)}
