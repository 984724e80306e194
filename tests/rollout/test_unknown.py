"""A node that runs, and of which no pid file, unit or command tells: it is found by its port, and nothing is done."""

import pytest

from components.errors import ConfigurationRefused, TargetUnreachable
from components.facts.machine import RunningNode
from components.nodes.spec import Commands, Machine, Node
from components.rollout.not_running import of_nodes_that_are_away
from components.rollout.unknown import why_unknown
from tests.rollout.views import cluster, node, outdated, stopped
from tests.rollout.world import open_cluster, with_own_allocation

START = "systemctl start es.service"


def looks_like(one, *more: str) -> str:
    """Return what the look at a node's machine prints of its process."""
    pid = next(iter(one.target.alive()))
    lines = [f"process={pid}", "type=tar", "home=/opt/elasticsearch", f"variable={one.config}", "environment=read"]
    return "\n".join([*lines, "main=org.elasticsearch.bootstrap.Elasticsearch", *more, ""])


def started_without_a_pid_file(world):
    """Let every node run as its operator started it, with `-d` alone or by a unit, and its machine tell so."""
    for one in world.nodes:
        one.target.files.pop(one.pid_file)
        one.target.look = looks_like(one)
    return world


def test_a_cluster_that_runs_without_pid_files_is_never_told_to_be_started(doors):
    world = started_without_a_pid_file(doors(open_cluster()))
    tried = [one.starts_tried() for one in world.nodes]
    before = world.everything()
    with pytest.raises(ConfigurationRefused) as caught:
        world.preview()
    with pytest.raises(ConfigurationRefused, match="es-3 answers at es-3:9303"):
        world.up()
    why = caught.value.why
    assert "no node runs" not in str(caught.value)
    assert "to start" not in str(caught.value)
    assert (
        "es-1 answers at es-1:9301, but its process is not known: /nodes/es-1/config/elasticsearch.pid names none, and "
        "process 1000 was started without `-p`, or that file was removed: as its user, put its number "
        "there, `echo 1000 > /nodes/es-1/config/elasticsearch.pid`, or write the file that it was started with as "
        "`pid_file`"
    ) in why
    assert world.everything() == before
    assert [one.starts_tried() for one in world.nodes] == tried


def test_a_secured_cluster_whose_pid_files_are_gone_is_told_so_by_preview_refresh_and_up(doors):
    world = doors(with_own_allocation())
    done = world.up()
    started_without_a_pid_file(world)
    assert world.changes(done) == ["ProcessNotKnown"] * 3
    [gate] = [line for line in world.context.said if line.startswith("✗")]
    assert gate.startswith("✗ not every node's process is known: es-1 answers at es-1:9301, but its process is not ")
    assert gate.endswith("; do that, then run `up` again")
    assert all("its process is not known" in one.found for one in world.drift(done))
    with pytest.raises(TargetUnreachable, match="not every node's process is known"):
        world.up(done)


def test_a_node_that_systemd_runs_is_not_stopped_by_us_and_the_preview_names_the_key(doors):
    world = doors(open_cluster())
    pid = next(iter(world["es-2"].target.alive()))
    world["es-2"].target.of_unit = f"unit=es.service\nMainPID={pid}\nTransient=no\nabove=1 systemd\n"
    before = world.everything()
    for run in (world.preview, world.up):
        with pytest.raises(ConfigurationRefused) as caught:
            run()
        assert "es-2 could not be started again: not by us, since systemd's unit es.service runs it" in caught.value.why
        assert "write `unit: es.service` into its `machine`" in caught.value.why
    assert world.everything() == before


def test_a_stopped_node_whose_port_is_silent_is_not_asked_who_runs_it(doors):
    world = doors(with_own_allocation())
    world["es-3"].process.ends = world.clock.now().timestamp()
    with pytest.raises(ConfigurationRefused, match="es-3 does not run, and the others do; start it first"):
        world.preview()
    assert not [call for call in world["es-3"].target.ran if "say host" in " ".join(call.argv)]


def place(**machine) -> Node:
    """Return a node of an archive, as the plugin gets it."""
    paths = {"home": "/opt/es", "config": "/opt/es/config", "pid_file": "/opt/es/config/elasticsearch.pid"}
    return Node(
        name="es-1",
        address="10.0.0.1",
        http_port=9200,
        transport_port=9300,
        machine=Machine(node="es-1", **paths, **machine),
    )


@pytest.mark.parametrize(
    ("machine", "found", "told"),
    [
        pytest.param(
            {},
            RunningNode(100, unit="es.service"),
            "/opt/es/config/elasticsearch.pid names none, and systemd's unit es.service runs process 100: write `unit: "
            "es.service` into its `machine`",
            id="a unit that is not written",
        ),
        pytest.param(
            {},
            RunningNode(100, pid_file="/run/es.pid"),
            "/opt/es/config/elasticsearch.pid names none, and process 100 wrote /run/es.pid: write `pid_file: "
            "/run/es.pid` into its `machine`",
            id="another pid file",
        ),
        pytest.param(
            {},
            None,
            "/opt/es/config/elasticsearch.pid names none, and none with the folder /opt/es/config is found there: "
            "correct its `address`, `transport_port` or `machine` in the stack file, or end what has that port",
            id="somebody else has the port",
        ),
        pytest.param(
            {"unit": "es.service"},
            RunningNode(100),
            "systemd's unit es.service runs nothing, and process 100 was started in another way: end it, and start the "
            "node with `systemctl start es.service`",
            id="started by hand, beside its unit",
        ),
        pytest.param(
            {"unit": "old.service"},
            RunningNode(100, unit="es.service"),
            "systemd's unit old.service runs nothing, and systemd's unit es.service runs process 100: write `unit: "
            "es.service` into its `machine`",
            id="another unit than the written one",
        ),
        pytest.param(
            {"container": "es-1"},
            None,
            "container es-1 does not run, and none with the folder /opt/es/config is found there: correct its "
            "`address`, `transport_port` or `machine` in the stack file, or end what has that port",
            id="another container has the port",
        ),
        pytest.param(
            {"commands": Commands(status=("es", "pid"))},
            RunningNode(100),
            "`machine.commands.status` says that it does not run, and process 100 does: correct that command",
            id="a command that is wrong",
        ),
    ],
)
def test_who_does_not_know_it_is_told_and_what_to_write(machine, found, told):
    start = f"es-1 answers at 10.0.0.1:9300, but its process is not known: {told}"
    assert why_unknown(place(**machine), found, START) == start


def test_it_is_told_beside_a_node_that_does_not_run():
    gates = of_nodes_that_are_away(
        cluster(node("es-1"), stopped("es-2", start="go"), stopped("es-3", unknown="es-3 …"))
    )
    assert [str(gate) for gate in gates] == [
        "✗ not every node runs: es-2 does not run; es-3 …; start it, then run `up` again (to start: on es-2 `go`)"
    ]


def test_where_a_restart_or_files_are_refused_for_it_there_is_no_gate():
    unknown = stopped("es-2", unknown="es-2 …")
    assert of_nodes_that_are_away(cluster(outdated("es-1"), unknown)) == ()
    assert of_nodes_that_are_away(cluster(node("es-1"), stopped("es-3", on_disk=False), unknown)) == ()
