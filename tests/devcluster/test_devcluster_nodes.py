"""Three real nodes: started, seeded, killed, started again, and ended; and what their command does when it fails."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import tenacity

from components.errors import CommandFailed, ConfigurationRefused
from devcluster.api import client, is_unsecured
from devcluster.seed import INDEX, count, seed
from devcluster.status import State
from tests.cluster_fixtures import elasticsearch_or_skip, shared_open_nodes  # noqa: F401 (a fixture)

pytestmark = pytest.mark.cluster


@pytest.fixture
def cluster(shared_open_nodes):  # noqa: F811 (the fixture)
    """All three nodes run; a test may leave them as it likes."""
    shared_open_nodes.start()
    shared_open_nodes.wait_until_green()
    return shared_open_nodes


@pytest.fixture
def stopped_node(shared_open_nodes):  # noqa: F811 (the fixture)
    """One node that does not run."""
    shared_open_nodes.stop("es-3")
    return shared_open_nodes.node("es-3")


@tenacity.retry(
    retry=tenacity.retry_if_result(lambda result: result is False),
    wait=tenacity.wait_fixed(0.05),
    stop=tenacity.stop_after_delay(60),
)
def wait_until(condition):
    return condition()


def run_command(node, home, *arguments, java_options=""):
    return subprocess.run(
        [home / "bin" / "elasticsearch", "-d", "-p", node.pid_file, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={**node.environment(), "ES_JAVA_OPTS": java_options},
        start_new_session=True,
        user=node.account.uid if node.account.switch else None,
        group=node.account.gid if node.account.switch else None,
        extra_groups=[] if node.account.switch else None,
    )


def test_three_nodes_run_not_secured_and_hold_the_documents_once(cluster):
    assert [status.state for status in cluster.status()] == [State.RUNNING] * 3
    assert [status.unsecured for status in cluster.status()] == [True] * 3

    seed(cluster.nodes, 500)
    assert count(cluster.nodes) == 500
    assert seed(cluster.nodes, 500) == 0
    with client(cluster.nodes) as elasticsearch:
        assert elasticsearch.info()["cluster_name"] == "books"
        assert elasticsearch.indices.get_settings(index=INDEX)[INDEX]["settings"]["index"]["number_of_shards"] == "3"
        assert elasticsearch.search(index=INDEX, query={"match": {"title": "harbour"}})["hits"]["total"]["value"] > 0


def test_a_killed_node_comes_back_and_nothing_is_lost(cluster):
    seed(cluster.nodes, 500)
    before = {status.name: status.pid for status in cluster.status()}

    cluster.kill("es-2")
    assert {status.name: status.state for status in cluster.status()}["es-2"] is State.STOPPED

    assert [node.name for node in cluster.start()] == ["es-2"]
    cluster.wait_until_green()
    after = {status.name: status.pid for status in cluster.status()}
    assert after["es-2"] != before["es-2"]
    assert {name: after[name] for name in ("es-1", "es-3")} == {name: before[name] for name in ("es-1", "es-3")}
    assert count(cluster.nodes) == 500


def test_a_stopped_node_is_gone_with_its_process_id_file(cluster):
    process = cluster.node("es-3").process()

    assert [node.name for node in cluster.stop("es-3")] == ["es-3"]

    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    assert not cluster.node("es-3").pid_file.exists()
    assert cluster.stop("es-3") == ()


def test_a_process_id_file_that_names_somebody_else_is_not_believed(cluster):
    node = cluster.node("es-1")
    own = node.pid_file.read_text()
    try:
        node.pid_file.write_text(str(os.getpid()))
        assert not node.is_running()
        node.pid_file.write_text(cluster.node("es-2").pid_file.read_text())
        assert not node.is_running()
    finally:
        node.pid_file.write_text(own)
    assert node.is_running()


def test_a_node_in_the_background_leads_its_own_session_and_holds_no_stream_of_ours(cluster):
    process = cluster.node("es-1").process()

    assert os.getsid(process.pid) == process.pid
    assert process.uids().real == cluster.account.uid != 0
    streams = [Path(f"/proc/{process.pid}/fd/{stream}").readlink() for stream in (0, 1, 2)]
    assert streams == [Path("/dev/null")] * 3


def test_a_node_logs_into_the_file_of_its_cluster(cluster):
    node = cluster.node("es-1")

    assert f"[{node.name}] started" in node.log.read_text()


@pytest.mark.parametrize(
    ("arguments", "java_options", "status", "said"),
    [
        pytest.param(
            ("-Expack.security.bogus=1",), "", 1, "unknown setting [xpack.security.bogus]", id="a setting unknown"
        ),
        pytest.param(
            (),
            "-Des.enforce.bootstrap.checks=true -Xms128m",
            78,
            "initial heap size",
            id="a bootstrap check that fails",
        ),
        pytest.param(("-Enode.name",), "", 64, "must be key=value", id="a setting without a value"),
        pytest.param(("--bogus",), "", 64, "--bogus is not a recognized option", id="an option unknown"),
        pytest.param((), "-XX:+NoSuchOption", 1, "NoSuchOption", id="an option that the JVM refuses"),
    ],
)
def test_a_start_that_fails_ends_with_the_nodes_exit_code_and_its_words(
    stopped_node, arguments, java_options, status, said
):
    done = run_command(stopped_node, elasticsearch_or_skip(), *arguments, java_options=java_options)

    assert done.returncode == status
    assert said in done.stdout + done.stderr
    assert f"Elasticsearch died while starting up, with exit code {status}" in done.stderr
    assert not stopped_node.is_running()


def test_a_start_that_fails_is_told_with_its_reason(stopped_node):
    text = stopped_node.settings.read_text()
    try:
        stopped_node.settings.write_text(f"{text}xpack.security.bogus: 1\n")
        with pytest.raises(CommandFailed) as failed:
            stopped_node.start(elasticsearch_or_skip())
    finally:
        stopped_node.settings.write_text(text)

    assert failed.value.where == "es-3"
    assert "exit status 1" in failed.value.why
    assert "unknown setting [xpack.security.bogus]" in failed.value.why
    assert str(stopped_node.log) in failed.value.next_step


def test_a_node_is_held_to_its_entitlements(cluster):
    """Elasticsearch itself tries what is forbidden, and ends where nothing forbids it: so a node that runs shows it."""
    log = cluster.node("es-1").log.read_text()

    assert "Bootstrapping Entitlements" in log
    assert "Entitlement agent attached" in log


START_AND_BE_KILLED = """\
import sys
from pathlib import Path
from devcluster.accounts import node_account
from devcluster.node import DevNode
from devcluster.spec import NodeSpec
name, http_port, transport_port, folder, home = sys.argv[1:]
node = DevNode(NodeSpec(name, int(http_port), int(transport_port)), Path(folder), "books", node_account())
node.start(Path(home))
"""


def test_a_node_goes_on_when_whoever_started_it_is_killed_meanwhile(cluster):
    node = cluster.node("es-3")
    cluster.stop("es-3")
    arguments = (node.name, node.spec.http_port, node.spec.transport_port, node.folder, cluster.home)
    with subprocess.Popen([sys.executable, "-c", START_AND_BE_KILLED, *map(str, arguments)]) as caller:
        wait_until(node.is_running)
        for command in psutil.Process(caller.pid).children():
            command.send_signal(signal.SIGKILL)  # bin/elasticsearch itself, which waits for the node
        caller.send_signal(signal.SIGKILL)

    assert cluster.start() == ()  # finds it starting, and waits for it

    assert node.is_listening()
    assert is_unsecured(node)


HOLD_A_PORT = """\
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_port_that_was_taken_meanwhile_is_left_to_its_holder(cluster, capsys):
    node = cluster.node("es-3")
    cluster.stop("es-3")
    argv = [sys.executable, "-c", HOLD_A_PORT, str(node.spec.http_port)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        cluster.start()
        process.stdin.close()

    moved = cluster.node("es-3")
    assert moved.spec.http_port != node.spec.http_port
    assert moved.spec.transport_port == node.spec.transport_port
    assert f"es-3: HTTP port {node.spec.http_port} is taken" in capsys.readouterr().out
    assert f"http_port: {moved.spec.http_port}" in cluster.spec.overlay.read_text()
    cluster.wait_until_green()


def test_a_name_that_no_node_has_is_refused(cluster):
    with pytest.raises(ConfigurationRefused, match="es-1, es-2, es-3"):
        cluster.stop("es-4")
