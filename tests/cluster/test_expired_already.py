"""All leaves and both CAs have expired, the nodes do not take each other any more, no API answers: `up` recovers.

The certificates are made today, as always. Then nodes, program and plugin are run with a clock that is ahead.
"""

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from components.clock import SystemClock
from components.nodes.probes import handshake
from devcluster.seed import INDEX
from tests.cluster.moved_clock import moved_clock_or_skip, started_with
from tests.cluster.stack_run import open_stack

pytestmark = [pytest.mark.cluster, pytest.mark.engine]
DOCUMENTS = 500
NAMES = ("es-1", "es-2")
TWELVE_YEARS = timedelta(days=12 * 365)
"""By how much the clock is ahead: the CAs that are made today have ended two years before, their leaves eleven."""
SOON = "\ndiscovery.initial_state_timeout: 1s\n"
"""The operator's own line: with it a node without a master opens its HTTP port at once."""
EXPIRED = "CertificateExpiredException"
"""What a node logs that does not take another's leaf for its date. Read off a real node."""


@pytest.fixture(scope="module")
def expired(tmp_path_factory):
    ahead = moved_clock_or_skip(TWELVE_YEARS)
    with open_stack(tmp_path_factory.mktemp("expired"), DOCUMENTS, NAMES) as run:
        assert run.up()["result"] == "changed"
        health = run.api().ask("/_cluster/health")[1]
        assert (health["status"], health["number_of_nodes"]) == ("green", len(NAMES))
        run.cluster.stop()
        for node in run.cluster.nodes:
            node.settings.write_text(f"{node.settings.read_text()}{SOON}")
        with started_with(run.cluster, dict.fromkeys(NAMES, ahead)):
            run.variables = ahead
            yield run


def served(run):
    """Return when that ends which each layer of each node serves."""
    return [
        handshake("127.0.0.1", port).chain[0].not_valid_after_utc
        for node in run.cluster.nodes
        for port in (node.spec.http_port, node.spec.transport_port)
    ]


def answers(api):
    """Return the HTTP status with which each node answers; 0 of one that the client does not talk to."""
    return [api.ask("/", number)[0] for number in range(len(NAMES))]


def wait_until_one_refuses_the_other(run):
    """Return once a node has said that the other one's leaf has expired; it calls the other one every second."""
    deadline = time.monotonic() + 60
    while not any(EXPIRED in node.log.read_text() for node in run.cluster.nodes):
        assert time.monotonic() < deadline, "the nodes take each other"
        time.sleep(0.1)


def test_up_recovers_a_cluster_to_which_nobody_can_talk_any_more_without_a_restart(expired):
    run, now = expired, SystemClock(TWELVE_YEARS).now()
    assert all(ends < now for ends in served(run))
    wait_until_one_refuses_the_other(run)
    api = run.api()
    assert answers(api) == [0, 0], "a client that verifies gets no answer"
    assert 0 not in answers(replace(api, variables={})), "for the date alone: one whose clock is not ahead gets some"
    pids = [node.process().pid for node in run.cluster.nodes]

    recovered = run.up()

    assert recovered["result"] == "changed"
    assert recovered["plan"]["restart"] is None
    certificates = [row["change"] for row in recovered["plan"]["rows"] if row["what"] in {"authority", "leaf"}]
    assert len(certificates) == 4, "the CA of each layer, and the leaves of both nodes in one line for each layer"
    assert all("expired on" in change for change in certificates)
    assert all(ends > now for ends in served(run))
    assert [node.process().pid for node in run.cluster.nodes] == pids
    api = run.api()
    for number in range(len(NAMES)):
        assert api.ask("/_cluster/health", number)[1]["number_of_nodes"] == len(NAMES)
    assert api.ask(f"/{INDEX}/_count")[1]["count"] == DOCUMENTS
    assert run.preview()["plan"]["rows"] == []
