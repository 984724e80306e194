"""Waivers: one named thing need not hold, until a day; what is waived is still told."""

from datetime import date

import pytest

from components.errors import ConfigurationRefused
from components.findings import Finding
from components.rollout.waivers import WAIVED_BY, Waivable, Waiver, in_use, unwaived
from tests.rollout.world import with_own_allocation

TODAY = date(2026, 11, 24)
YELLOW = Finding("HealthNotGreen", "health is yellow")
OLD = "Elasticsearch 7.17.29; 8.19 and 9.x are supported"


def until(day: str, gate: Waivable = Waivable.HEALTH_IS_GREEN) -> tuple[Waiver, ...]:
    return (Waiver(gate=gate, until=date.fromisoformat(day)),)


def messages(finding: Finding, waivers: tuple[Waiver, ...]) -> list[str]:
    return [each.message for each in unwaived([finding], waivers, TODAY)]


@pytest.mark.parametrize("day", ["2026-11-24", "2027-01-31"])
def test_a_waiver_covers_its_finding_up_to_and_including_its_day(day):
    assert messages(YELLOW, until(day)) == []
    assert in_use([YELLOW], until(day), TODAY) == (f"waived until {day} (health_is_green): health is yellow",)


def test_after_its_day_it_covers_nothing_and_the_refusal_says_so():
    assert messages(YELLOW, until("2026-11-23")) == [
        "health is yellow (the waiver of health_is_green ended on 2026-11-23)"
    ]
    assert in_use([YELLOW], until("2026-11-23"), TODAY) == ()


def test_a_refusal_that_can_be_waived_says_how():
    assert messages(YELLOW, ()) == [
        "health is yellow (to go on all the same: `rollout: {waivers: [{gate: health_is_green, until: YYYY-MM-DD}]}`)"
    ]


def test_a_waiver_covers_nothing_but_its_own_gate():
    assert len(messages(YELLOW, until("2027-01-31", Waivable.CLOCKS_AGREE))) == 1


@pytest.mark.parametrize("reason", ["NodeNotListed", "NodeAbsent", "HealthRed", "ConsentMissing"])
def test_what_would_cost_data_or_part_nodes_cannot_be_waived(reason):
    every = tuple(Waiver(gate=gate, until=date(2099, 1, 1)) for gate in Waivable)
    assert messages(Finding(reason, "it is so"), every) == ["it is so"]


def test_everything_that_can_be_waived_is_a_reason_of_some_gate():
    assert set(WAIVED_BY.values()) == set(Waivable)


@pytest.fixture
def world(doors):
    """Make a cluster of a version that is not supported, about to be secured."""
    world = doors(with_own_allocation())
    world.cluster.version = "7.17.29"
    return world


def test_a_waived_gate_lets_the_rollout_begin_and_is_told_in_preview_and_up(world):
    world.waivers = until("2026-11-30", Waivable.VERSION_IS_SUPPORTED)
    for run in (world.preview, world.up):
        assert f"✗ {OLD}" in run().gates
        assert world.context.warned[0] == f"waived until 2026-11-30 (version_is_supported): {OLD}"
    assert world.runs_with_what_is_wanted()


def test_the_gate_shuts_again_when_the_waiver_has_ended(world):
    world.waivers = until("2026-11-24", Waivable.VERSION_IS_SUPPORTED)
    world.preview()
    world.clock.sleep(86_400)
    before = world.snapshot()
    with pytest.raises(ConfigurationRefused, match="the waiver of version_is_supported ended on 2026-11-24"):
        world.up()
    assert world.snapshot() == before
