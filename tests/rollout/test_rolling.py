"""A change that nodes read at their start only, on a secured cluster: one node after the other, the master last."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.errors import ConfigurationRefused, RolloutHalted
from components.nodes.cluster_api import ALLOCATION
from components.rollout.procedure import Procedure
from components.rollout.waivers import Waivable, Waiver
from components.settings.scenarios import Choices, Scenario
from tests.fakes import Killed, Moment
from tests.rollout.world import THE_OPERATORS_OWN, World, assert_secured, open_cluster, with_own_allocation

HTTP_TLS = "xpack.security.http.ssl.enabled"
HTTP_PASSWORD = "xpack.security.http.ssl.keystore.secure_password"


@pytest.fixture
def basic(doors):
    """Make a cluster that runs with scenario basic, and whose stack now wants HTTPS as well."""

    def make() -> World:
        world = doors(with_own_allocation())
        world.scenario = Scenario.BASIC
        world.up()
        assert world.runs_with_what_is_wanted()
        world.scenario, world.consent = Scenario.BASIC_HTTPS, False
        return world

    return make


def run_and_watch(world: World) -> list[list[str]]:
    """Run once, and return which nodes were down at each call."""
    world.fuse.watch(lambda: world.down())
    world.up()
    world.fuse.look = None
    return world.fuse.notes


def test_every_node_is_restarted_one_at_a_time_and_the_elected_master_last(basic):
    world = basic()
    seen = [names for names in run_and_watch(world) if names]
    assert_secured(world)
    assert max(map(len, seen)) == 1
    assert list(dict.fromkeys(name for [name] in seen)) == ["es-2", "es-3", "es-1"]


def test_replicas_are_kept_from_being_moved_whenever_a_node_is_down(basic):
    world = basic()
    world.fuse.watch(lambda: (bool(world.down()), world.cluster.persistent[ALLOCATION]))
    world.up()
    assert set(world.fuse.notes) == {(False, THE_OPERATORS_OWN), (False, "primaries"), (True, "primaries")}


def test_what_is_planned_is_what_is_done_and_needs_no_consent(basic):
    world = basic()
    planned = world.preview()
    done = world.up()
    assert (planned.procedure, done.procedure) == (Procedure.ROLLING, Procedure.ROLLING)
    assert planned.steps == done.steps
    assert [step for step in done.steps if step.startswith(("stop", "start"))] == [
        "stop es-2",
        "start es-2",
        "stop es-3",
        "start es-3",
        "stop es-1",
        "start es-1",
    ]
    assert world.preview(done).steps == ()
    assert world.changes(done) == []


@pytest.mark.parametrize("moment", [Moment.HALF, Moment.AFTER])
def test_a_rolling_restart_killed_at_any_call_is_finished_node_by_node(basic, moment):
    world = basic()
    world.fuse.watch(world.everything)
    world.up()
    world.fuse.look = None
    calls = world.fuse.changing_calls()
    assert len(calls) > 20
    for at in calls:
        world = basic()
        world.fuse.arm(at, moment)
        with pytest.raises(Killed):
            world.up()
        case = f"killed {moment}: {world.fuse.calls[at]}"
        assert len(world.down()) <= 1, case
        assert all(len(names) <= 1 for names in run_and_watch(world)), case
        assert_secured(world, case)


@pytest.mark.parametrize("step", range(30))
def test_a_rolling_restart_killed_between_two_steps_does_only_the_rest(basic, step):
    world = basic()
    planned = world.preview().steps
    assert len(planned) == 30
    world.up_killed_before(planned, step)
    assert all(len(names) <= 1 for names in run_and_watch(world)), f"killed before: {planned[step]}"
    assert_secured(world, f"killed before: {planned[step]}")
    assert [one.starts_tried() for one in world.nodes] == [3, 3, 3], "once by its operator, and once for each scenario"


@given(st.tuples(*[st.integers(0, 400)] * 3), st.sampled_from([Moment.HALF, Moment.AFTER]))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_rolling_restart_killed_three_times_is_finished_by_the_next_run(basic, kills, moment):
    world = basic()
    for at in kills:
        world.fuse.arm(at, moment)
        with suppress(Killed):
            world.up()
        assert len(world.down()) <= 1
        world.fuse.disarm()
    assert all(len(names) <= 1 for names in run_and_watch(world))
    assert_secured(world, f"killed {moment} at {kills}")


def test_a_node_that_does_not_come_up_is_put_back_and_no_other_is_touched(basic):
    world = basic()
    before = world["es-1"].process
    world["es-3"].file("certs/http-key.p12").denied = True
    with pytest.raises(RolloutHalted) as halted:
        world.up()
    assert halted.value.where == "es-3"
    assert "the previous files of es-3 are back, it runs as before, and the rollout goes no further" in str(
        halted.value
    )
    assert "may not read" in halted.value.why
    assert world.down() == []
    assert "xpack.security.http.ssl.enabled" in world["es-2"].process.settings
    assert "xpack.security.http.ssl.enabled" not in world["es-3"].process.settings
    assert world["es-1"].process is before
    assert world.nothing_is_kept()
    world["es-3"].file("certs/http-key.p12").denied = False
    world.up()
    assert_secured(world)


def test_no_single_failure_takes_two_nodes_down_or_leaves_one_half_way(basic):
    whole = basic()
    whole.fuse.disarm()
    whole.up()
    failures = 0
    for at in range(len(whole.fuse.calls)):
        world = basic()
        world.fuse.arm(at, Moment.FAILS)
        case = f"call {at} failed: {whole.fuse.calls[at]}"
        try:
            world.up()
        except Exception:  # noqa: BLE001 (whatever it is: the cluster is what counts here)
            failures += 1
        world.fuse.disarm()
        assert world.down() == [], case
        world.up()
        assert_secured(world, case)
    assert failures > 50


def test_nothing_begins_while_a_shard_lacks_its_second_copy(basic):
    world = basic()
    world.cluster.sick = True
    before = world.snapshot()
    with pytest.raises(ConfigurationRefused, match="health is yellow"):
        world.preview()
    with pytest.raises(ConfigurationRefused, match="some shard could be without any copy"):
        world.up()
    assert world.snapshot() == before


def test_a_single_node_cannot_be_rolled_and_its_stop_needs_consent(doors):
    world = doors(open_cluster(("es-1",)))
    world.scenario = Scenario.BASIC
    world.up()
    world.scenario, world.consent = Scenario.BASIC_HTTPS, False
    with pytest.raises(ConfigurationRefused, match="stops the only node, es-1, and that was not allowed"):
        world.up()


def test_progress_says_which_node_of_how_many_and_what_it_waits_for_since_when(basic):
    world = basic()
    world.up()
    shown = world.context.shown
    assert "node 1 of 3, es-2: stop es-2" in shown
    assert "node 3 of 3, es-1: start es-1" in shown
    waits = [text for text in shown if "not joined yet" in text or "does not answer" in text]
    assert waits
    assert all(text.startswith("node ") and " s of at most " in text for text in waits)


def stops(world: World) -> list[str]:
    """Return which nodes were stopped, in every run."""
    shown = [text for context in world.contexts for text in context.shown]
    return [text.rpartition(" ")[2] for text in shown if ": stop es-" in text and text.startswith("node ")]


@pytest.fixture
def sickened(basic):
    """Return a cluster in whose rolling restart shards stay away once the first node, es-2, is down."""
    world = basic()
    world.waits = {"health_timeout": 1200}

    def shards_stay_away_once_a_node_is_down():
        world.cluster.sick |= bool(world.down())

    world.fuse.watch(shards_stay_away_once_a_node_is_down)
    return world


@pytest.fixture
def halted(sickened):
    """Return it after it halted for that."""
    with pytest.raises(RolloutHalted, match=r"`rollout\.health_timeout`") as stopped:
        sickened.up()
    assert "the cluster did not become healthy in time" in stopped.value.what
    assert sickened.context.warned == [], "nothing is put back"
    sickened.fuse.look = None
    return sickened


def test_a_rolling_restart_stops_no_other_node_while_shards_have_not_come_back_as_long_as_the_stack_file_says(halted):
    assert [text for text in halted.context.shown if text.endswith("s of at most 1200 s)")]
    assert stops(halted) == ["es-2"]
    assert halted.nothing_is_kept()


def test_the_next_run_stops_no_other_node_either_before_shards_have_come_back(halted):
    with pytest.raises(ConfigurationRefused, match="health is yellow"):
        halted.up()
    assert stops(halted) == ["es-2"]
    halted.cluster.sick = False
    halted.up()
    assert stops(halted) == ["es-2", "es-3", "es-1"]
    assert_secured(halted)


def test_the_next_run_goes_on_without_them_where_a_person_waived_that(halted):
    halted.waivers = (Waiver(gate=Waivable.HEALTH_IS_GREEN, until=halted.clock.now().date()),)
    halted.up()
    assert stops(halted) == ["es-2", "es-3", "es-1"]


def test_an_interrupted_run_does_not_wait_until_shards_have_come_back(sickened):
    began = sickened.clock.monotonic()
    said = sickened.up_interrupted_at("node 1 of 3, es-2: wait until health is as good as before")
    assert "the run was interrupted while it waited for health" in said
    assert "no node is down for this restart" in said
    assert sickened.context.warned == []
    assert sickened.clock.monotonic() - began < sickened.waits["health_timeout"] / 2
    assert (sickened.down(), sickened.nothing_is_kept()) == ([], True)
    sickened.fuse.look, sickened.cluster.sick = None, False
    sickened.up()
    assert_secured(sickened)


def test_a_node_that_is_stopped_next_waits_until_shards_that_went_astray_meanwhile_are_back(basic):
    """As after a rollover between two nodes: health is yellow for a while, although the node before is well."""
    world = basic()
    astray = {"since": None}

    def for_a_minute_once_the_second_node_is_begun():
        if astray["since"] is None and any(text.startswith("node 2 of 3") for text in world.context.shown):
            astray["since"] = world.clock.monotonic()
        world.cluster.sick = astray["since"] is not None and world.clock.monotonic() < astray["since"] + 60
        assert not (world.cluster.sick and world.down())

    world.fuse.watch(for_a_minute_once_the_second_node_is_begun)
    world.up()
    assert astray["since"] is not None
    assert stops(world) == ["es-2", "es-3", "es-1"]
    assert_secured(world)


@pytest.mark.parametrize("name", ["es-2", "es-1"], ids=["that was restarted", "that was not"])
def test_no_node_is_stopped_while_another_one_is_away_although_health_is_green_without_it(basic, name):
    world = basic()
    world.cluster.rebuilds, crashed = True, []

    def it_goes_away_once_the_first_is_back():
        if not crashed and stops(world) == ["es-2"] and world.nothing_is_kept() and not world.down():
            crashed.append(name)
            world[name].target.processes.clear()

    world.fuse.watch(it_goes_away_once_the_first_is_back)
    with pytest.raises(RolloutHalted, match=f"{name} is away"):
        world.up()
    assert (crashed, world.down(), stops(world)) == ([name], [name], ["es-2"])


def test_a_node_that_is_to_be_restarted_is_not_waited_for_before_that(basic):
    """It may not be able to join with what it runs with, or has ended since somebody looked."""
    world = basic()
    world.cluster.rebuilds, ended = True, []

    def it_ends_as_its_turn_comes():
        if not ended and any(text.startswith("node 2 of 3, es-3: once health") for text in world.context.shown):
            ended.append("es-3")
            world["es-3"].target.processes.clear()

    world.fuse.watch(it_ends_as_its_turn_comes)
    world.up()
    assert ended == ["es-3"]
    assert_secured(world)


def test_a_run_that_was_killed_once_it_held_allocation_is_not_kept_from_going_on_by_that(basic):
    world = basic()
    planned = world.preview().steps
    world.cluster.stray = True
    world.up_killed_before(planned, 1)
    assert world.cluster.persistent[ALLOCATION] == "primaries"
    assert world.cluster.summary().status == "yellow"
    world.up()
    assert_secured(world)


def test_a_node_that_is_back_is_not_stopped_again_because_another_one_went_away(basic):
    world = basic()

    def another_one_crashes_while_the_first_is_down():
        if world.down() == ["es-2"]:
            world["es-3"].target.processes.clear()

    world.fuse.watch(another_one_crashes_while_the_first_is_down)
    with pytest.raises(RolloutHalted, match="es-2 has joined again, and es-3 is away") as stopped:
        world.up()
    assert "nothing was put back" in stopped.value.why
    assert (world.down(), stops(world), world.nothing_is_kept()) == (["es-3"], ["es-2"], True)
    assert world.cluster.persistent[ALLOCATION] == THE_OPERATORS_OWN
    world.fuse.look = None
    with pytest.raises(ConfigurationRefused, match="es-3 does not run"):
        world.up()
    assert (world.down(), stops(world)) == (["es-3"], ["es-2"])


def test_an_interrupted_rolling_restart_finishes_the_node_in_hand_and_begins_no_other(basic):
    world = basic()
    said = world.up_interrupted_at("node 1 of 3, es-2: stop es-2")
    assert "node 2 of 3, es-3: the rolling restart was interrupted between two nodes" in said
    assert world.down() == []
    assert world.nothing_is_kept()
    done = world.up()
    assert [step for step in done.steps if step.startswith("stop")] == ["stop es-3", "stop es-1"]
    assert_secured(world)


def test_with_consent_https_is_taken_away_node_by_node_with_its_entries_in_the_keystore(basic):
    world = basic()
    world.up()
    assert all(HTTP_PASSWORD in one.keystore.entries() for one in world.nodes)
    world.scenario, world.choices = Scenario.BASIC, Choices(traffic_in_clear=True)
    planned = world.preview()
    assert f"es-1: − {HTTP_TLS}: true" in planned.reasons[0].partition(",")[0]
    assert f"− keystore entry {HTTP_PASSWORD}" in planned.reasons[0]
    assert "! from then on clients need http:// (nothing is encrypted any more)" in planned.gates
    seen = [names for names in run_and_watch(world) if names]
    assert max(map(len, seen)) == 1
    assert world.runs_with_what_is_wanted()
    assert not [one.name for one in world.nodes if HTTP_PASSWORD in one.keystore.entries()]
    assert not [one.name for one in world.nodes if HTTP_TLS in one.settings()]
