"""How long a run took, as people and machines are told it."""

import pytest

from stacks.times import ROLLOUT, Times, steps_of_rollout
from tests.stacks.seen import restart, trust

PHASES = {"settings": 0.3, ROLLOUT: 38.0, "waves": 0.04}
STEPS = {"stop es-1": 12.0, "start es-1": 25.0}


def test_steps_stand_beneath_their_rollout_and_what_took_no_time_is_left_out():
    lines = [("settings", 0.3), (ROLLOUT, 38.0), ("  stop es-1", 12.0), ("  start es-1", 25.0)]
    assert Times(45, PHASES, STEPS).lines() == lines
    assert list(Times(45, PHASES, STEPS).data().items()) == [*lines, ("waves", 0.04)]


def test_the_only_step_of_a_rollout_is_not_told_again():
    only = {"write elasticsearch.yml and keystore of es-1": 38.0}
    assert [name for name, _ in Times(45, PHASES, only).lines()] == ["settings", ROLLOUT]


@pytest.mark.parametrize(
    ("total", "remark"), [(38.0, "some of it side by side"), (40.0, "the engine's own work among it")]
)
def test_it_is_said_why_the_lines_are_more_or_less_than_the_total(total, remark):
    assert Times(total, PHASES).remark == remark


def test_a_step_that_came_for_each_node_counts_in_all_and_an_earlier_rollout_does_not():
    timed = [{"step": step, "seconds": seconds} for step, seconds in (("flush", 1.5), ("stop", 2.0), ("flush", 3.5))]
    assert steps_of_rollout([trust("es-1"), restart("update", timedSteps=timed)]) == {"flush": 5.0, "stop": 2.0}
    assert steps_of_rollout([restart("same", timedSteps=timed)]) == {}
