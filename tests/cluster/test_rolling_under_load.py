"""Nodes are restarted one after the other while every node is searched, written to and connected to all the time."""

import sys
from dataclasses import dataclass

import pytest

from components.pki.spec import Layer
from devcluster.seed import INDEX
from drill.away import When, counted, when
from drill.load import ASKED, THEN, WRITTEN, Kind, Load, Protocol
from drill.state import authority_pem
from tests.cluster.rollout_log import nodes_away, restart_outputs, steps_done
from tests.cluster.stack_run import open_stack, wait_for
from tests.cluster.watching import watched_nodes
from tests.cluster_fixtures import NAMES

pytestmark = [pytest.mark.cluster, pytest.mark.engine]
DOCUMENTS = 2000
CUT_OFF = ("RemoteDisconnected:", "ConnectionResetError:", "BrokenPipeError:", "SSLEOFError:", "SSLZeroReturnError:")
"""How a client sees that a connection was closed on which it has sent, or was about to send, and got nothing yet."""


@dataclass
class Rolled:
    """A rolling restart under load, and all that was seen meanwhile."""

    name: str
    master: str
    planned: list
    outputs: dict
    load: Load
    down: set
    pids: tuple
    found: dict

    @property
    def steps(self):
        return steps_done(self.outputs)

    @property
    def away(self):
        return nodes_away(self.steps)

    def failed(self, moment):
        return [one for one in self.load.requests if one.failure and when(one, self.away) is moment]


def roll(name, run, load, trust=None):
    """Run `up` under load."""
    api, nodes = run.api(), run.cluster.nodes
    master = api.ask("/_cat/master?format=json")[1][0]["node"]
    planned = run.preview()["plan"]["restart"]["steps"]
    before = [node.process().pid for node in nodes]
    written = api.documents(WRITTEN)
    with load.running(), watched_nodes(nodes) as down:
        process = run.start("up", "--json")
        if trust:
            trust(run, process)
        said = process.communicate()
        assert process.returncode == 0, said
    after = [node.process().pid for node in nodes]
    api = run.api()
    found = {INDEX: api.documents(INDEX), WRITTEN: api.documents(WRITTEN) - written}
    outputs = restart_outputs(run.clear_state())
    return Rolled(name, master, planned, outputs, load, down, (before, after), found)


def was_cut_off(failure):
    """Tell whether a client got nothing in one of the protocols that it tried; in the other one it may be refused."""
    return any(tried.startswith(CUT_OFF) for tried in failure.split(THEN))


def trust_the_new_authority(load):
    """Give the clients the CA of the HTTP layer as soon as it is made, long before a node presents a leaf of it."""

    def trust(run, process):
        wait_for((run.cluster.nodes[0].config / "certs" / "http-key.p12").exists, process)
        load.authority_pem = authority_pem(run.clear_state(), Layer.HTTP)

    return trust


@pytest.fixture(scope="module")
def rolled(tmp_path_factory):
    """Go from basic to basic-https, and then change a setting, both under load."""
    with open_stack(tmp_path_factory.mktemp("load"), DOCUMENTS) as run:
        name, nodes = run.cluster.spec.name, run.cluster.nodes
        run.write(cluster={"name": name, "scenario": "basic"})
        run.up()
        password = run.api().password
        both = Load("both", nodes, password, DOCUMENTS, (Protocol.PLAIN, Protocol.TLS))
        run.write(consent=None)
        to_https = roll("to basic-https", run, both, trust_the_new_authority(both))
        strict = Load("strict", nodes, password, DOCUMENTS, (Protocol.TLS,), run.api().authority_pem)
        run.write(consent=None, transport={"verification_mode": "certificate"})
        setting = roll("a changed setting", run, strict)
        yield {each.name: each for each in (to_https, setting)}


@pytest.fixture(params=["to basic-https", "a changed setting"])
def rolling(request, rolled):
    found = rolled[request.param]
    again = sorted({one.first_answer for one in found.load.requests if one.first_answer})
    sys.stdout.write("\n".join(["", found.name, counted(found.load.requests, found.away), *again, ""]))
    return found


@pytest.mark.parametrize("moment", [When.UP, When.BESIDE_A_STOP])
def test_no_request_to_a_node_that_is_up_fails(rolling, moment):
    assert rolling.failed(moment) == []


def test_only_a_search_that_a_stopping_node_took_part_in_has_to_be_asked_again(rolling):
    """It was between its query phase and its fetch phase: Elasticsearch cannot ask another copy then, and says so."""
    again = [one for one in rolling.load.requests if one.first_answer]
    assert [one for one in again if one.kind is not Kind.SEARCH or '"phase":"fetch"' not in one.first_answer] == []
    assert {when(one, rolling.away) for one in again} <= {When.BESIDE_A_STOP}


def test_a_request_that_a_node_has_read_when_it_is_stopped_is_still_answered(rolling):
    """One that it has not read is cut off with its connection, before a byte of an answer (docs/decisions/0015)."""
    assert [one for one in rolling.failed(When.AT_THE_STOP) if not was_cut_off(one.failure)] == []


def test_every_node_was_asked_for_everything_while_it_was_up_and_while_it_was_away(rolling):
    asked = {(one.node, one.kind, when(one, rolling.away)) for one in rolling.load.requests}
    assert {(node, kind, time) for node in NAMES for kind in ASKED for time in (When.UP, When.AWAY)} <= asked


def test_at_no_instant_are_two_nodes_down(rolling):
    ends = [each.until for each in rolling.away]
    begins = [each.since for each in rolling.away]
    assert len(begins) == len(NAMES)
    assert all(end <= begin for end, begin in zip(ends, begins[1:], strict=False))
    assert rolling.down == {frozenset(), *(frozenset([name]) for name in NAMES)}


def test_every_node_is_restarted_once_and_the_elected_master_last(rolling):
    assert sorted(each.node for each in rolling.away) == sorted(NAMES)
    assert rolling.away[-1].node == rolling.master
    before, after = rolling.pids
    assert not set(before) & set(after)


def test_the_steps_of_the_preview_are_the_steps_that_were_executed(rolling):
    assert [each.step for each in rolling.steps] == rolling.planned == rolling.outputs["steps"]


def test_no_document_is_lost_and_every_acknowledged_write_is_there(rolling):
    assert rolling.found[INDEX] == DOCUMENTS
    assert rolling.found[WRITTEN] >= rolling.load.written() > 0
