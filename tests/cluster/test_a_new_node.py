"""A node is added to a secured cluster: it gets its files, is started by its operator, and joins; nobody restarts.

One that was taken out of the stack file and put back, as it ran on, is not restarted either.
"""

from dataclasses import replace

import pytest

from components.nodes.probes import handshake
from devcluster.spec import NodeSpec
from tests.cluster.stack_run import open_stack
from tests.cluster.taking import wait_until_green
from tests.cluster_fixtures import free_ports

pytestmark = [pytest.mark.cluster, pytest.mark.engine]
DOCUMENTS = 500


def processes(run):
    return [node.process().pid for node in run.cluster.nodes]


def test_a_node_that_comes_back_into_the_stack_file_gets_its_new_leaves_and_runs_on(tmp_path):
    with open_stack(tmp_path, DOCUMENTS, ("es-1", "es-2")) as run:
        run.up()
        before, nodes = processes(run), run.usual()["nodes"]
        run.write(nodes=nodes[:1])
        run.up()
        run.write()

        plan = run.preview()["plan"]
        run.up()

        assert plan["restart"] is None
        leaves = [one for one in run.output("certificates") if one["node"] == "es-2"]
        assert {one["serial"] for one in leaves} == {
            handshake("127.0.0.1", port).serial for port in (nodes[1]["transport_port"], nodes[1]["http_port"])
        }
        assert processes(run) == before
        run.cluster.stop("es-2")
        run.cluster.start("es-2")
        api = run.api()
        wait_until_green(api, 1)  # of two none was a majority
        assert api.ask("/books/_count", 1)[1]["count"] == DOCUMENTS, "it starts with its key files"
        assert run.preview()["plan"]["rows"] == []


def test_a_new_node_joins_a_secured_cluster_and_nobody_is_restarted(tmp_path):
    with open_stack(tmp_path, DOCUMENTS, ("es-1", "es-2")) as run:
        run.up()
        before = [node.process().pid for node in run.cluster.nodes]
        run.cluster.spec = replace(run.cluster.spec, nodes=(*run.cluster.spec.nodes, NodeSpec("es-3", *free_ports(2))))
        run.cluster.lay_out()
        run.write()

        first = run.run("up")
        run.cluster.start("es-3")
        second = run.up()

        assert first.status == 2
        assert "es-3 has all its files, and does not run: start it, then run `up` again" in first.stdout
        assert "es-3: nothing answers on its ports (Connection refused); start it, then run again" in first.stdout
        assert second["result"] == "changed", "the verification is made again"
        api = run.api()
        assert sorted(node["name"] for node in api.ask("/_cat/nodes?format=json", 2)[1]) == ["es-1", "es-2", "es-3"]
        assert api.ask("/books/_count", 2)[1]["count"] == DOCUMENTS
        assert [node.process().pid for node in run.cluster.nodes][:2] == before
        plan = run.preview()["plan"]
        assert (plan["rows"], plan["restart"]) == ([], None)
