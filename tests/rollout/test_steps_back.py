"""The way back: what a rollout that failed puts back, and when it may not."""

import pytest

from components.rollout.steps import Action, back, full_stop, may_go_back, no_way_back, rolling, touched
from tests.rollout.views import cluster, node, open_node, outdated, pairs, stopped

A = Action
ALL = ("es-1", "es-2", "es-3")
BACK_ENDING = [(A.WAIT_JOINED, ALL), (A.RELEASE_ALLOCATION, ()), (A.DISCARD_PREVIOUS, ALL)]


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        pytest.param(
            (node("es-1", in_hand=True), node("es-2", in_hand=True), stopped("es-3", in_hand=True)),
            [(A.STOP, ("es-1", "es-2")), (A.RESTORE, ALL), (A.START, ALL)],
            id="one did not come up with the new files",
        ),
        pytest.param(
            tuple(stopped(name, in_hand=True, on_disk=False) for name in ALL),
            [(A.RESTORE, ALL), (A.START, ALL)],
            id="stopped, and not configured yet",
        ),
        pytest.param(
            (open_node("es-1", in_hand=True), stopped("es-2", in_hand=True), stopped("es-3", in_hand=True)),
            [(A.RESTORE, ALL), (A.START, ("es-2", "es-3"))],
            id="one still runs as it did, and is left running",
        ),
        pytest.param(
            (
                stopped("es-1", in_hand=True, master_eligible=False),
                stopped("es-2", in_hand=True),
                stopped("es-3", in_hand=True),
            ),
            [(A.RESTORE, ALL), (A.START, ("es-2", "es-3")), (A.START, ("es-1",))],
            id="masters first here too",
        ),
        pytest.param(
            (node("es-1"), stopped("es-2", in_hand=True), open_node("es-3")),
            [(A.RESTORE, ("es-2",)), (A.START, ("es-2",))],
            id="nothing is kept of the others, which are left alone",
        ),
        pytest.param(tuple(open_node(name) for name in ALL), [], id="it failed before anything was kept"),
    ],
)
def test_going_back_puts_back_what_was_kept_and_starts_what_it_stopped(nodes, expected):
    assert pairs(back(cluster(*nodes), ALL)) == [*expected, *BACK_ENDING]


def test_going_back_reads_like_this():
    view = cluster(node("es-1", in_hand=True), stopped("es-2", in_hand=True), stopped("es-3", in_hand=True))
    assert [str(step) for step in back(view, ALL)] == [
        "stop es-1",
        "put the previous elasticsearch.yml and keystore of es-1, es-2, es-3 back",
        "start es-1, es-2, es-3",
        "wait until es-1, es-2, es-3 have joined",
        "let replicas be moved again",
        "remove what was kept of es-1, es-2, es-3",
    ]


def test_there_is_no_way_back_once_a_node_without_kept_files_speaks_the_new_tls():
    view = cluster(node("es-1"), stopped("es-2", in_hand=True, kept_tls=False), node("es-3"))
    found = no_way_back(view)
    assert (found.reason, found.message) == (
        "NoWayBack",
        "es-1, es-3 speaks for good as is wanted, and with its previous files es-2 could not talk to it",
    )


@pytest.mark.parametrize(
    "nodes",
    [
        pytest.param(
            (node("es-1", in_hand=True, kept_tls=False), stopped("es-2", in_hand=True, kept_tls=False)),
            id="everything of every node is kept",
        ),
        pytest.param((node("es-1"), stopped("es-2", in_hand=True, kept_tls=True)), id="TLS was on before, too"),
        pytest.param((open_node("es-1"), stopped("es-2", in_hand=True, kept_tls=False)), id="the other is still open"),
        pytest.param(
            (stopped("es-1"), stopped("es-2", in_hand=True, kept_tls=False)), id="the other can still be put back"
        ),
        pytest.param((node("es-1"), stopped("es-2", kept_tls=None)), id="nothing is kept of anybody"),
    ],
)
def test_there_is_a_way_back(nodes):
    assert no_way_back(cluster(*nodes)) is None


def may_fail(steps):
    """Return after which steps of a plan a failure puts everything back."""
    return [str(step) for number, step in enumerate(steps) if may_go_back(steps[number:])]


def test_a_full_stop_goes_back_until_all_have_joined_and_never_afterwards():
    steps = full_stop(cluster(*(open_node(name) for name in ALL)))
    assert may_fail(steps) == [str(step) for step in steps[: [step.action for step in steps].index(A.WAIT_JOINED) + 1]]


def test_a_rolling_restart_goes_back_with_the_node_in_hand_only():
    steps = rolling(cluster(outdated("es-1"), outdated("es-2"), node("es-3")))
    allowed = [number for number in range(len(steps)) if may_go_back(steps[number:])]
    joined = [number for number, step in enumerate(steps) if step.action is A.WAIT_JOINED]
    healthy = [number for number, step in enumerate(steps) if step.action is A.WAIT_HEALTHY]
    assert allowed == [*range(joined[0] + 1), *range(healthy[0] + 1, joined[1] + 1)]


def test_in_a_rolling_restart_one_node_goes_back_and_the_others_are_neither_stopped_nor_waited_for():
    view = cluster(node("es-1", in_hand=True), stopped("es-2", in_hand=True), node("es-3"))
    assert pairs(back(view, ("es-2",))) == [
        (A.RESTORE, ("es-2",)),
        (A.START, ("es-2",)),
        (A.WAIT_JOINED, ("es-2",)),
        (A.RELEASE_ALLOCATION, ()),
        (A.DISCARD_PREVIOUS, ("es-2",)),
    ]


def test_one_node_at_a_time_is_touched_by_a_rolling_restart_and_all_by_a_full_stop():
    view = cluster(outdated("es-1"), outdated("es-2"), node("es-3"))
    steps = rolling(view)
    seen = [touched(view, steps[number:]) for number in range(len(steps) - 1)]
    assert list(dict.fromkeys(seen)) == [("es-1",), ("es-2",)]
    stopping = cluster(*(open_node(name) for name in ALL))
    assert touched(stopping, full_stop(stopping)) == ALL


def test_there_is_no_way_back_past_a_node_of_which_nothing_is_kept_and_that_speaks_tls_for_good():
    others = [node(name, in_hand=True, kept_tls=False) for name in ("es-2", "es-3")]
    view = cluster(outdated("es-1"), *others)
    assert no_way_back(view).reason == "NoWayBack"


def test_there_is_nothing_to_go_back_to_when_only_files_are_written_or_nothing_is_left():
    assert not may_go_back(())
    assert not may_go_back(full_stop(cluster(*(node(name, in_hand=True) for name in ALL)))[1:])
