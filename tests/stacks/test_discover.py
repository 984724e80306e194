"""`discover` on nodes that stand on this machine: what it prints, how it ends, and that it changes nothing."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from components.facts.machine import look_at
from components.nodes.ssh import close_connections
from stacks import discover_looks
from stacks.cli import main
from stacks.config import check
from stacks.model import StackModel
from stacks.statuses import BROKEN, DUE, FINE
from tests.cluster_fixtures import free_ports
from tests.facts.standing import HTTP_PORT, PORTS, TRANSPORT_PORT, lay_out, running, snapshot
from tests.sshd import NO_PASSWORD, logins, running_sshd, short_folder, sshd_or_skip
from tests.stacks.stackfiles import write_stack_file, yaml

NAME = f"facts-{os.getpid()}"
"""Nobody else's: other nodes may run on this machine."""


@pytest.fixture
def folder(tmp_path):
    return lay_out(tmp_path / "machine", NAME)


@pytest.fixture(autouse=True)
def nobody_elses_nodes(tmp_path, monkeypatch):
    """Leave out what others run on this machine: such as these tests, elsewhere, with the same ports."""

    def look(target):
        found = look_at(target)
        ours = tuple(one for one in found.running if one.config.startswith(f"{tmp_path}/"))
        return replace(found, running=ours)

    monkeypatch.setattr(discover_looks, "look_at", look)


@pytest.fixture
def discover(project, capsys):
    """Write a stack file, run the command, and return its status, standard output and standard error."""

    def run(text, *arguments):
        write_stack_file(project / "stacks", yaml(text))
        status = main(["discover", "prod", "--project", str(project), *arguments])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


def lines_to_write(out: str) -> list[str]:
    return [line.strip() for line in out.partition("in the place of what is there\n")[2].splitlines()]


def test_of_a_node_that_runs_a_name_is_enough(folder, discover):
    before = snapshot(folder)
    with running(folder, NAME) as pid:
        status, out, _ = discover(f"nodes: [{{name: {NAME}}}]")
    assert status == DUE
    assert f"9.5.3 · runs as {Path(folder).owner()} (process {pid})" in out
    assert lines_to_write(out) == [
        "elasticsearch-security:cluster: {name: facts}",
        f"elasticsearch-security:machine: {{home: {folder}/home, config: '{folder}/{{name}}', pid_file: {folder}/pid}}",
        "elasticsearch-security:nodes:",
        f"- {{name: {NAME}, address: 127.0.0.1, http_port: {HTTP_PORT}, transport_port: {TRANSPORT_PORT}}}",
    ]
    assert snapshot(folder) == before


def test_a_name_that_no_stack_file_takes_is_said_and_not_proposed(folder, discover):
    file = folder / NAME / "elasticsearch.yml"
    file.write_text(file.read_text().replace(f"node.name: {NAME}", "node.name: my node"))
    with running(folder, NAME):
        status, out, _ = discover(f"nodes: [{{address: 127.0.0.1, http_port: {HTTP_PORT}}}]")
    assert status == DUE
    assert "! nodes[0].name: its `node.name` is `my node`, which cannot stand in a stack file" in out
    assert "name: my node" not in "".join(lines_to_write(out))


def test_a_folder_that_is_another_one_than_that_in_the_written_home_is_found_by_its_process(folder, discover):
    (folder / "home" / "config").mkdir()
    (folder / "home" / "config" / "elasticsearch.yml").touch()
    with running(folder, NAME):
        _, out, _ = discover(f"{{machine: {{home: {folder}/home}}, nodes: [{{name: {NAME}, address: 127.0.0.1}}]}}")
    assert f"machine: {{home: {folder}/home, config: '{folder}/{{name}}', " in out


def test_the_lines_are_a_stack_file_once_its_scenario_is_chosen_and_then_nothing_is_to_add(folder, discover):
    with running(folder, NAME):
        _, out, _ = discover(f"nodes: [{{name: {NAME}}}]", "--json")
        found = json.loads(out)["write"]
        chosen = {**found, "cluster": {**found["cluster"], "scenario": "basic-https"}}
        assert isinstance(check(chosen), StackModel)
        status, out, _ = discover(json.dumps(chosen))
    assert (status, "nothing to add" in out) == (FINE, True)


STOPPED = """
cluster: {{name: facts, scenario: basic-https}}
machine: {{home: {folder}/home, config: {folder}/{name}}}
nodes: [{{name: {name}, address: 127.0.0.1, http_port: {http_port}, transport_port: {transport_port}}}]
"""


def stopped(folder, http_port=HTTP_PORT):
    return STOPPED.format(folder=folder, name=NAME, http_port=http_port, transport_port=TRANSPORT_PORT)


def test_a_node_that_does_not_run_is_found_by_its_folder_and_nothing_is_to_add(folder, discover):
    status, out, _ = discover(stopped(folder))
    assert (status, "9.5.3 · does not run" in out, out.splitlines()[-1]) == (
        FINE,
        True,
        "stacks/Pulumi.prod.yaml: nothing to add",
    )


def test_what_is_written_wins_and_what_contradicts_it_is_an_error(folder, discover):
    status, out, _ = discover(stopped(folder, 9200))
    assert status == BROKEN
    assert f"✗ stacks/Pulumi.prod.yaml: nodes[0].http_port is `9200`, and the machine says `{HTTP_PORT}`\n" in out
    assert f"why:  so says {folder}/{NAME}/elasticsearch.yml; " in out
    assert "nothing to add" in out


def test_the_data_are_one_document_and_repeat_no_secret(folder, discover):
    secret = "xpack.security.http.ssl.keystore.password: hush-hush\nxpack.security.enabled: false\n"
    file = folder / NAME / "elasticsearch.yml"
    file.write_text(file.read_text() + secret)
    status, out, err = discover(stopped(folder), "--json")
    data = json.loads(out)
    assert (status, data["result"], data["write"], data["contradictions"]) == (FINE, "discovered", {}, [])
    (node,) = data["nodes"]
    assert (node["version"], node["nodeName"]) == ("9.5.3", NAME)
    assert node["ports"] == {"transport": TRANSPORT_PORT, "http": HTTP_PORT}
    assert node["security"] == {"xpack.security.enabled": "false"}
    assert node["sans"]["transport"] == {"127.0.0.1": "address"}
    assert "hush-hush" not in out + err


def test_a_file_that_elasticsearch_would_not_read_is_told_and_others_go_on(folder, discover):
    (folder / NAME / "elasticsearch.yml").write_text("node.name: [\n")
    status, out, _ = discover(stopped(folder))
    assert "settings " in out
    assert "Traceback" not in out
    assert status == FINE


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("nodes: [{http_port: 9200}]", "nodes[0].name: is missing", id="neither a name nor an address"),
        pytest.param("cluster: {name: a}", "nodes: is missing", id="no nodes"),
        pytest.param("nodes: [{name: a, adress: b}]", "nodes[0].adress (a): ", id="a slip"),
        pytest.param("nodes: 5", "nodes: ", id="no list"),
        pytest.param("{cluster: 5, nodes: [5]}", "cluster: ", id="no section"),
    ],
)
def test_a_stack_file_that_names_no_machine_is_refused_before_any_is_looked_at(text, told, discover):
    status, out, _ = discover(text)
    assert status == BROKEN
    assert told in out
    assert "look at every machine" not in out


@pytest.fixture(scope="module")
def sshd():
    sshd_or_skip()
    with logins(), running_sshd("127.0.0.1", free_ports(1, taken=PORTS)[0]) as found:
        yield found


def test_over_ssh_the_same_is_told_and_a_machine_that_does_not_answer_stops_nobody(sshd, folder, discover, monkeypatch):
    way = (
        f"user: {NO_PASSWORD}, identity_file: {sshd.identity_file}, config_file: /dev/null, "
        f"host_key: {sshd.host_key}, host: {sshd.address}"
    )
    nodes = (
        f"[{{name: gone, address: 127.0.0.1, machine: {{ssh: {{{way}, port: {free_ports(1)[0]}}}}}}}, "
        f"{{name: {NAME}, address: 127.0.0.1, machine: {{ssh: {{{way}, port: {sshd.port}}}}}}}]"
    )
    with short_folder() as temporary, running(folder, NAME):
        monkeypatch.setattr("tempfile.tempdir", str(temporary))
        status, out, _ = discover(f"nodes: {nodes}")
        close_connections()
    assert status == BROKEN
    assert "✗ gone: the machine 127.0.0.1 does not answer by SSH\n" in out
    assert f"{NAME} · by SSH, 127.0.0.1\n" in out
    assert f"http_port: {HTTP_PORT}" in out
    assert f"home: {folder}/home" in out
