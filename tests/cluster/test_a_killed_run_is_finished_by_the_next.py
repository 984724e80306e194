"""SIGKILL at five different moments of the first `up`, seen from outside; the next `up` ends in the same state."""

import pytest

from tests.cluster.finished import assert_finished
from tests.cluster.stack_run import kill_run, open_stack, survivors, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.engine]
DOCUMENTS = 1000


def first_key_file_is_written(run):
    return any((node.config / "certs" / "http-key.p12").exists() for node in run.cluster.nodes)


def previous_files_are_kept_and_nothing_is_stopped(run):
    return (run.cluster.nodes[0].config / "essecurity-rollout" / "manifest.json").exists()


def one_node_is_stopped(run):
    return any(not node.is_running() for node in run.cluster.nodes)


def all_are_stopped_and_one_is_configured(run):
    return not any(node.is_running() for node in run.cluster.nodes) and any(
        "transport.ssl.enabled: true" in node.settings.read_text() for node in run.cluster.nodes
    )


def secured_nodes_are_starting(run):
    return sum(node.is_running() and is_configured(node) for node in run.cluster.nodes) >= 1


def all_run_secured_and_passwords_are_not_set(run):
    return all(
        node.is_running() and is_configured(node) and not (node.config / "essecurity-rollout").exists()
        for node in run.cluster.nodes
    )


def is_configured(node):
    return "xpack.security.http.ssl.enabled: true" in node.settings.read_text()


MOMENTS = (
    first_key_file_is_written,
    previous_files_are_kept_and_nothing_is_stopped,
    one_node_is_stopped,
    all_are_stopped_and_one_is_configured,
    secured_nodes_are_starting,
    all_run_secured_and_passwords_are_not_set,
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
