"""How a restart is told: the steps of the rollout itself, once for all nodes where each gets the same."""

import io
from dataclasses import replace

import pytest

from components.nodes.cluster_api import STILL_HELD
from components.rollout.procedure import procedure, reasons
from components.rollout.steps import plan
from components.rollout.view import RolloutView
from stacks.markdown import plan_markdown
from stacks.plan import Restart, plan_from
from stacks.plan_words import words_of
from stacks.show import plan_view
from tests.rollout.views import cluster, node, outdated, stopped
from tests.stacks.seen import restart
from toolchain import console

TITLE = "logs (prod) · basic"
NAMES = tuple(f"es-{number}" for number in range(1, 101))


def told(view: RolloutView):
    """Return how the rollout that a cluster needs is told."""
    restart = Restart(procedure(view), tuple(map(str, reasons(view))), tuple(map(str, plan(view))), 0.0)
    return words_of(restart, ())


def rolling(**changes) -> RolloutView:
    return cluster(*(outdated(name, **changes) for name in NAMES))


EACH = (
    "once health lets the node be stopped: keep replicas from being moved "
    "(cluster.routing.allocation.enable: primaries)",
    "flush every index",
    "keep the previous elasticsearch.yml and keystore of the node",
    "stop the node",
    "write elasticsearch.yml and keystore of the node",
    "start the node",
    "wait until 100 nodes have joined",
    "let replicas be moved again",
    "remove what was kept of the node",
    "wait until health is as good as before",
)


def test_a_rolling_restart_of_many_nodes_is_told_once_for_each_of_them():
    words = told(rolling())
    assert (words.title, words.first, words.order, words.steps) == ("rolling restart", (), NAMES, EACH)


def test_what_is_tidied_up_before_it_is_told_once_and_folds_the_rest_all_the_same():
    words = told(rolling(left_files=True))
    assert (words.first, words.order, words.steps) == (("remove what was kept of 100 nodes",), NAMES, EACH)


def test_where_one_node_gets_other_steps_all_are_told():
    words = told(cluster(outdated("es-1"), stopped("es-2", in_hand=True, kept_tls=True), node("es-3")))
    assert (words.first, words.order) == ((), ())
    assert "start es-2" in words.steps


@pytest.mark.parametrize(
    ("view", "title", "because"),
    [
        pytest.param(
            replace(cluster(node("es-1"), node("es-2")), held=STILL_HELD),
            "tidying up",
            ("an earlier rollout still keeps replicas from being moved",),
            id="replicas are held",
        ),
        pytest.param(
            cluster(node("es-1", left_files=True), node("es-2", left_files=True)),
            "tidying up",
            ("what an earlier rollout kept is still there, and needed no more on es-1 es-2",),
            id="files are left",
        ),
    ],
)
def test_what_is_only_tidied_up_is_called_so(view, title, because):
    words = told(view)
    assert (words.title, words.reasons) == (title, because)


def test_the_terminal_and_the_comment_tell_what_is_done_first_then_the_order():
    view = cluster(outdated("es-1", left_files=True), outdated("es-2"))
    steps = [str(step) for step in plan(view)]
    rolled = restart(procedure="rolling restart", steps=steps, reasons=[str(reason) for reason in reasons(view)])
    expected = ["first: remove what was kept of es-1", "one node after the other: es-1, es-2; for each of them"]
    pipe = io.StringIO()
    console.Console(pipe).show(plan_view(plan_from([rolled]), TITLE))
    lines = [line.strip() for line in pipe.getvalue().splitlines()]
    assert [line for line in lines if line.startswith(("first", "one node"))] == expected
    comment = plan_markdown(plan_from([rolled]), TITLE).replace("`", "").splitlines()
    assert [line for line in comment if line.startswith(("first", "one node"))] == expected
