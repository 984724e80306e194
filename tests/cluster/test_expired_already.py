"""All leaves and both CAs have expired, the nodes do not take each other any more, no API answers: `up` recovers."""

import pytest

from components.clock import SystemClock
from components.nodes.probes import handshake
from devcluster.seed import INDEX
from tests.cluster.plugins import install
from tests.cluster.stack_run import CHECKOUT, open_stack

pytestmark = [pytest.mark.cluster, pytest.mark.engine]
DOCUMENTS = 500
NAMES = ("es-1", "es-2")
"""Two nodes, of which each needs the other for a quorum."""
TWELVE_YEARS = 12 * 365
"""Days by which the clock is set back: a CA that is made then has ended two years ago, its leaves eleven."""
SOON = "\ndiscovery.initial_state_timeout: 1s\n"
"""The operator's own line: with it a node without a master opens its HTTP port at once."""


@pytest.fixture(scope="module")
def expired(tmp_path_factory):
    with open_stack(tmp_path_factory.mktemp("expired"), DOCUMENTS, NAMES) as run:
        run.cluster.stop()
        for node in run.cluster.nodes:
            node.settings.write_text(f"{node.settings.read_text()}{SOON}")
        install(run, "backdated_provider", str(TWELVE_YEARS))
        run.write(cluster={"name": run.cluster.spec.name, "scenario": "basic-https", "running": False})
        assert run.up()["result"] == "changed"
        run.provider = CHECKOUT / "provider"
        run.write()
        run.cluster.start()
        yield run


def served(run):
    """Return when that ends which each layer of each node serves."""
    return [
        handshake("127.0.0.1", port).chain[0].not_valid_after_utc
        for node in run.cluster.nodes
        for port in (node.spec.http_port, node.spec.transport_port)
    ]


def test_up_recovers_a_cluster_to_which_nobody_can_talk_any_more_without_a_restart(expired):
    run, now = expired, SystemClock().now()
    assert all(ends < now for ends in served(run))
    assert run.api().ask("/")[0] == 0, "a client that verifies gets no answer"
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
