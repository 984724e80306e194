"""A run that is refused: what an earlier one stopped runs again, what it held is let go, and the error says so."""

from dataclasses import replace

import pytest

from components.errors import ConfigurationRefused
from components.nodes.cluster_api import ALLOCATION
from components.rollout.handler import ClusterRestartHandler
from components.rollout.preflight import HELD
from components.rollout.procedure import Procedure, consent_is_missing
from components.rollout.steps import Action, files_only, rolling_order
from components.settings.content import Content
from components.settings.scenarios import Scenario
from tests.fakes import failed
from tests.rollout.views import cluster, node, open_node, stopped
from tests.rollout.world import THE_OPERATORS_OWN, THREE, World, assert_as_before, assert_secured, with_own_allocation

NOT_ALLOWED = "this change stops all 3 nodes at once, and that was not allowed"


def killed_at(world: World, text: str):
    """Run, killed before the step that begins so."""
    planned = world.preview().steps
    world.up_killed_before(planned, next(number for number, step in enumerate(planned) if step.startswith(text)))


def down(world: World) -> list[str]:
    return [one.name for one in world.nodes if one.process is None]


@pytest.fixture
def minimal(doors):
    """Return a cluster with passwords and without TLS, and how it lay there."""
    world = doors(with_own_allocation())
    world.scenario = Scenario.MINIMAL
    world.up()
    return world


@pytest.fixture
def rolling(minimal):
    """Return it with a change that takes a rolling restart, which nobody has to allow."""

    def changed(name: str) -> Content:
        content = World.content(minimal, name)
        return content.model_copy(update={"settings": {**content.settings, "xpack.security.authc.token.timeout": "9m"}})

    minimal.content, minimal.consent = changed, False
    return minimal


@pytest.mark.parametrize("at", ["write ", "start ", "wait until es"])
def test_a_node_that_a_rolling_restart_stopped_is_no_consent_to_stop_all_and_runs_again(rolling, at):
    before = {one.name: one.file("elasticsearch.yml").content for one in rolling.nodes}
    killed_at(rolling, at)
    rolling.scenario = Scenario.BASIC
    rolling.fuse.watch(lambda: len(down(rolling)))
    with pytest.raises(ConfigurationRefused, match=NOT_ALLOWED):
        rolling.up()
    assert max(rolling.fuse.notes) <= 1
    assert rolling.cluster.members() == set(THREE)
    assert rolling.cluster.persistent == {ALLOCATION: THE_OPERATORS_OWN}
    if at != "wait until es":  # by then it had joined, and goes on with what was allowed
        assert {one.name: one.file("elasticsearch.yml").content for one in rolling.nodes} == before
        assert rolling.nothing_is_kept()
    rolling.consent = True
    rolling.up()
    assert rolling.runs_with_what_is_wanted()
    assert rolling.nothing_is_kept()


def test_it_says_that_the_node_runs_again_and_does_not_say_that_nothing_was_changed(rolling):
    killed_at(rolling, "start ")
    rolling.scenario = Scenario.BASIC
    with pytest.raises(ConfigurationRefused) as refused:
        rolling.up()
    assert refused.value.next_step == (
        "es-2, which an earlier run had stopped, runs again as it did before; correct what is named, then run again"
    )
    assert rolling.context.warned == ["es-2: an earlier run stopped it; putting it back as it was"]


def test_a_node_that_cannot_be_put_back_is_told_with_why(rolling):
    killed_at(rolling, "start ")
    rolling.scenario = Scenario.BASIC
    rolling["es-2"].target.breaks("write", "es-2/config/elasticsearch.yml")
    with pytest.raises(ConfigurationRefused, match=NOT_ALLOWED) as refused:
        rolling.up()
    assert refused.value.next_step.startswith("es-2, which an earlier run had stopped, could not be put back: cannot")


def test_a_preview_that_is_refused_touches_nothing_and_tells_what_is_held(rolling):
    killed_at(rolling, "flush")
    rolling.scenario = Scenario.BASIC
    before = rolling.everything()
    with pytest.raises(ConfigurationRefused):
        rolling.preview()
    assert rolling.everything() == before
    assert rolling.context.said[-1:] == [
        "! an earlier rollout still keeps replicas from being moved; the next `up` ends that"
    ]


def test_replicas_are_let_go_where_another_node_went_away_meanwhile(rolling):
    killed_at(rolling, "let replicas be moved again")
    rolling["es-3"].target.processes.clear()
    with pytest.raises(ConfigurationRefused, match="es-3 does not run") as refused:
        rolling.up()
    assert refused.value.next_step.startswith(
        "replicas, which an earlier run kept from being moved, may be moved again; "
    )
    assert rolling.cluster.persistent == {ALLOCATION: THE_OPERATORS_OWN}


def test_replicas_are_let_go_where_a_full_stop_that_stopped_nobody_is_not_allowed_any_more(doors):
    world = doors(with_own_allocation())
    before = world.snapshot()
    killed_at(world, "keep the previous")
    world.consent = False
    with pytest.raises(ConfigurationRefused, match=NOT_ALLOWED):
        world.up()
    assert_as_before(world, before)


def test_what_nobody_held_is_not_spoken_of(doors):
    world = doors(with_own_allocation())
    world.consent = False
    with pytest.raises(ConfigurationRefused) as refused:
        world.up()
    assert refused.value.next_step == "nothing was changed by it; correct what is named, then run again"


def test_a_full_stop_whose_nodes_somebody_started_when_one_of_them_was_written_is_finished(doors):
    world = doors(with_own_allocation())
    killed_at(world, "start ")
    world["es-3"].file("elasticsearch.yml").content = world["es-3"].file("essecurity-rollout/elasticsearch.yml").content
    for one in world.nodes:
        one.starts()
    world.consent = False
    world.up()
    assert_secured(world)


@pytest.mark.parametrize(
    ("nodes", "missing"),
    [
        pytest.param((open_node("es-1"), stopped("es-2", in_hand=True, kept_tls=False)), True, id="of a rolling one"),
        pytest.param((open_node("es-1", in_hand=True), stopped("es-2", in_hand=True)), False, id="one has stopped"),
        pytest.param((open_node("es-1", in_hand=True), open_node("es-2", in_hand=True)), True, id="none has stopped"),
        pytest.param((open_node("es-1", in_hand=True), node("es-2", in_hand=True)), False, id="they are parted"),
        pytest.param((stopped("es-1", in_hand=True), stopped("es-2", in_hand=True)), False, id="all have stopped"),
    ],
)
def test_consent_is_needed_where_a_node_would_be_stopped_that_no_full_stop_began_to_stop(nodes, missing):
    assert bool(consent_is_missing(cluster(*nodes, consent=False))) is missing


def test_of_several_nodes_in_hand_one_that_is_down_comes_first_since_the_others_wait_for_it():
    view = cluster(node("es-1", in_hand=True), node("es-2", in_hand=True), stopped("es-3", in_hand=True))
    assert [one.name for one in rolling_order(view)] == ["es-3", "es-1", "es-2"]


def test_a_change_that_is_taken_back_when_one_node_has_stopped_starts_it_first_and_waits_for_nobody(doors):
    world = doors(with_own_allocation())
    world.scenario = Scenario.MINIMAL
    world.up()
    world.scenario = Scenario.BASIC
    killed_at(world, "stop ")
    world["es-3"].target.processes.clear()
    world.scenario, world.consent = Scenario.MINIMAL, False
    began = world.clock.monotonic()
    world.up()
    assert world.clock.monotonic() - began < 250, "rollout.join_timeout is 300 s"
    assert world.cluster.members() == set(THREE)
    assert world.nothing_is_kept()


@pytest.fixture
def held(rolling):
    """Return a cluster whose rolling restart was killed when it held replicas, and then taken back; and its record."""
    killed_at(rolling, "flush")
    del rolling.content
    return rolling


def test_it_is_tidied_up_whatever_keeps_a_restart_from_beginning(held):
    held.cluster.version = "7.17.0"
    assert held.up().procedure == Procedure.TIDYING_UP
    assert held.cluster.persistent == {ALLOCATION: THE_OPERATORS_OWN}


def test_health_is_waited_for_only_where_every_node_runs():
    for nodes, waits in (((node("es-1"), node("es-2")), True), ((node("es-1"), stopped("es-2")), False)):
        steps = files_only(replace(cluster(*nodes), held=True))
        assert (Action.WAIT_HEALTHY in {step.action for step in steps}) is waits


def test_a_node_that_is_away_when_it_is_tidied_up_is_told_of_and_not_waited_for(held):
    held["es-3"].target.processes.clear()
    planned = held.preview()
    assert planned.steps == ("let replicas be moved again",)
    assert "! es-3 does not run: `up` tidies up and does not start it" in held.context.said
    held.up()
    assert held.cluster.persistent == {ALLOCATION: THE_OPERATORS_OWN}


def test_a_cluster_that_will_not_tell_is_a_finding_of_a_refresh_and_stops_no_preview(held, monkeypatch):
    def refused(_):
        raise failed("cluster", "refused to tell its settings")

    done = held.refresh(held.preview())
    monkeypatch.setattr(type(held.cluster), "persistent_settings", refused)
    handler, context = ClusterRestartHandler(), held.context
    [found] = handler.drift(held.recorded(done), context)
    assert (found.kind, found.what) == ("NotLookedAt", "cluster")
    assert held.preview(done).steps == ()


def test_a_cluster_that_is_not_to_run_is_not_asked(held):
    done = held.refresh(held.preview())
    held.running = False
    assert HELD not in held.changes(done)
