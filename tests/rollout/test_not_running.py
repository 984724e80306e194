"""A node that somebody stopped: a preview says what `up` will make of it, in the same words."""

import pytest

from components.errors import TargetUnreachable
from components.rollout.not_running import of_nodes_that_are_away, refuse_nodes_that_are_away
from tests.rollout.test_a_new_node import with_a_new_machine
from tests.rollout.views import cluster, node, outdated, stopped
from tests.rollout.world import with_own_allocation


def told(*nodes, **options) -> list[str]:
    return [str(gate) for gate in of_nodes_that_are_away(cluster(*nodes, **options))]


def test_a_stopped_node_is_a_shut_gate_in_the_words_with_which_up_ends(doors):
    world = doors(with_own_allocation())
    done = world.up()
    world["es-3"].process.ends = world.clock.now().timestamp()
    assert world.changes(done) == ["NodeNotRunning"]
    said = world.context.said
    with pytest.raises(TargetUnreachable) as caught:
        world.up(done)
    error = caught.value
    assert f"✗ {error.what}: {error.why}; {error.next_step.removesuffix('; nothing was changed by it')}" in said
    assert (error.what, error.why) == ("not every node runs", "es-3 does not run")
    assert error.next_step.startswith("start it, then run `up` again (to start: on es-3 `")
    assert [line for line in said if "Elasticsearch 9.5.3" in line] == ["✓ Elasticsearch 9.5.3 on every node that runs"]
    world.preview(done)
    assert [line for line in world.context.said if line.startswith("✗")] == [
        line for line in said if line.startswith("✗")
    ]
    assert world.context.warned == [], "the gate says it"


def test_a_node_that_only_gets_files_is_told_and_keeps_nobody_from_going_on(doors):
    world = with_a_new_machine(doors)
    gates = world.preview().gates
    assert gates[-1] == "! es-3 does not run: `up` writes files, goes on, and does not start it"
    assert "✓ Elasticsearch 9.5.3 on every node that runs" in gates
    world.up()


def test_several_are_told_in_one_gate():
    assert told(node("es-1"), stopped("es-2"), stopped("es-3")) == [
        "✗ not every node runs: es-2 does not run; es-3 does not run; start them, then run `up` again"
    ]
    assert told(node("es-1"), stopped("es-2", on_disk=False), stopped("es-3")) == [
        "! es-2, es-3 do not run: `up` writes files, goes on, and does not start them"
    ]


@pytest.mark.parametrize(
    ("nodes", "starts"),
    [
        pytest.param((node("es-1"), node("es-2")), True, id="all run"),
        pytest.param((node("es-1"), stopped("es-2")), False, id="none is to run"),
        pytest.param((outdated("es-1"), stopped("es-2")), True, id="a restart refuses it"),
    ],
)
def test_where_that_says_nothing_there_is_no_gate(nodes, starts):
    assert told(*nodes, starts=starts) == []


def test_a_cluster_that_runs_is_refused_nothing():
    refuse_nodes_that_are_away(cluster(node("es-1"), node("es-2")))
