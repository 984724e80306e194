"""What an earlier rollout left over is let go of first, and stands for nothing: no consent, no way back, no hold."""

import pytest

from components.errors import ConfigurationRefused, RolloutHalted, TargetUnreachable
from components.nodes.cluster_api import ALLOCATION, ClusterSummary
from components.rollout.kept import LET_GO
from components.rollout.left_over import as_the_cluster_knows, left_over, still_held
from components.rollout.preflight import Gate, Sign
from components.rollout.procedure import HELD, Procedure, reasons
from components.rollout.steps import Action, full_stop, plan
from components.settings.scenarios import Scenario
from tests.fakes import Killed
from tests.rollout.views import cluster, node, open_node, outdated, pairs, stopped
from tests.rollout.world import (
    THE_OPERATORS_OWN,
    THREE,
    assert_as_before,
    assert_secured,
    open_cluster,
    with_own_allocation,
)

FIVE = (*THREE, "es-4", "es-5")
BACK = {"in_hand": True, "kept_tls": False, "restarted": True}
"""Of a node that is back since something was kept of it."""


@pytest.fixture
def untidy(doors):
    """Return a cluster that a full stop secured, by a consent that is gone now; es-2 and es-3 were not tidied up."""
    world = doors(with_own_allocation())
    world.scenario = Scenario.BASIC
    for name in ("es-2", "es-3"):
        world[name].target.breaks("run", LET_GO)
    with pytest.raises(RolloutHalted, match="2 nodes failed"):
        world.up()
    assert [one.speaks_tls for one in world.nodes] == [True, True, True]
    manifest = "essecurity-rollout/manifest.json"
    assert [one.name for one in world.nodes if one.config / manifest in one.target.files] == ["es-2", "es-3"]
    world.consent = False
    return world


def test_a_later_change_is_a_rolling_restart_although_the_earlier_one_was_a_full_stop(untidy):
    untidy.scenario = Scenario.BASIC_HTTPS
    planned = untidy.preview()
    assert planned.procedure == Procedure.ROLLING
    assert planned.steps[0] == "remove what was kept of es-2, es-3"
    assert "! from then on clients need https:// and the CA (output caCertificatePem)" in planned.gates
    untidy.fuse.watch(lambda: len(untidy.down()))
    untidy.up()
    assert max(untidy.fuse.notes) == 1
    assert_secured(untidy)


def test_an_earlier_consent_does_not_stand_for_a_later_full_stop(untidy):
    untidy.scenario = Scenario.MINIMAL
    with pytest.raises(ConfigurationRefused, match="this change stops all 3 nodes at once, and that was not allowed"):
        untidy.up()
    assert untidy.down() == []
    assert [one.speaks_tls for one in untidy.nodes] == [True, True, True]


def test_a_node_is_put_back_to_how_it_ran_before_the_later_change_and_no_further(untidy):
    secured = {name: untidy[name].file("elasticsearch.yml").content for name in THREE}
    untidy.scenario = Scenario.BASIC_HTTPS
    untidy["es-2"].file("certs/http-key.p12").denied = True
    with pytest.raises(RolloutHalted, match="the previous files of es-2 are back, it runs as before"):
        untidy.up()
    assert {name: untidy[name].file("elasticsearch.yml").content for name in THREE} == secured
    assert untidy.cluster.members() == set(THREE)
    assert untidy.nothing_is_kept()


def test_where_nothing_else_is_due_it_is_only_tidied_up(untidy):
    done = untidy.up()
    assert (done.procedure, done.steps) == (Procedure.TIDYING_UP, ("remove what was kept of es-2, es-3",))
    assert untidy.nothing_is_kept()


@pytest.fixture
def held(doors):
    """Return a cluster whose rolling restart was killed before its first stop, and then given up; and its record."""
    world = doors(with_own_allocation())
    world.scenario = Scenario.BASIC
    done = world.up()
    world.scenario, world.consent = Scenario.BASIC_HTTPS, False
    world.up_killed_before(world.preview().steps, 1)
    assert world.cluster.persistent[ALLOCATION] == "primaries"
    world.scenario = Scenario.BASIC
    return world, done


def test_replicas_that_a_killed_run_holds_are_told_of_by_a_plan_and_a_refresh_and_let_go_by_the_next_run(held):
    world, done = held
    assert world.changes(done) == [HELD]
    assert "! an earlier rollout still keeps replicas from being moved; the next `up` ends that" in world.context.said
    [found] = world.drift(done)
    assert (found.what, found.kind, found.next) == ("rollout", "RolloutUnfinished", "`up` finishes it")
    planned = world.preview(done)
    assert planned.steps == ("let replicas be moved again", "wait until health is as good as before")
    assert planned.reasons == ("an earlier rollout still keeps replicas from being moved",)
    world.up(done)
    assert world.cluster.persistent == {ALLOCATION: THE_OPERATORS_OWN}
    assert world.changes(done) == []


def test_of_replicas_that_somebody_has_set_anew_since_nobody_says_that_they_are_still_held(held):
    world, done = held
    world.cluster.persistent[ALLOCATION] = "all"
    noted = "allocation is what somebody set since, but an earlier rollout's note is still in the cluster's settings"
    assert world.changes(done) == [HELD]
    assert [line for line in world.context.said if "rollout" in line] == [f"! {noted}; the next `up` ends that"]
    assert [found.found for found in world.drift(done)] == [noted]
    planned = world.preview(done)
    assert planned.reasons == (noted,)
    assert planned.steps == ("take an earlier rollout's note out of the cluster's settings",)
    world.up(done)
    assert world.cluster.persistent == {ALLOCATION: "all"}
    assert world.changes(done) == []


def test_of_a_cluster_that_does_not_answer_nobody_says_that_it_holds_replicas(held):
    world, done = held
    for one in world.nodes:
        one.target.processes.clear()
    assert HELD not in world.changes(done)


def test_a_node_that_was_told_to_stop_and_is_still_ending_comes_first_and_never_are_two_away(doors):
    world = doors(with_own_allocation())
    world.scenario = Scenario.BASIC
    world.up()
    world.scenario, world.consent = Scenario.BASIC_HTTPS, False
    ending = world["es-2"].process
    ending.takes = 90

    def while_it_ends():
        if ending.ends is not None:
            raise Killed

    world.fuse.watch(while_it_ends)
    with pytest.raises(Killed):
        world.up()
    assert world.down() == []
    world.pause = 1
    world.fuse.watch(lambda: len([one for one in world.nodes if one.name not in world.cluster.members()]))
    world.up()
    assert max(world.fuse.notes) == 1
    assert_secured(world)


@pytest.mark.parametrize(
    ("nodes", "members"),
    [
        pytest.param((node("es-1", **BACK), outdated("es-2", in_hand=True)), THREE, id="one was not stopped yet"),
        pytest.param((node("es-1", **BACK), node("es-2")), ("es-2",), id="it has not joined"),
        pytest.param((node("es-1", **BACK), stopped("es-2", in_hand=True)), THREE, id="one does not run"),
        pytest.param((node("es-1"), node("es-2")), THREE, id="nothing is kept"),
    ],
)
def test_what_is_in_the_middle_of_something_stays_in_hand(nodes, members):
    view = cluster(*nodes)
    assert left_over(view, members, held=True) == view


def test_what_runs_and_has_joined_is_in_hand_no_more_even_where_another_node_is_away():
    view = left_over(cluster(outdated("es-1", **BACK), stopped("es-2")), ("es-1", "es-3"), held=True)
    assert [(one.in_hand, one.kept_tls, one.left_files) for one in view.nodes] == [
        (False, None, True),
        (False, None, False),
    ]


def test_it_is_let_go_of_before_anything_is_kept_anew():
    for of, procedure in ((outdated, Procedure.ROLLING), (open_node, Procedure.FULL_STOP)):
        view = left_over(cluster(*(of(name, **BACK) for name in THREE)), THREE, held=True)
        first, *rest = pairs(plan(view))
        assert first == (Action.DISCARD_PREVIOUS, THREE), procedure
        kept = [nodes for action, nodes in rest if action is Action.KEEP_PREVIOUS]
        assert sorted(name for nodes in kept for name in nodes) == list(THREE), procedure


def test_a_restart_lets_replicas_go_itself():
    found = (Gate(HELD, Sign.MIND, "held"),)
    assert not still_held(cluster(outdated("es-1"), node("es-2")), found).held
    view = still_held(cluster(node("es-1"), node("es-2")), found)
    assert [one.reason for one in reasons(view)] == [HELD]


def test_a_cluster_that_does_not_answer_leaves_in_hand_what_is():
    class Silent:
        def summary(self):
            raise TargetUnreachable("nobody answers", where="cluster", why="refused", next_step="start a node")

    view = cluster(node("es-1", **BACK), node("es-2", **BACK))
    assert as_the_cluster_knows(view, Silent()) == view


def test_a_full_stop_that_stopped_nobody_yet_asks_for_consent_again_and_one_that_did_is_finished(doors):
    world = doors(with_own_allocation())
    world.up_killed_at("stop ")
    world.consent = False
    with pytest.raises(ConfigurationRefused, match="this change stops all 3 nodes at once"):
        world.up()
    assert world.down() == []
    world.consent = True
    world.up_killed_at("write ")
    world.consent = False
    assert world.down() == list(THREE)
    world.up()
    assert_secured(world)


def test_a_full_stop_whose_nodes_were_told_to_stop_and_are_all_still_ending_is_finished(doors):
    world = doors(with_own_allocation())
    world.up_killed_at("stop ")
    for one in world.nodes:
        one.process.ends = world.clock.now().timestamp() + 30
    assert world.down() == []
    world.pause = 1
    world.up()
    assert_secured(world)


@pytest.fixture
def joined(doors):
    """Return a cluster whose full stop was killed before it tidied up, and whose consent is gone."""
    world = doors(with_own_allocation())
    world.scenario = Scenario.BASIC
    world.up_killed_at("remove what was kept")
    world.consent = False
    return world


def test_once_all_had_joined_a_node_that_crashed_since_is_brought_back_alone_and_takes_nobody_with_it(joined):
    """As after a connection that broke when it was tidied up, and then an outage of one node."""
    world = joined
    world["es-2"].target.processes.clear()
    world.scenario = Scenario.BASIC_HTTPS
    planned = world.preview()
    assert planned.procedure == Procedure.ROLLING
    assert next(step for step in planned.steps if step.startswith("start ")) == "start es-2"
    world.fuse.watch(lambda: len(world.down()))
    world.up()
    assert max(world.fuse.notes) == 1
    assert_secured(world)


def test_once_all_had_joined_a_node_that_starts_no_more_puts_nobody_back_to_plain(joined):
    world = joined
    world["es-3"].target.processes.clear()
    world["es-3"].file("certs/transport-key.p12").denied = True
    world.fuse.watch(lambda: len(world.down()))
    with pytest.raises(RolloutHalted, match="nothing was put back"):
        world.up()
    assert max(world.fuse.notes) == 1
    assert [one.speaks_tls for one in world.nodes if one.process] == [True, True]
    assert world.cluster.persistent == {ALLOCATION: THE_OPERATORS_OWN}


def test_a_node_that_is_down_while_replicas_are_held_is_in_the_middle_of_a_full_stop():
    class Cluster:
        def __init__(self, held):
            self.held = held

        def hold_left(self):
            return self.held

        def summary(self):
            return ClusterSummary("yellow", frozenset({"es-1", "es-2"}), "es-1", 0, 0, 0)

    view = cluster(node("es-1", **BACK), node("es-2", **BACK), stopped("es-3", in_hand=True, kept_tls=False))
    assert as_the_cluster_knows(view, Cluster(held=True)) == view
    assert [one.in_hand for one in as_the_cluster_knows(view, Cluster(held=False)).nodes] == [False, False, True]


@pytest.mark.parametrize("name", THREE)
def test_once_all_had_joined_a_node_that_runs_and_is_no_member_puts_nobody_back_to_plain(joined, name):
    """As after a partition, or while it hangs: nobody is down, and the stack file is the same."""
    joined.cluster.unseen.add(name)
    joined.fuse.watch(lambda: len(joined.down()))
    with pytest.raises(RolloutHalted, match="nothing was put back"):
        joined.up()
    assert max(joined.fuse.notes) == 0
    assert [one.speaks_tls for one in joined.nodes] == [True, True, True]
    joined.cluster.unseen.clear()
    joined.up()
    assert_secured(joined)


@pytest.mark.parametrize("consent", [False, True], ids=["not allowed", "allowed"])
def test_nodes_that_all_run_as_they_should_and_do_not_form_a_cluster_are_put_back_with_consent_alone(doors, consent):
    world = doors(with_own_allocation())
    before = world.snapshot()
    world.up_killed_at("wait until")
    world.cluster.unseen = set(THREE)
    world.consent = consent
    with pytest.raises(RolloutHalted) as halted:
        world.up()
    assert ("nothing was put back" in halted.value.what) is not consent
    assert ("consent: {full_cluster_restart: true}" in halted.value.next_step) is not consent
    if consent:
        assert_as_before(world, before)
        return
    assert world.down() == []
    world.cluster.unseen = set()
    world.up()
    assert_secured(world)


def test_a_put_back_that_fails_in_a_rolling_restart_lets_replicas_go(doors):
    world = doors(with_own_allocation())
    world.scenario = Scenario.BASIC
    world.up()
    world.scenario, world.consent = Scenario.BASIC_HTTPS, False
    world["es-2"].file("certs/http-key.p12").denied = True
    world["es-2"].target.breaks("write", "es-2/config/elasticsearch.yml", after=1)
    with pytest.raises(RolloutHalted, match="did not succeed either"):
        world.up()
    assert world.down() == ["es-2"]
    assert world.cluster.persistent == {ALLOCATION: THE_OPERATORS_OWN}


def test_of_nodes_that_are_parted_by_tls_none_is_let_go_of_although_nothing_is_held():
    """As where machines came up again in the middle of a full stop: es-1 with TLS, and the others without."""
    others = (open_node(name, in_hand=True, kept_tls=False, restarted=True) for name in ("es-2", "es-3"))
    view = cluster(node("es-1", **BACK), *others)
    assert left_over(view, ("es-2", "es-3"), held=False) == view


def test_a_full_stop_keeps_anew_what_would_part_a_node_from_others_that_are_settled():
    view = cluster(outdated("es-1"), outdated("es-2", **BACK), stopped("es-3", in_hand=True, kept_tls=False))
    steps = pairs(full_stop(view))
    assert steps[0] == (Action.DISCARD_PREVIOUS, ("es-2", "es-3"))
    assert (Action.KEEP_PREVIOUS, THREE) in steps


def test_a_later_full_stop_that_fails_puts_back_no_node_to_before_an_earlier_one(doors):
    world = doors(open_cluster(FIVE))
    world.scenario = Scenario.BASIC
    world.up_killed_at("remove what was kept")
    world.cluster.unseen = {"es-2", "es-3"}
    world.scenario = Scenario.BASIC_HTTPS
    with pytest.raises(RolloutHalted, match=r"the previous files are back on every node|did not succeed either"):
        world.up()
    assert [one.speaks_tls for one in world.nodes] == [True] * len(FIVE)
    world.cluster.unseen, world.consent = set(), False
    world.up()
    assert world.runs_with_what_is_wanted()
    assert world.nothing_is_kept()


def test_where_there_is_no_way_back_nobody_is_told_to_allow_it(doors):
    world = doors(open_cluster(FIVE))
    world.scenario = Scenario.BASIC
    world.up_killed_at("remove what was kept")
    world.cluster.unseen, world.consent = {"es-2", "es-3"}, False
    with pytest.raises(RolloutHalted, match="nothing was put back: es-1, es-4, es-5 speaks for good") as halted:
        world.up()
    assert "consent" not in halted.value.next_step
    assert world.down() == []
