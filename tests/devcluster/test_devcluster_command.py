"""``python -m devcluster`` as a person calls it, and the security plugin's own tools, on one real node."""

import json
import subprocess

import pytest

from devcluster.__main__ import main
from devcluster.cluster import DevCluster
from devcluster.spec import read_stack
from tests.cluster_fixtures import elasticsearch_or_skip, free_ports

STACK = """\
config:
  elasticsearch-security:cluster: {{name: books, scenario: basic}}
  elasticsearch-security:machine:
    layout: archive
    home: {folder}/.dev/cluster/home
    config: "{folder}/.dev/cluster/{{name}}/config"
  elasticsearch-security:nodes:
    - {{name: es-1, address: 127.0.0.1, http_port: {http}, transport_port: {transport}}}
"""


@pytest.fixture
def stack(tmp_path):
    """A stack file with one node, which is stopped and removed afterwards."""
    http, transport = free_ports(2)
    path = tmp_path / "Pulumi.local.yaml"
    path.write_text(STACK.format(folder=tmp_path, http=http, transport=transport))
    yield path
    DevCluster(read_stack(path, tmp_path)).remove()


def run_tool(node, home, name, *arguments):
    return subprocess.run(
        [home / "bin" / name, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=node.environment(),
        user=node.account.uid if node.account.switch else None,
        group=node.account.gid if node.account.switch else None,
        extra_groups=[] if node.account.switch else None,
    )


def test_a_wrong_stack_file_is_told_calmly(tmp_path, capsys):
    assert main(["up", "--stack", str(tmp_path / "none.yaml")]) == 1

    assert capsys.readouterr().out.startswith(
        f"✗ {tmp_path}/none.yaml: cannot read the stack file\n  why:  No such file"
    )


def test_status_stop_and_start_of_a_cluster_that_is_not_there_make_nothing(stack, tmp_path, capsys):
    assert main(["status", "--stack", str(stack)]) == 1
    assert main(["stop", "--stack", str(stack)]) == 0
    assert main(["start", "--stack", str(stack)]) == 1

    shown = capsys.readouterr().out
    assert "es-1     not laid out" in shown
    assert "no node runs" in shown
    assert "there is nothing to start" in shown
    assert not (tmp_path / ".dev" / "cluster").exists()


@pytest.mark.cluster(nodes=1)
def test_a_cluster_comes_up_is_secured_by_hand_comes_up_again_and_is_removed(stack, tmp_path, capsys):
    home = elasticsearch_or_skip()
    cluster = DevCluster(read_stack(stack, tmp_path))
    assert main(["up", "--stack", str(stack), "--docs", "50"]) == 0
    assert "50 documents" in capsys.readouterr().out
    assert (tmp_path / ".dev" / "cluster" / "home").resolve() == home
    assert not cluster.spec.overlay.exists()

    assert main(["up", "--stack", str(stack), "--docs", "50", "--json"]) == 0
    shown = capsys.readouterr()
    (node,) = json.loads(shown.out)["nodes"]
    assert (node["name"], node["state"], node["unsecured"]) == ("es-1", "running", True)
    assert "1 node runs: es-1" in shown.err
    assert "start" not in shown.err

    assert main(["stop", "--stack", str(stack)]) == 0
    secure(cluster.node("es-1"))
    capsys.readouterr()
    assert main(["up", "--stack", str(stack), "--docs", "80"]) == 0
    assert "documents" not in capsys.readouterr().out
    assert main(["status", "--stack", str(stack)]) == 0
    assert ", secured" in capsys.readouterr().out

    use_the_tools(cluster.node("es-1"), home)
    assert main(["clean", "--stack", str(stack)]) == 0
    assert not (tmp_path / ".dev" / "cluster").exists()


def secure(node):
    text = node.settings.read_text()
    node.settings.write_text(text.replace("security.enabled: false", "security.enabled: true"))


def use_the_tools(node, home):
    added = run_tool(node, home, "elasticsearch-users", "useradd", "bob", "-p", "secret1", "-r", "superuser")
    assert added.returncode == 0, added.stderr
    listed = run_tool(node, home, "elasticsearch-users", "list")
    assert listed.stdout.split() == ["bob", ":", "superuser"]
    token = run_tool(node, home, "elasticsearch-service-tokens", "create", "elastic/kibana", "one")
    assert token.stdout.startswith("SERVICE_TOKEN elastic/kibana/one = ")
    reset = run_tool(node, home, "elasticsearch-reset-password", "-b", "-s", "-u", "elastic")
    assert reset.returncode == 0, reset.stderr
    assert len(reset.stdout.strip()) == 20
