"""From open to each scenario that three nodes can have, and from one to the next, on real nodes that hold documents."""

import pytest

from tests.cluster.climbing import DOCUMENTS, Climbing
from tests.cluster.stack_run import open_stack
from tests.cluster.watching import watched_nodes

pytestmark = [pytest.mark.cluster, pytest.mark.engine]


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
