"""Three real nodes on machines of their own, which are reached by SSH alone, through a host on the way."""

import json
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from components.pki.inspect import parse_bundle
from devcluster.seed import INDEX, seed
from drill.away import failed_though_up
from drill.load import ASKED, Load, Protocol
from tests.cluster.machines import CLIENTS, US, Machines, open_nodes
from tests.cluster.rollout_log import nodes_away, restart_outputs, steps_done
from tests.cluster.stack_run import CONSENT, SecuredApi, StackRun, kill_run, wait_for
from tests.cluster.three_machines import three_machines
from tests.cluster.watching import watched_nodes
from tests.cluster_fixtures import NAMES
from tests.engine.command_plugin import install_command_plugin
from tests.sshd import NO_PASSWORD, WITH_PASSWORD, left_behind, password_file, short_folder

pytestmark = [pytest.mark.cluster, pytest.mark.engine]
DOCUMENTS = 500
REISSUED = {"reissue": {"transport": 1, "http": 1}}
LOGINS = {"es-1": NO_PASSWORD, "es-2": WITH_PASSWORD, "es-3": "root"}
HOOK = """\
#!/bin/sh
cat >"$0.$1" && readlink /proc/self/ns/net >"$0.$1.where"
"""
"""A hook that keeps what it reads, and notes on which network it runs; its files tell when."""


@dataclass
class RunBySsh(StackRun):
    """A stack that is run where there is no way to the nodes but by SSH."""

    machines: Machines | None = None
    temporary: Path | None = None

    @property
    def environment(self):
        return {**super().environment, "TMPDIR": str(self.temporary)}

    def start(self, *arguments):
        with self.machines.within(US):
            return super().start(*arguments)


@dataclass
class OverSsh:
    """A stack whose nodes are on other machines."""

    machines: Machines
    run: StackRun

    def write(self, **sections):
        """Write the stack file: sudo without a password, with one, and a login that is root."""
        self.run.write(**{"nodes": [self.node(name) for name in NAMES], "consent": None, **sections})

    def node(self, name):
        ssh = {**self.machines.ssh(name), "user": LOGINS[name]}
        if name == "es-2":
            ssh["sudo_password_file"] = password_file(self.run.folder)
        spec = self.run.cluster.node(name).spec
        ports = {"http_port": spec.http_port, "transport_port": spec.transport_port}
        return {"name": name, "address": spec.address, **ports, "machine": {"ssh": ssh}}

    def api(self):
        """Return access to the cluster, for who is on its network."""
        outputs = json.loads(self.run.succeed("output", "--json", "--show-secrets").stdout)
        return SecuredApi(outputs["httpUrls"], outputs["caCertificatePem"], outputs["elasticPassword"])

    def pids(self):
        return [node.process().pid for node in self.run.cluster.nodes]

    def under_load(self, what, *steps):
        """Run `up` while clients on the cluster's network keep asking every node, and once more after each step.

        Returns:
            Every request that failed.
        """
        api = self.api()
        load = Load("ssh", self.run.cluster.nodes, api.password, DOCUMENTS, (Protocol.TLS,), api.authority_pem)
        with self.machines.within(CLIENTS):
            running = load.running()
            running.__enter__()
        try:
            self.run.up()
            for step in steps:
                step(load)
                self.run.up()
        finally:
            running.__exit__(None, None, None)
        failed = [one for one in load.requests if one.failure]
        figures = {"drill": f"by SSH: {what}", "requests": len(load.requests), "failed": len(failed)}
        sys.stdout.write(f"\n{figures}\n")
        assert {one.kind for one in load.requests} == set(ASKED)
        return failed


@pytest.fixture(scope="module")
def over_ssh(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ssh")
    with short_folder() as temporary, three_machines() as machines, open_nodes(machines, folder) as cluster:
        with machines.within(CLIENTS):
            seed(cluster.nodes, DOCUMENTS)
        run = RunBySsh(folder, cluster, machines=machines, temporary=temporary)
        stack = OverSsh(machines, run)
        usual, jump = run.usual()["machine"], machines.jump(folder)
        run.usual = lambda: {**StackRun.usual(run), "machine": {**usual, "ssh": jump}}
        yield stack


def closed_ports(machines, node):
    """Return what the operator may not reach; on loopback addresses there is a way to all that somebody listens on."""
    of_node, of_sshd = (node.spec.http_port, node.spec.transport_port), (machines.ssh_port,)
    elsewhere = {machines.host(node.name): of_node, machines.address(node.name): of_sshd}
    listened_on = {machines.host(node.name): of_sshd, machines.address(node.name): of_node}
    ports = [elsewhere, listened_on] if machines.apart else [elsewhere]
    return [(host, port) for each in ports for host, found in each.items() for port in found]


def test_the_operator_has_no_way_to_the_ports_of_the_nodes(over_ssh):
    machines = over_ssh.machines
    with machines.within(US):
        for node in over_ssh.run.cluster.nodes:
            for host, port in closed_ports(machines, node):
                with pytest.raises(OSError, match=r"refused|unreachable"):
                    socket.create_connection((host, port), timeout=1)


def test_what_is_not_written_is_told_by_the_machines_and_then_there_is_nothing_to_add(over_ssh):
    """Of running nodes: home, config folder, address and ports; by logins of each kind."""
    run, whole = over_ssh.run, [over_ssh.node(name) for name in NAMES]
    nodes = [{"name": each["name"], "machine": each["machine"]} for each in whole]
    over_ssh.write(nodes=nodes, machine={"ssh": over_ssh.machines.jump(run.folder)})
    found = run.run("discover", "--json")
    assert found.status == 1, found.stderr
    assert [each["process"] for each in found.data["nodes"]] == over_ssh.pids()
    assert {each["security"]["xpack.security.enabled"] for each in found.data["nodes"]} == {"false"}
    [jar] = run.cluster.home.glob("lib/elasticsearch-[0-9]*.jar")
    who = {(each["user"], f"elasticsearch-{each['version']}.jar") for each in found.data["nodes"]}
    assert who == {(run.cluster.account.name, jar.name)}
    machine, told = found.data["write"]["machine"], found.data["write"]["nodes"]
    assert Path(machine["home"]).samefile(run.cluster.spec.home)
    assert all(Path(machine["config"].format(name=each.name)).samefile(each.config) for each in run.cluster.nodes)
    assert [{"http_port": 9200, "transport_port": 9300, **each} for each in told] == whole
    over_ssh.write(machine=machine, nodes=told)
    again = run.run("discover", "--json")
    assert (again.status, again.data["write"], again.data["contradictions"]) == (0, {}, [])


def test_one_up_secures_the_open_cluster(over_ssh):
    over_ssh.write(consent=CONSENT)
    assert over_ssh.run.up()["result"] == "changed"
    with over_ssh.machines.within(CLIENTS):
        api = over_ssh.api()
        assert [api.ask("/", node)[0] for node in range(3)] == [200] * 3
        assert [api.ask_anonymously("/", node)[0] for node in range(3)] == [401] * 3
        assert api.documents(INDEX) == DOCUMENTS
        assert api.ask("/_cluster/health")[1]["number_of_nodes"] == 3


def test_what_nodes_present_is_told_by_their_handshakes(over_ssh):
    told = over_ssh.run.run("discover", "--json").data["nodes"]
    found = {(each["name"], layer): leaf["serial"] for each in told for layer, leaf in each["certificates"].items()}
    recorded = {
        (one["node"], one["layer"]): one["serial"] for one in over_ssh.run.output("certificates") if one["node"]
    }
    assert found == recorded
    assert len(found) == 6


def test_a_run_leaves_no_connection_and_no_file_behind(over_ssh):
    assert left_behind(over_ssh.run.temporary) == []


def test_afterwards_a_preview_is_empty(over_ssh):
    plan = over_ssh.run.preview()["plan"]
    assert (plan["rows"], plan["restart"]) == ([], None)


def test_leaves_are_renewed_under_load_without_a_restart(over_ssh):
    before = over_ssh.pids()
    over_ssh.write(certificates=REISSUED)
    assert over_ssh.under_load("renew-all-leaves") == []
    assert over_ssh.pids() == before


def test_the_ca_of_the_transport_layer_is_rotated_under_load_without_a_restart(over_ssh):
    before = over_ssh.pids()
    trusted = over_ssh.run.trusted_on_transport()
    over_ssh.write(certificates=REISSUED, authorities={"transport": {"generation": 2}})
    assert over_ssh.under_load("rotate-transport-ca") == []
    assert over_ssh.pids() == before
    assert over_ssh.run.trusted_on_transport() != trusted


def test_the_ca_of_the_http_layer_is_rotated_under_load_once_its_clients_know_the_new_one(over_ssh):
    before, asked = over_ssh.pids(), {"transport": {"generation": 2}, "http": {"generation": 2}}
    over_ssh.write(certificates=REISSUED, authorities=asked, rollout={"hold_after": "cover"})

    def hand_out_and_go_on(load):
        load.authority_pem = over_ssh.run.output("caCertificatePem")
        over_ssh.write(certificates=REISSUED, authorities=asked)

    assert over_ssh.under_load("rotate-http-ca", hand_out_and_go_on) == []
    assert over_ssh.pids() == before
    assert len(parse_bundle(over_ssh.run.output("caCertificatePem").encode())) == 1


def test_a_machine_that_reboots_in_a_wave_stops_it_there_and_the_next_up_finishes_the_rotation(over_ssh):
    """Its sshd and its node end, and come back with the files that they had: the node joins the others by itself."""
    before, run, sshd = over_ssh.pids(), over_ssh.run, over_ssh.machines.sshds["es-2"]
    trusted = run.trusted_on_transport()
    over_ssh.write(certificates=REISSUED, authorities={"transport": {"generation": 3}, "http": {"generation": 2}})
    process = run.start("up", "--json")
    wait_for(lambda: run.trusted_on_transport() != trusted, process)  # the first node covers the new CA
    sshd.stop()
    node = run.cluster.node("es-2")
    node.kill()
    stdout, stderr = process.communicate()
    assert process.returncode == 2, stderr
    errors = [error["text"] for error in json.loads(stdout)["errors"]]
    assert any("es-2: the machine" in text and "does not answer by SSH" in text for text in errors), errors

    plan = run.run("preview", "--json")
    assert plan.status == 1, "the others can be looked at"
    assert plan.data["plan"]["unseen"] == ["es-2"]
    sshd.start()
    with over_ssh.machines.within("es-2"):
        node.start(run.cluster.home)
    with over_ssh.machines.within(CLIENTS):
        health = over_ssh.api().ask("/_cluster/health?wait_for_nodes=3&wait_for_status=green&timeout=50s")[1]
    assert not health["timed_out"], health
    after = over_ssh.pids()
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False, True]

    assert run.up()["result"] == "changed"
    assert over_ssh.pids() == after, "nothing was restarted for it"
    assert len(parse_bundle(run.trusted_on_transport().encode())) == 1
    assert run.preview()["plan"]["rows"] == []


def hooks_ran_around(steps, hook, there):
    """Check that a hook read the plan where a process runs, before the first step of a restart and after its last."""
    ran = [Path(f"{hook}.{moment}") for moment in ("before", "after")]
    network = str(Path(f"/proc/{there}/ns/net").readlink())
    assert [Path(f"{one}.where").read_text().strip() for one in ran] == [network] * 2
    restarts = [json.loads(one.read_text())["plan"]["restart"] for one in ran]
    assert [each["procedure"] for each in restarts] == ["rolling restart"] * 2
    assert ran[0].stat().st_mtime < steps[0].began < steps[-1].ended < ran[1].stat().st_mtime


def test_a_setting_is_changed_under_load_by_a_rolling_restart_and_no_node_that_is_up_fails_a_request(over_ssh):
    before, hook = over_ssh.pids(), over_ssh.run.folder / "hook"
    hook.write_text(HOOK)
    hook.chmod(0o755)
    install_command_plugin(Path(over_ssh.run.environment["PULUMI_HOME"]))
    over_ssh.write(
        certificates=REISSUED,
        authorities={"transport": {"generation": 3}, "http": {"generation": 2}},
        transport={"verification_mode": "certificate"},
        hooks={one: [{"name": "alerts", "command": [str(hook), one], "on": "es-1"}] for one in ("before", "after")},
    )
    with watched_nodes(over_ssh.run.cluster.nodes) as down:
        failed = over_ssh.under_load("rolling restart")
    steps = steps_done(restart_outputs(over_ssh.run.clear_state()))
    hooks_ran_around(steps, hook, over_ssh.machines.sshds["es-1"].process.pid)
    away = nodes_away(steps)
    assert sorted(each.node for each in away) == sorted(NAMES)
    sys.stdout.write(f"of them to a node that was up: {len(failed_though_up(failed, away))}\n")
    assert failed_though_up(failed, away) == ()
    assert down == {frozenset(), *(frozenset([name]) for name in NAMES)}
    assert not set(over_ssh.pids()) & set(before)
    with over_ssh.machines.within(CLIENTS):
        assert over_ssh.api().documents(INDEX) == DOCUMENTS
    assert left_behind(over_ssh.run.temporary) == []


def test_a_run_that_is_killed_while_a_node_is_away_is_finished_by_the_next(over_ssh):
    run, kept = over_ssh.run, {key: over_ssh.run.sections.get(key) for key in ("certificates", "authorities")}
    over_ssh.write(**kept, transport={"verification_mode": "full" if run.sections.get("transport") else "certificate"})
    process = run.start("up", "--json")
    wait_for(lambda: not all(node.is_running() for node in run.cluster.nodes), process)
    kill_run(process)
    assert run.up()["result"] == "changed"
    assert all(node.is_running() for node in run.cluster.nodes)
    with over_ssh.machines.within(CLIENTS):
        health = over_ssh.api().ask("/_cluster/health?wait_for_nodes=3&wait_for_status=green&timeout=50s")[1]
        assert not health["timed_out"], health
        assert over_ssh.api().documents(INDEX) == DOCUMENTS
    plan = run.preview()["plan"]
    assert (plan["rows"], plan["restart"], left_behind(run.temporary)) == ([], None, [])
    for node in run.cluster.nodes:
        assert [path for path in node.config.rglob("*") if "essecurity" in path.name] == []
    assert all(sshd.sessions_end() for sshd in over_ssh.machines.sshds.values())
