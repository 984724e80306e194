"""A run that is refused does nothing, and names what an earlier one left in the middle: a node down, replicas held."""

from dataclasses import replace
from typing import Any

import pytest

from components.errors import ConfigurationRefused
from components.nodes.cluster_api import ALLOCATION, STILL_HELD
from components.rollout.handler import ClusterRestartHandler
from components.rollout.kept import keep
from components.rollout.left_over import KEPT, left_half_way
from components.rollout.procedure import HELD, Procedure
from components.rollout.refusals import consent_is_missing
from components.rollout.steps import Action, files_only, rolling_order
from components.rollout.view import NodeView
from components.settings.content import Content
from components.settings.scenarios import Scenario
from tests.fakes import failed
from tests.rollout.views import cluster, node, open_node, outdated, stopped
from tests.rollout.world import THE_OPERATORS_OWN, THREE, World, assert_secured, open_cluster, with_own_allocation

NOT_ALLOWED = "this change stops all 3 nodes at once, and that was not allowed"


HELD_ON = "an earlier rollout still keeps replicas from being moved, and a run that is not refused ends that"


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


@pytest.mark.parametrize("ask", [World.preview, World.up], ids=["preview", "up"])
@pytest.mark.parametrize("at", ["write ", "start "])
def test_a_node_that_a_rolling_restart_stopped_is_no_consent_to_stop_all_and_is_named(rolling, at, ask):
    rolling.up_killed_at(at)
    rolling.scenario = Scenario.BASIC
    before = rolling.everything()
    with pytest.raises(ConfigurationRefused, match=NOT_ALLOWED) as refused:
        ask(rolling)
    assert rolling.everything() == before
    start = rolling["es-2"].machine.start_command()
    assert refused.value.next_step == (
        "nothing was changed by it; correct what is named, then run again; meanwhile: "
        f"es-2 was stopped by an earlier run, or since, and is down: start it (to start: on es-2 `{start}`); "
        f"{KEPT}; {HELD_ON}"
    )


@pytest.mark.parametrize("by_hand", [True, False], ids=["started by hand", "still down"])
@pytest.mark.parametrize("at", ["write ", "start ", "wait until es", "let replicas"])
def test_the_next_run_that_is_allowed_finishes_it(rolling, at, by_hand):
    rolling.up_killed_at(at)
    rolling.scenario = Scenario.BASIC
    with pytest.raises(ConfigurationRefused, match=NOT_ALLOWED):
        rolling.up()
    if by_hand and rolling["es-2"].process is None:
        rolling["es-2"].starts()
    rolling.consent = True
    rolling.up()
    assert rolling.runs_with_what_is_wanted()
    assert rolling.cluster.persistent == {ALLOCATION: THE_OPERATORS_OWN}
    assert rolling.nothing_is_kept()


def test_a_full_stop_that_stopped_nobody_and_is_not_allowed_any_more_says_what_it_holds(doors):
    world = doors(with_own_allocation())
    world.up_killed_at("keep the previous")
    world.consent = False
    with pytest.raises(ConfigurationRefused, match=NOT_ALLOWED) as refused:
        world.up()
    assert refused.value.next_step.endswith(f"; meanwhile: {HELD_ON}")


def test_a_cluster_that_is_not_ours_any_more_has_its_stopped_node_named_and_is_not_asked():
    view = cluster(node("es-1", secured="by hand", running="other"), stopped("es-2", in_hand=True))

    class Silent:
        def hold_left(self):
            raise AssertionError("nobody has let us in")

    told = left_half_way(view, Silent())
    assert told == f"; meanwhile: es-2 was stopped by an earlier run, or since, and is down: start it; {KEPT}"


def test_nodes_that_can_elect_among_those_that_may_are_a_cluster_whatever_settled_data_nodes_there_are(doors):
    data = ("es-4", "es-5")
    world = doors(open_cluster((*THREE, *data), data_only=data))
    plain = {name: replace(world[name].file("elasticsearch.yml")) for name in THREE}
    world.up()
    for name, file in plain.items():  # and es-4 and es-5 run as they should
        world[name].target.put(world[name].config / "elasticsearch.yml", file)
        world[name].target.processes.clear()
        world[name].starts()
        keep(world[name].machine)
    world["es-2"].target.processes.clear()
    world.consent = False
    with pytest.raises(ConfigurationRefused, match="stops all 5 nodes at once, and that was not allowed"):
        world.up()
    assert world.down() == ["es-2"]


def test_what_nobody_held_is_not_spoken_of(doors):
    world = doors(with_own_allocation())
    world.consent = False
    with pytest.raises(ConfigurationRefused) as refused:
        world.up()
    assert refused.value.next_step == "nothing was changed by it; correct what is named, then run again"


def test_a_full_stop_whose_nodes_somebody_started_when_one_of_them_was_written_is_finished(doors):
    world = doors(with_own_allocation())
    world.up_killed_at("start ")
    world["es-3"].file("elasticsearch.yml").content = world["es-3"].file("essecurity-rollout/elasticsearch.yml").content
    for one in world.nodes:
        one.starts()
    world.consent = False
    world.up()
    assert_secured(world)


def edited(name: str, **changes: Any) -> NodeView:
    """Return a node that runs as recorded, and whose file somebody has edited since."""
    return node(name, on_disk=False, changes=("~ a: 1 → 2",), **changes)


def others_stopped() -> tuple[NodeView, ...]:
    """Return the other nodes, as a full stop that was killed leaves them."""
    return tuple(stopped(name, in_hand=True) for name in ("es-2", "es-3"))


def others_back(count: int = 2) -> tuple[NodeView, ...]:
    """Return so many of the others, as a full stop started them; the stack file has another change by now."""
    names = ("es-2", "es-3")[:count]
    return tuple(outdated(name, in_hand=True, kept_tls=False, restarted=True) for name in names)


DOWN = stopped("es-3", in_hand=True, kept_tls=False, on_disk=False)


@pytest.mark.parametrize(
    ("nodes", "missing"),
    [
        pytest.param((open_node("es-1"), stopped("es-2", in_hand=True, kept_tls=False)), True, id="of a rolling one"),
        pytest.param((open_node("es-1", in_hand=True), stopped("es-2", in_hand=True)), False, id="one has stopped"),
        pytest.param((open_node("es-1", in_hand=True), open_node("es-2", in_hand=True)), True, id="none has stopped"),
        pytest.param((open_node("es-1", in_hand=True), node("es-2", in_hand=True)), False, id="they are parted"),
        pytest.param((stopped("es-1", in_hand=True), stopped("es-2", in_hand=True)), False, id="all have stopped"),
        pytest.param((edited("es-1"), *others_stopped()), True, id="one runs as recorded, and was edited by hand"),
        pytest.param((edited("es-1", in_hand=True), *others_stopped()), False, id="one of them was edited by hand"),
        pytest.param((edited("es-1", in_hand=True),), True, id="the only node was edited by hand"),
        pytest.param((stopped("es-1", in_hand=True, kept_tls=False), *others_back()), True, id="most are up again"),
        pytest.param(
            (stopped("es-1", in_hand=True, kept_tls=False), *others_back(1), DOWN), False, id="one is up again"
        ),
    ],
)
def test_consent_is_needed_where_a_node_would_be_stopped_that_no_full_stop_began_to_stop(nodes, missing):
    assert bool(consent_is_missing(cluster(*nodes, consent=False))) is missing


def test_the_only_node_whose_file_was_edited_by_hand_is_not_stopped_by_what_a_killed_run_began(doors):
    world = doors(open_cluster(("es-1",)))
    world.scenario = Scenario.BASIC
    done = world.up()
    world.scenario = Scenario.BASIC_HTTPS
    world.up_killed_at("stop ")
    world.scenario, world.consent = Scenario.BASIC, False
    file = world["es-1"].file("elasticsearch.yml")
    file.content = file.content.replace(b"xpack.security.enabled: true", b"xpack.security.enabled: false")
    with pytest.raises(ConfigurationRefused, match="stops the only node, es-1, and that was not allowed"):
        world.up(done)
    assert world["es-1"].starts_tried() == 2, "by its operator, and once by us"


@pytest.fixture
def up_again(doors):
    """Return a cluster that a full stop brought up but for one node, which crashed, and whose run was killed then."""
    world = doors(with_own_allocation())
    world.scenario = Scenario.BASIC
    world.up_killed_at("let replicas")
    world["es-1"].target.processes.clear()
    world.scenario, world.consent = Scenario.BASIC_HTTPS, False
    return world


@pytest.mark.parametrize("ask", [World.preview, World.up], ids=["preview", "up"])
def test_a_cluster_that_is_up_again_is_not_stopped_once_more_by_the_consent_of_an_earlier_change(up_again, ask):
    with pytest.raises(ConfigurationRefused, match=NOT_ALLOWED) as refused:
        ask(up_again)
    assert up_again.cluster.members() == {"es-2", "es-3"}
    assert "es-1 was stopped by an earlier run, or since, and is down: start it" in refused.value.next_step


@pytest.mark.parametrize("ask", [World.preview, World.up], ids=["preview", "up"])
def test_a_full_stop_that_stopped_nobody_is_not_begun_by_a_node_that_crashes_later(doors, ask):
    world = doors(with_own_allocation())
    world.up_killed_at("stop ")
    world["es-3"].target.processes.clear()
    world.consent = False
    with pytest.raises(ConfigurationRefused, match=NOT_ALLOWED):
        ask(world)
    assert world.cluster.members() == {"es-1", "es-2"}
    world["es-1"].target.processes.clear()
    ask(world)  # what runs now answers nobody
    assert ask is World.preview or world.runs_with_what_is_wanted()


@pytest.mark.parametrize("way", ["started by hand", "allowed", "the change is taken back"])
def test_it_goes_on_once_the_node_is_started_or_that_is_allowed_or_the_later_change_is_taken_back(up_again, way):
    if way == "started by hand":
        up_again["es-1"].starts()
    if way == "the change is taken back":
        up_again.scenario = Scenario.BASIC
    up_again.consent = way == "allowed"
    up_again.fuse.watch(lambda: len(up_again.down()))
    up_again.up()
    assert max(up_again.fuse.notes) == (3 if way == "allowed" else 1)
    assert_secured(up_again)


def test_of_several_nodes_in_hand_one_that_is_down_comes_first_since_the_others_wait_for_it():
    view = cluster(node("es-1", in_hand=True), node("es-2", in_hand=True), stopped("es-3", in_hand=True))
    assert [one.name for one in rolling_order(view)] == ["es-3", "es-1", "es-2"]


def test_a_change_that_is_taken_back_when_one_node_has_stopped_starts_it_first_and_waits_for_nobody(doors):
    world = doors(with_own_allocation())
    world.scenario = Scenario.MINIMAL
    world.up()
    world.scenario = Scenario.BASIC
    world.up_killed_at("stop ")
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
    rolling.up_killed_at("flush")
    del rolling.content
    return rolling


def test_it_is_tidied_up_whatever_keeps_a_restart_from_beginning(held):
    held.cluster.version = "7.17.0"
    assert held.up().procedure == Procedure.TIDYING_UP
    assert held.cluster.persistent == {ALLOCATION: THE_OPERATORS_OWN}


def test_health_is_waited_for_only_where_every_node_runs():
    for nodes, waits in (((node("es-1"), node("es-2")), True), ((node("es-1"), stopped("es-2")), False)):
        steps = files_only(replace(cluster(*nodes), held=STILL_HELD))
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


@pytest.mark.parametrize("ask", [World.preview, World.up], ids=["preview", "up"])
def test_the_rest_of_a_rollout_starts_no_node_of_a_cluster_that_is_not_to_run(rolling, ask):
    rolling.up_killed_at("write ")
    for one in rolling.nodes:
        one.target.processes.clear()
    rolling.running = False
    with pytest.raises(ConfigurationRefused, match="half-way on es-2, and to finish it starts nodes") as refused:
        ask(rolling)
    assert refused.value.next_step.endswith(f"es-2 was stopped by an earlier run, or since, and is down; {KEPT}")
    assert rolling.down() == list(THREE)
    rolling.running = True
    rolling.up()
    assert rolling.runs_with_what_is_wanted()


@pytest.mark.parametrize("ask", [World.preview, World.up], ids=["preview", "up"])
def test_nodes_of_a_cluster_that_is_not_to_run_are_to_be_stopped_and_none_to_be_started(rolling, ask):
    rolling["es-3"].target.processes.clear()
    rolling.running = False
    with pytest.raises(ConfigurationRefused) as refused:
        ask(rolling)
    assert refused.value.why == (
        "es-1, es-2 run, but the stack file says `cluster.running: false`; remove that line or stop them"
    )


def test_a_cluster_that_is_not_to_run_is_not_asked(held):
    done = held.refresh(held.preview())
    held.running = False
    assert HELD not in held.changes(done)
