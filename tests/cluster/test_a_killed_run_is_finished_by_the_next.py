"""SIGKILL in the middle of a step of the first `up`, seen from outside; the next `up` ends in the same state.

What comes between two steps is the matter of test_killed_after_every_step.py.
"""

import pytest

from tests.cluster.finished import assert_finished
from tests.cluster.stack_run import kill_run, open_stack, survivors, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.engine]
DOCUMENTS = 1000


def all_are_stopped_and_one_is_configured(run):
    return not any(node.is_running() for node in run.cluster.nodes) and any(
        "transport.ssl.enabled: true" in node.settings.read_text() for node in run.cluster.nodes
    )


def secured_nodes_are_starting(run):
    return sum(node.is_running() and is_configured(node) for node in run.cluster.nodes) >= 1


def is_configured(node):
    return "xpack.security.http.ssl.enabled: true" in node.settings.read_text()


MOMENTS = (
    all_are_stopped_and_one_is_configured,
    secured_nodes_are_starting,
)


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__.replace("_", " "))
def test_the_next_up_finishes_what_a_killed_one_began(tmp_path, moment):
    with open_stack(tmp_path, DOCUMENTS) as run:
        process = run.start("up", "--json")
        wait_for(lambda: moment(run), process)
        kill_run(process)
        left = survivors(run)

        data = run.up()

        assert left == []
        assert data["result"] == "changed"
        assert_finished(run, DOCUMENTS)
