"""The promise of DESIGN §1: killed at any moment, the next `up` finishes the work. Here at every single call."""

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.errors import RolloutHalted
from tests.fakes import Killed, Moment
from tests.rollout.world import (
    World,
    assert_as_before,
    assert_secured,
    with_an_unreadable_key_file,
    with_own_allocation,
)

WHEN = [Moment.HALF, Moment.AFTER]
"""Before a call the world is as after the one before it."""


def up(world: World) -> str:
    """Run once; return why it was halted, empty when it was not."""
    try:
        world.up()
    except RolloutHalted as halted:
        return str(halted)
    return ""


def kill(world: World, at: int, moment: Moment) -> str:
    """Run once and be killed at a call; return which."""
    world.fuse.arm(at, moment)
    with pytest.raises(Killed):
        up(world)
    call = world.fuse.calls[at]
    world.fuse.disarm()
    return f"killed {moment}: call {at}, {call}"


def calls_that_change(world: World) -> list[int]:
    """Run to the end and return the numbers of the calls that changed something anywhere."""
    world.fuse.watch(world.everything)
    up(world)
    world.fuse.look = None
    return world.fuse.changing_calls()


def killed_once(make: Callable[[], World], lead_to, moment: Moment) -> Iterator[tuple[World, str]]:
    """Yield a world for each call that changes something, in which a run was killed at that call."""
    for at in calls_that_change(lead_to(make())):
        world = lead_to(make())
        yield world, kill(world, at, moment)


@pytest.mark.parametrize("pause", [pytest.param(0.1, id="at once"), pytest.param(60.0, id="a minute later")])
@pytest.mark.parametrize("moment", WHEN)
def test_a_full_stop_killed_at_any_call_is_finished_by_the_next_run(doors, moment, pause):
    cases = 0
    for world, case in killed_once(with_own_allocation, doors, moment):
        world.pause = pause
        assert not up(world), case
        assert_secured(world, case)
        cases += 1
    assert cases > 20


@pytest.mark.parametrize("moment", WHEN)
def test_a_killed_run_that_cannot_succeed_is_put_back_by_the_next_one(doors, moment):
    before = with_an_unreadable_key_file().snapshot()
    cases = 0
    for world, case in killed_once(with_an_unreadable_key_file, doors, moment):
        assert "may not read" in up(world), case
        assert_as_before(world, before, case)
        cases += 1
    assert cases > 25


@pytest.mark.parametrize("moment", WHEN)
def test_a_killed_run_whose_cause_is_mended_is_finished_by_the_next_one(doors, moment):
    for world, case in killed_once(with_an_unreadable_key_file, doors, moment):
        world["es-2"].file("certs/transport-key.p12").denied = False
        assert not up(world), case
        assert_secured(world, case)


@given(st.tuples(*[st.integers(0, 250)] * 3), st.sampled_from(WHEN))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_full_stop_killed_three_times_is_finished_by_the_next_run(doors, kills, moment):
    world = doors(with_own_allocation())
    for at in kills:
        world.fuse.arm(at, moment)
        with suppress(Killed):
            up(world)
        world.fuse.disarm()
    assert not up(world)
    assert_secured(world, f"killed {moment} at {kills}")


@pytest.mark.parametrize("step", range(10))
def test_a_full_stop_killed_between_two_steps_does_only_the_rest(doors, step):
    world = doors(with_own_allocation())
    planned = world.preview().steps
    assert len(planned) == 10
    world.up_killed_before(planned, step)
    assert not up(world)
    assert_secured(world, f"killed before: {planned[step]}")
    assert [one.starts_tried() for one in world.nodes] == [2, 2, 2], "by its operator, and once by us"
