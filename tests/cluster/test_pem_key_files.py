"""Keys and leaves as PEM files: secured with them, renewed without a restart, and exchanged for PKCS#12 and back.

The nodes are run by commands of the operator's own, for every verb.
"""

import pytest

from components.nodes.probes import handshake
from devcluster.seed import count
from tests.cluster.own_commands import OwnCommands
from tests.cluster.stack_run import CONSENT, open_stack, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.engine]
DOCUMENTS = 500
PEM = {"key_format": "pem"}
PKCS12_FILES = ["http-key.p12", "transport-key.p12"]
PEM_FILES = ["http-key.pem", "http-leaf.pem", "transport-key.pem", "transport-leaf.pem"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with open_stack(tmp_path_factory.mktemp("pem"), DOCUMENTS) as found:
        assert count(found.cluster.nodes) == DOCUMENTS
        yield found


@pytest.fixture(scope="module")
def commands(run, tmp_path_factory):
    return OwnCommands(run, tmp_path_factory.mktemp("commands"))


@pytest.fixture
def machine(run, commands):
    return {**run.usual()["machine"], **commands.section()}


def processes(run):
    return [node.process().pid for node in run.cluster.nodes]


def served(run):
    """Return the serial number that each layer of each node serves."""
    return [
        handshake("127.0.0.1", port).serial
        for node in run.cluster.nodes
        for port in (node.spec.http_port, node.spec.transport_port)
    ]


def key_files(run):
    """Return the names of the key files and leaves on each node, and that they are for the node alone to read."""
    found = []
    for node in run.cluster.nodes:
        files = [path for path in (node.config / "certs").iterdir() if "trust" not in path.name]
        assert {path.stat().st_mode & 0o777 for path in files} == {0o640}
        found.append(sorted(path.name for path in files))
    return found


def test_a_cluster_is_secured_with_pem_files_alone(run, machine):
    run.write(certificates=PEM, machine=machine, consent=CONSENT)
    assert run.up()["result"] == "changed"
    assert key_files(run) == [PEM_FILES] * 3
    for node in run.cluster.nodes:
        assert (node.config / "certs" / "http-key.pem").read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY")
    assert run.api().ask("/books/_count")[1]["count"] == DOCUMENTS


def test_leaves_in_pem_are_reissued_without_a_restart(run, machine):
    before, pids = served(run), processes(run)
    nodes = [{**node, "names": [f"{node['name']}.example.net"]} for node in run.usual()["nodes"]]
    run.write(certificates=PEM, machine=machine, nodes=nodes)
    assert run.up()["result"] == "changed"
    assert set(served(run)).isdisjoint(before)
    assert processes(run) == pids
    assert run.preview()["plan"]["rows"] == []


def runs_with(run, setting, pids):
    """Check that every node was restarted, and now runs with such a key file and all documents."""
    assert set(processes(run)).isdisjoint(pids)
    assert key_files(run) == [sorted(PEM_FILES + PKCS12_FILES)] * 3
    for node in run.cluster.nodes:
        assert f"xpack.security.http.ssl.{setting}: " in node.settings.read_text()
    assert run.api().ask("/books/_count")[1]["count"] == DOCUMENTS
    assert run.preview()["plan"]["rows"] == []


def test_another_layout_of_key_files_is_a_rolling_restart(run, machine):
    pids = processes(run)
    run.write(certificates={"key_format": "pkcs12"}, machine=machine)
    assert run.preview()["plan"]["restart"]["procedure"] == "rolling restart"
    assert run.up()["result"] == "changed"
    runs_with(run, "keystore.path", pids)


def test_no_run_goes_to_the_next_node_while_shards_have_not_come_back(run, machine, commands):
    pids, api, before = processes(run), run.api(), len(commands.stopped())
    run.write(certificates=PEM, machine=machine, rollout={"health_timeout": 10})
    process = run.start("up", "--json")
    wait_for(lambda: len(commands.stopped()) > before, process)
    first = commands.stopped()[before]
    others = [number for number, node in enumerate(run.cluster.nodes) if node.name != first]
    assert api.put("/books/_settings", {"number_of_replicas": 3}, others[0])[0] == 200, "more than there are nodes for"

    stderr = process.communicate()[1]
    again = run.run("up", "--json")

    assert (process.returncode, again.status) == (2, 2)
    assert "the cluster did not become healthy in time" in stderr
    assert "health yellow, and green is needed" in stderr
    assert "raise `rollout.health_timeout` in the stack file" in stderr
    assert "the rolling restart cannot begin" in again.stderr
    assert "the cluster's health is yellow" in again.stderr
    assert commands.stopped()[before:] == [first]
    assert api.put("/books/_settings", {"number_of_replicas": 1})[0] == 200
    assert run.up()["result"] == "changed"
    names = [node.name for node in run.cluster.nodes]
    assert sorted(commands.stopped()[before:]) == sorted(names), "each of them once"
    runs_with(run, "certificate", pids)


def test_every_node_was_stopped_started_and_given_its_secrets_by_the_operators_commands(run, commands):
    for node in run.cluster.nodes:
        told = commands.told(node.name)
        assert [verb for verb in told if verb in ("stop", "start")] == ["stop", "start"] * 3
        assert "keystore" in told
        assert told[-1] == "status"
