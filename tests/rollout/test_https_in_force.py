"""Where HTTPS is in force nobody logs in in plain text; and every way there, back, and of repair is open."""

from collections.abc import Callable

import pytest

from components.errors import ConfigurationRefused
from components.handling import Recorded
from components.rollout.handler import ClusterRestartHandler, ClusterRestartOutputs
from components.settings.scenarios import Choices, Scenario
from tests.fakes import FakeContext, Killed, Moment
from tests.rollout.world import World, assert_secured, with_own_allocation

HTTPS_IS_ON = b"xpack.security.http.ssl.enabled: true"
HTTPS_IS_OFF = b"xpack.security.http.ssl.enabled: false"
CLEAR = Choices(traffic_in_clear=True)
WHEN = [Moment.HALF, Moment.AFTER]


class Run:
    """Runs of a stack whose record is kept from one run to the next, as the engine keeps it."""

    def __init__(self, world: World, scenario: Scenario) -> None:
        self.world, self.recorded, self.context = world, None, FakeContext(world.clock)
        world.scenario = scenario
        self.up()
        world.cluster.in_clear.clear()

    def up(self) -> ClusterRestartOutputs:
        outputs = ClusterRestartHandler().converge(self.recorded, self.world.wanted(), self._begin())
        self.recorded = Recorded(self.world.wanted(), outputs)
        return outputs

    def preview(self) -> ClusterRestartOutputs:
        return ClusterRestartHandler().preview(self.recorded, self.world.wanted(), self._begin())

    def changes(self) -> list[str]:
        found = ClusterRestartHandler().changes(self.recorded, self.world.wanted(), self._begin())
        return [change.finding.reason for change in found]

    def drift(self) -> list[str]:
        return [str(one) for one in ClusterRestartHandler().drift(self.recorded, self._begin())]

    def _begin(self) -> FakeContext:
        self.world.clock.sleep(60)
        self.context = FakeContext(self.world.clock)
        return self.context


@pytest.fixture
def running(doors) -> Callable[[Scenario], Run]:
    """Make a cluster that is settled in a scenario, with the record of it."""
    return lambda scenario: Run(doors(with_own_allocation()), scenario)


def restarted_by_hand(world: World, *names: str) -> None:
    """Switch HTTPS off by hand."""
    for name in names:
        file = world[name].file("elasticsearch.yml")
        assert HTTPS_IS_ON in file.content
        file.content = file.content.replace(HTTPS_IS_ON, HTTPS_IS_OFF)
        world[name].target.processes.clear()
        world[name].starts()


def kills(run: Callable[[], Run], moment: Moment):
    """Yield a run for each call of its `up`, killed there."""
    whole = run()
    whole.world.fuse.watch(whole.world.everything)
    whole.up()
    whole.world.fuse.look = None
    for at in whole.world.fuse.changing_calls():
        killed = run()
        killed.world.fuse.arm(at, moment)
        with pytest.raises(Killed):
            killed.up()
        killed.world.fuse.disarm()
        yield killed, f"killed {moment} at call {at}"


@pytest.mark.parametrize("moment", WHEN)
def test_the_way_from_basic_to_https_killed_anywhere_is_finished_by_the_next_run(running, moment):
    def climbing() -> Run:
        run = running(Scenario.BASIC)
        run.world.scenario = Scenario.BASIC_HTTPS
        return run

    cases = 0
    for run, case in kills(climbing, moment):
        run.up()
        assert_secured(run.world, case)
        run.world.cluster.in_clear.clear()
        assert (run.changes(), run.world.cluster.in_clear) == ([], []), case
        cases += 1
    assert cases > 20


@pytest.mark.parametrize("moment", WHEN)
def test_https_taken_away_with_consent_and_killed_anywhere_is_finished_by_the_next_run(running, moment):
    def lowering() -> Run:
        run = running(Scenario.BASIC_HTTPS)
        run.world.scenario, run.world.choices = Scenario.BASIC, CLEAR
        return run

    cases = 0
    for run, case in kills(lowering, moment):
        run.up()
        assert run.world.runs_with_what_is_wanted(), case
        assert not [one.name for one in run.world.nodes if one.serves_https], case
        run.world.choices = Choices()
        run.up()
        assert run.changes() == [], case
        cases += 1
    assert cases > 20


def test_a_node_whose_https_was_switched_off_is_repaired_through_those_that_serve_it(running):
    run = running(Scenario.BASIC_HTTPS)
    restarted_by_hand(run.world, "es-1")
    [found] = run.drift()
    assert found.startswith("es-1: process: runs with the recorded configuration → was started with other files")
    assert [step for step in run.preview().steps if step.startswith("stop")] == ["stop es-1"]
    run.up()
    assert_secured(run.world)
    assert (run.world.cluster.in_clear, run.changes()) == ([], [])


def test_where_no_node_serves_https_any_more_nobody_logs_in_and_the_refusal_says_what_helps(running):
    run = running(Scenario.BASIC_HTTPS)
    restarted_by_hand(run.world, "es-1", "es-2", "es-3")
    before = run.world.snapshot()
    assert len(run.drift()) == 3
    for attempt in (run.preview, run.up):
        with pytest.raises(ConfigurationRefused) as refused:
            attempt()
        assert "es-1, es-2, es-3 answer in plain text although HTTPS is in force" in refused.value.why
        assert "`xpack.security.http.ssl.enabled: true`" in refused.value.why
        assert "elasticsearch-security:consent: {traffic_in_clear: true}" in refused.value.why
    assert (run.world.cluster.in_clear, run.world.snapshot()) == ([], before)


def test_with_consent_they_are_repaired_and_without_it_the_next_run_finds_nothing_to_do(running):
    run = running(Scenario.BASIC_HTTPS)
    restarted_by_hand(run.world, "es-1", "es-2", "es-3")
    run.world.choices = CLEAR
    run.up()
    assert_secured(run.world)
    assert run.world.cluster.in_clear
    run.world.choices = Choices()
    run.world.cluster.in_clear.clear()
    run.up()
    assert (run.changes(), run.world.cluster.in_clear) == ([], [])


def test_where_nothing_is_due_a_plan_says_that_the_cluster_was_not_asked(running):
    run = running(Scenario.BASIC_HTTPS)
    for one in run.world.nodes:  # what listens there is not the node
        one.process.settings["xpack.security.http.ssl.enabled"] = False
    assert run.changes() == []
    assert run.context.said == [
        "! how the cluster is could not be found out: es-1, es-2, es-3 answer in plain text although HTTPS is in "
        "force, so no password was sent there"
    ]
    assert run.world.cluster.in_clear == []


def test_https_that_was_never_in_force_is_reached_in_plain_text(doors):
    world = doors(with_own_allocation())
    world.up()
    assert world.cluster.in_clear
    assert_secured(world)
