"""The steps of each procedure: their order, whom they touch, and how they read."""

from dataclasses import replace
from itertools import product

import pytest

from components.rollout.procedure import Procedure, procedure
from components.rollout.refusals import consent_is_missing
from components.rollout.steps import (
    PLANS,
    Action,
    Step,
    files_only,
    full_stop,
    plan,
    rolling,
    rolling_order,
)
from components.rollout.view import RolloutView, Running, is_right
from tests.rollout.views import cluster, node, open_node, outdated, pairs, stopped

A = Action
ALL = ("es-1", "es-2", "es-3")
ENDING = [(A.WAIT_JOINED, ALL), (A.RELEASE_ALLOCATION, ()), (A.DISCARD_PREVIOUS, ALL), (A.WAIT_HEALTHY, ())]


def three(**changes):
    """Return three open nodes."""
    return cluster(*(open_node(name, **changes) for name in ALL))


def test_a_full_stop_reads_in_this_order():
    assert [str(step) for step in plan(three())] == [
        "keep replicas from being moved (cluster.routing.allocation.enable: primaries)",
        "flush every index",
        "keep the previous elasticsearch.yml and keystore of es-1, es-2, es-3",
        "stop es-1, es-2, es-3",
        "write elasticsearch.yml and keystore of es-1, es-2, es-3",
        "start es-1, es-2, es-3",
        "wait until es-1, es-2, es-3 have joined",
        "let replicas be moved again",
        "remove what was kept of es-1, es-2, es-3",
        "wait until health is as good as before",
    ]


def test_masters_start_before_the_others_whatever_the_order_of_the_stack_file():
    view = cluster(
        open_node("es-1", master_eligible=False), open_node("es-2"), open_node("es-3", master_eligible=False)
    )
    assert [step.nodes for step in full_stop(view) if step.action is A.START] == [("es-2",), ("es-1", "es-3")]


def test_a_node_that_is_right_already_is_waited_for_and_not_touched():
    view = cluster(node("es-1"), open_node("es-2"), open_node("es-3"))
    rest = ("es-2", "es-3")
    assert pairs(full_stop(view)) == [
        (A.HOLD_ALLOCATION, ()),
        (A.FLUSH, ()),
        (A.KEEP_PREVIOUS, rest),
        (A.STOP, rest),
        (A.CONFIGURE, rest),
        (A.START, rest),
        *ENDING,
    ]


@pytest.mark.parametrize(
    ("one", "right"),
    [
        pytest.param(node(), True, id="runs with what is wanted"),
        pytest.param(node(in_hand=True), True, id="and an earlier rollout did that"),
        pytest.param(node(speaks_tls=None), True, id="and does not answer a handshake yet"),
        pytest.param(node(speaks_tls=False), False, id="speaks plain"),
        pytest.param(node(running=Running.OTHER), False, id="was started before"),
        pytest.param(node(on_disk=False), False, id="has other files by now"),
        pytest.param(stopped(), False, id="does not run"),
    ],
)
def test_a_node_is_right_when_it_runs_and_will_start_again_with_what_is_wanted(one, right):
    assert is_right(one) is right


def test_the_rest_of_a_killed_full_stop_asks_nothing_of_a_cluster_that_does_not_answer():
    view = cluster(
        node("es-1", in_hand=True),
        stopped("es-2", in_hand=True, on_disk=False),
        open_node("es-3", in_hand=True),
    )
    assert pairs(full_stop(view)) == [
        (A.STOP, ("es-3",)),
        (A.CONFIGURE, ("es-2", "es-3")),
        (A.START, ("es-2", "es-3")),
        *ENDING,
    ]


def test_what_an_earlier_run_kept_is_not_kept_again_since_it_is_older_and_better():
    view = cluster(open_node("es-1", in_hand=True), open_node("es-2"), open_node("es-3", in_hand=True))
    assert [step.nodes for step in full_stop(view) if step.action is A.KEEP_PREVIOUS] == [("es-2",)]


def test_a_full_stop_that_was_killed_while_it_tidied_up_only_ends():
    assert pairs(full_stop(cluster(*(node(name, in_hand=True) for name in ALL)))) == ENDING


def test_configured_and_stopped_nodes_are_only_started():
    view = cluster(*(stopped(name, in_hand=True) for name in ALL))
    assert pairs(full_stop(view)) == [(A.START, ALL), *ENDING]


STATES = [
    lambda name: node(name),
    lambda name: open_node(name),
    lambda name: outdated(name, master_eligible=False),
    lambda name: stopped(name, on_disk=False, in_hand=True),
    lambda name: stopped(name, master_eligible=False),
    lambda name: node(name, running=Running.OTHER, in_hand=True),
    lambda name: node(name, on_disk=False),
]
MIXED = [
    cluster(*(state(name) for state, name in zip(states, ALL, strict=True))) for states in product(STATES, repeat=3)
]


def test_nothing_is_configured_before_all_that_must_stop_have_stopped():
    """Whatever state the nodes are in: two nodes that run can never disagree about TLS."""
    for view in MIXED:
        steps = full_stop(view)
        seen = [step.action for step in steps]
        down = {one.name for one in view.nodes if one.running is Running.NOT_RUNNING}
        down |= {name for step in steps if step.action is A.STOP for name in step.nodes}
        for step in steps:
            if step.action in {A.CONFIGURE, A.START}:
                assert set(step.nodes) <= down, view
                assert A.STOP not in seen[seen.index(step.action) :], view


def test_without_consent_a_full_stop_stops_no_node_that_an_earlier_one_did_not_begin_with():
    for view in (replace(one, consent=False) for one in MIXED):
        if procedure(view) is Procedure.FULL_STOP and not consent_is_missing(view):
            in_hand = {one.name for one in view.nodes if one.in_hand}
            assert all(set(step.nodes) <= in_hand for step in full_stop(view) if step.action is A.STOP), view


def test_every_node_that_is_stopped_is_started_again_and_every_start_was_configured():
    for view in MIXED:
        by_action = {}
        for step in full_stop(view):
            by_action.setdefault(step.action, set()).update(step.nodes)
        started = by_action.get(A.START, set())
        assert by_action.get(A.STOP, set()) <= started, view
        assert started == {one.name for one in view.nodes if not is_right(one)}, view
        assert by_action.get(A.CONFIGURE, set()) == {one.name for one in view.nodes if not one.on_disk}, view


def test_every_node_is_kept_before_it_is_stopped_or_configured():
    for view in MIXED:
        kept = {one.name for one in view.nodes if one.in_hand}
        for step in full_stop(view):
            kept |= set(step.nodes) if step.action is A.KEEP_PREVIOUS else set()
            if step.action in {A.STOP, A.CONFIGURE}:
                assert set(step.nodes) <= kept, view


def test_allocation_is_held_only_while_every_node_runs_and_always_released():
    for view in MIXED:
        actions = [step.action for step in full_stop(view)]
        running = [one for one in view.nodes if one.running is not Running.NOT_RUNNING]
        must_stop = [one for one in running if not is_right(one)]
        assert (A.HOLD_ALLOCATION in actions) is (len(running) == 3 and bool(must_stop)), view
        assert actions[-4:] == [action for action, _ in ENDING], view


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        pytest.param(
            cluster(stopped("es-1", on_disk=False), stopped("es-2", on_disk=False), starts=False),
            [(A.CONFIGURE, ("es-1", "es-2"))],
            id="before the first start",
        ),
        pytest.param(cluster(stopped("es-1"), stopped("es-2", on_disk=False)), [(A.CONFIGURE, ("es-2",))], id="one"),
        pytest.param(
            cluster(node("es-1", left_files=True), node("es-2")),
            [(A.DISCARD_PREVIOUS, ("es-1",))],
            id="to be tidied up",
        ),
        pytest.param(
            cluster(stopped("es-1", on_disk=False), stopped("es-2", left_files=True)),
            [(A.CONFIGURE, ("es-1",)), (A.DISCARD_PREVIOUS, ("es-2",))],
            id="both",
        ),
    ],
)
def test_files_alone_are_written_and_no_node_is_started_or_stopped(view, expected):
    assert pairs(plan(view)) == pairs(files_only(view)) == expected


def test_where_nothing_is_to_be_done_there_are_no_steps():
    assert plan(cluster(node("es-1"), node("es-2"))) == ()


def test_every_procedure_has_a_plan():
    assert set(PLANS) == set(Procedure)


def test_a_rolling_restart_finishes_one_node_before_it_touches_the_next():
    assert [str(step) for step in plan(cluster(outdated("es-1"), outdated("es-2"), node("es-3")))] == [
        text.format(name)
        for name in ("es-1", "es-2")
        for text in (
            "once health lets {} be stopped: keep replicas from being moved "
            "(cluster.routing.allocation.enable: primaries)",
            "flush every index",
            "keep the previous elasticsearch.yml and keystore of {}",
            "stop {}",
            "write elasticsearch.yml and keystore of {}",
            "start {}",
            "wait until es-1, es-2, es-3 have joined",
            "let replicas be moved again",
            "remove what was kept of {}",
            "wait until health is as good as before",
        )
    ]


def test_a_node_left_in_the_middle_comes_first_and_the_elected_master_last():
    nodes = (outdated("es-1"), outdated("es-2"), stopped("es-3", in_hand=True, kept_tls=True), node("es-4"))
    view = RolloutView(nodes, consent=False, elected_master="es-1")
    assert [one.name for one in rolling_order(view)] == ["es-3", "es-2", "es-1"]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        pytest.param(
            stopped("es-1", in_hand=True, kept_tls=True, on_disk=False),
            [A.HOLD_ALLOCATION, A.FLUSH, A.CONFIGURE, A.START],
            id="stopped, not configured",
        ),
        pytest.param(
            stopped("es-1", in_hand=True, kept_tls=True), [A.HOLD_ALLOCATION, A.FLUSH, A.START], id="configured"
        ),
        pytest.param(
            outdated("es-1", in_hand=True, kept_tls=True),
            [A.HOLD_ALLOCATION, A.FLUSH, A.STOP, A.CONFIGURE, A.START],
            id="kept, still running",
        ),
        pytest.param(
            node("es-1", running=Running.OTHER),
            [A.HOLD_ALLOCATION, A.FLUSH, A.KEEP_PREVIOUS, A.STOP, A.START],
            id="older than its files",
        ),
        pytest.param(node("es-1", in_hand=True, kept_tls=True), [], id="started, and never let go of"),
    ],
)
def test_the_rest_of_a_killed_rolling_restart_is_done_on_its_node(one, expected):
    view = cluster(one, node("es-2"))
    ending = [A.WAIT_JOINED, A.RELEASE_ALLOCATION, A.DISCARD_PREVIOUS, A.WAIT_HEALTHY]
    assert [step.action for step in plan(view)] == [*expected, *ending]
    assert all(step.nodes in {(), ("es-1",), ("es-1", "es-2")} for step in plan(view))


@pytest.mark.parametrize(("of", "procedure"), [(outdated, rolling), (open_node, full_stop)], ids=["rolling", "full"])
def test_what_was_left_of_an_earlier_rollout_is_let_go_of_first(of, procedure):
    view = cluster(of("es-1", left_files=True), node("es-2", left_files=True))
    assert pairs(procedure(view))[0] == (A.DISCARD_PREVIOUS, ("es-1", "es-2"))


def test_in_a_rolling_restart_no_node_is_stopped_while_another_is_down():
    for view in MIXED:
        if any(one.running is Running.NOT_RUNNING for one in view.nodes):
            continue  # a node that is down is a refusal, or the one in hand: see the table above
        down = set()
        for step in rolling(view):
            down |= set(step.nodes) if step.action is A.STOP else set()
            assert len(down) <= 1, view
            down -= set(step.nodes) if step.action is A.START else set()
        assert not down, view


@pytest.mark.parametrize("action", Action)
def test_a_step_prints_its_nodes_and_no_placeholder(action):
    printed = str(Step(action, ("es-1", "es-2")))
    assert ("es-1, es-2" in printed) is ("{nodes}" in action.value or action is A.HOLD_ALLOCATION)
    assert "{" not in printed
