"""From open to each scenario, and from each one to the next, on real nodes that hold documents."""

import pytest

from components.nodes.probes import Speech, handshake
from devcluster.seed import INDEX
from tests.cluster.stack_run import open_stack
from tests.cluster.watching import watched_nodes

pytestmark = [pytest.mark.cluster, pytest.mark.engine]
DOCUMENTS = 1000


class Climbing:
    """A stack that goes from scenario to scenario, and what must hold after each."""

    def __init__(self, run):
        self.run, self.password = run, ""

    def to(self, scenario, **sections):
        """Choose a scenario and run `up`; return the plan that it carried out."""
        self.run.write(cluster={"name": self.run.cluster.spec.name, "scenario": scenario}, **sections)
        data = self.run.up()
        assert data["result"] == "changed"
        self.check(scenario)
        return data["plan"]

    def check(self, scenario):
        api = self.run.api()
        assert self.password in ("", api.password), "the password of elastic is made once"
        self.password = api.password
        for number, node in enumerate(self.run.cluster.nodes):
            assert api.ask_anonymously("/", number)[0] == 401
            assert api.ask("/", number)[0] == 200
            assert handshake("127.0.0.1", node.spec.transport_port).speech is speech(scenario != "minimal")
            assert handshake("127.0.0.1", node.spec.http_port).speech is speech(scenario == "basic-https")
        assert api.ask(f"/{INDEX}/_count")[1]["count"] == DOCUMENTS
        assert api.ask("/_cluster/settings?flat_settings=true")[1] == {"persistent": {}, "transient": {}}
        for user, password in self.run.output("userPasswords").items():
            assert api.ask("/_security/_authenticate", user=user, password=password)[1]["username"] == user
        plan = self.run.preview()["plan"]
        assert (plan["rows"], plan["restart"]) == ([], None)


def speech(tls):
    return Speech.TLS if tls else Speech.PLAIN


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


def test_three_nodes_go_node_by_node_from_basic_to_basic_https_and_with_consent_back(tmp_path):
    with open_stack(tmp_path, DOCUMENTS) as run:
        climbing = Climbing(run)
        assert climbing.to("basic")["restart"]["procedure"] == "full stop"
        with watched_nodes(run.cluster.nodes) as seen:
            plan = climbing.to("basic-https", consent=None)
        assert plan["restart"]["procedure"] == "rolling restart"
        assert max(map(len, seen)) == 1, "never were two nodes down"
        assert [row for row in plan["rows"] if "forgotten" in row["change"]] == []
        run.write(cluster={"name": run.cluster.spec.name, "scenario": "basic"}, consent={"traffic_in_clear": True})
        assert "passwords and documents then cross the network in clear" in run.succeed("preview").stdout
        with watched_nodes(run.cluster.nodes) as seen:
            plan = climbing.to("basic", consent={"traffic_in_clear": True})
        assert plan["restart"]["procedure"] == "rolling restart"
        assert max(map(len, seen)) == 1, "never were two nodes down"
