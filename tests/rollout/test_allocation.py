"""Allocation is the operator's: what somebody sets while a killed run holds it stays, and is not written over."""

import pytest

from components.nodes.cluster_api import ALLOCATION
from components.settings.scenarios import Scenario
from tests.rollout.world import assert_secured, with_own_allocation


def set_to(world, allocation: str | None):
    world.cluster.persistent.pop(ALLOCATION)
    if allocation is not None:
        world.cluster.persistent[ALLOCATION] = allocation


def left(world) -> str | None:
    """Return what allocation is set to once the rollout is over, and set it to what the other assertions expect."""
    found = world.cluster.persistent.pop(ALLOCATION, None)
    world.cluster.persistent[ALLOCATION] = "new_primaries"
    return found


@pytest.mark.parametrize("theirs", ["none", None], ids=["set", "taken away"])
@pytest.mark.parametrize("at", ["flush", "stop ", "write ", "start ", "let replicas"])
def test_what_somebody_set_since_a_killed_full_stop_held_it_stays(doors, at, theirs):
    world = doors(with_own_allocation())
    world.up_killed_at(at)
    set_to(world, theirs)
    world.up()
    assert left(world) == theirs
    assert_secured(world)


@pytest.mark.parametrize("theirs", ["none", None], ids=["set", "taken away"])
def test_what_somebody_set_since_a_killed_rolling_restart_held_it_stays(doors, theirs):
    world = doors(with_own_allocation())
    world.scenario = Scenario.BASIC
    world.up()
    world.scenario = Scenario.BASIC_HTTPS
    world.up_killed_at("write ")
    set_to(world, theirs)
    seen = []
    world.fuse.watch(lambda: seen.append((bool(world.down()), world.cluster.persistent.get(ALLOCATION))))
    world.up()
    held = seen[next(at for at, (_, allocation) in enumerate(seen) if allocation == "primaries") :]
    assert {allocation for down, allocation in held if down} == {"primaries"}
    assert left(world) == theirs
    assert_secured(world)
