"""A rotation of the transport CA is not for a cluster with members that the stack file leaves out."""

from datetime import date

import pytest

from components.errors import ConfigurationRefused
from components.handling import Recorded
from components.rollout.handler import ClusterRestartHandler
from components.rollout.waivers import Waivable, Waiver
from tests.rollout.world import World, with_own_allocation

WHY = (
    "the cluster has es-3, which the stack file does not list: without a leaf of the new CA it will be refused by the "
    "others at its next connection"
)


@pytest.fixture
def secured(doors) -> World:
    """Make a secured cluster of three nodes, of which the stack file lists two."""
    world = doors(with_own_allocation())
    world.last = world.up()
    world.nodes = world.nodes[:2]
    return world


def run(world: World, before: int | None, now: int | None, call: str = "preview"):
    """Preview or run the restart where the restart was last through with one generation, and another one signs now."""
    world.waits = {"transport_generation": now}
    recorded = Recorded(world.wanted().model_copy(update={"transport_generation": before}), world.last)
    context = world._begin()
    return getattr(ClusterRestartHandler(), call)(recorded, world.wanted(), context)


@pytest.mark.parametrize("call", ["preview", "converge"])
@pytest.mark.parametrize(("before", "now"), [(None, 2), (2, 3), (2, None)])
def test_another_transport_ca_is_refused_with_the_members_that_it_would_cut_off(secured, before, now, call):
    with pytest.raises(ConfigurationRefused) as caught:
        run(secured, before, now, call)
    assert (caught.value.what, caught.value.where) == ("the transport CA cannot be rotated", "books")
    assert caught.value.why.startswith(
        f"{WHY} (to go on all the same: `rollout: {{waivers: [{{gate: every_node_is_listed,"
    )
    assert "list it under `nodes`, also where its machine does not answer now" in caught.value.next_step


def test_a_waiver_lets_it_go_on_and_is_told(secured):
    secured.waivers = (Waiver(gate=Waivable.EVERY_NODE_IS_LISTED, until=date(2099, 1, 1)),)
    assert run(secured, None, 2).steps == ()
    assert secured.context.warned == [f"waived until 2099-01-01 (every_node_is_listed): {WHY}"]


@pytest.mark.parametrize(("before", "now"), [(None, None), (2, 2), (None, 1)])
def test_without_another_ca_a_member_that_is_left_out_keeps_nobody(secured, before, now):
    assert run(secured, before, now).steps == ()


def test_a_member_that_was_stopped_is_none_any_more(secured, doors):
    gone = next(one for one in secured.cluster.nodes if one.name == "es-3")
    gone.process.ends = secured.clock.now().timestamp()
    assert run(secured, None, 2).steps == ()


def test_where_every_node_is_listed_or_none_runs_there_is_nobody_to_cut_off(doors):
    world = doors(with_own_allocation())
    world.last = world.up()
    assert run(world, None, 2).steps == ()
    world.nodes = world.nodes[:2]
    for one in world.cluster.nodes:
        one.process.ends = world.clock.now().timestamp()
    world.running = False
    run(world, None, 2)
