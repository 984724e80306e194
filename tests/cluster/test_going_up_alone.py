"""One real node that holds documents: from open to each scenario, and from each one to the next."""

import pytest

from tests.cluster.climbing import DOCUMENTS, Climbing
from tests.cluster.stack_run import open_stack

pytestmark = [pytest.mark.cluster(nodes=1), pytest.mark.engine]


@pytest.fixture(scope="module")
def one_node(tmp_path_factory):
    with open_stack(tmp_path_factory.mktemp("one"), DOCUMENTS, ("es-1",)) as run:
        yield Climbing(run)


def test_one_node_goes_from_open_to_minimal_to_basic_to_basic_https(one_node):
    users = {name: {} for name in ("logstash_system", "beats_system", "apm_system", "remote_monitoring_user")}
    assert one_node.to("minimal", users=users)["restart"]["procedure"] == "full stop"
    settings = one_node.run.cluster.nodes[0].settings.read_text()
    assert "discovery.type: single-node" in settings
    assert "initial_master_nodes" not in settings
    assert one_node.to("basic")["restart"]["procedure"] == "full stop"
    assert one_node.to("basic-https")["restart"]["procedure"] == "full stop"


def test_a_lower_scenario_is_refused_and_changes_nothing(one_node):
    run = one_node.run
    before = run.cluster.nodes[0].settings.read_bytes()
    run.write(cluster={"name": run.cluster.spec.name, "scenario": "basic"})
    for command in ("preview", "up"):
        finished = run.run(command)
        assert finished.status == 2
        assert "HTTPS is on in elasticsearch.yml, and the scenario leaves it out" in finished.stdout
        assert "Traceback" not in finished.stdout + finished.stderr
    assert run.cluster.nodes[0].settings.read_bytes() == before
    run.write()
    assert run.preview()["plan"]["rows"] == []


def test_with_consent_one_node_goes_down_to_minimal(one_node):
    consent = {"full_cluster_restart": True, "traffic_in_clear": True}
    settings = one_node.run.cluster.nodes[0].settings
    assert one_node.to("minimal", consent=consent)["restart"]["procedure"] == "full stop"
    assert "ssl" not in settings.read_text()
