"""SIGKILL at five different moments of the first `up`, seen from outside; the next `up` ends in the same state."""

import psutil
import pytest

from tests.cluster.stack_run import kill_run, open_stack, wait_for

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
        survivors = [one for one in psutil.process_iter() if belongs_to(one, run)]

        data = run.up()

        assert survivors == []
        assert data["result"] == "changed"
        api = run.api()
        assert api.ask_anonymously("/")[0] == 401
        assert sorted(node["name"] for node in api.ask("/_cat/nodes?format=json")[1]) == ["es-1", "es-2", "es-3"]
        assert api.ask("/books/_count")[1]["count"] == DOCUMENTS
        assert api.ask("/_cluster/health")[1]["status"] == "green"
        assert api.ask("/_cluster/settings?flat_settings=true")[1]["persistent"] == {}
        status, who = api.ask("/_security/_authenticate", 0, "kibana_system", run.password("kibana_system"))
        assert (status, who["username"]) == (200, "kibana_system")
        for node in run.cluster.nodes:
            assert not (node.config / "essecurity-rollout").exists()
            assert not list(node.config.rglob("*.essecurity-new"))
        plan = run.preview()["plan"]
        assert (plan["rows"], plan["restart"]) == ([], None)


def belongs_to(process, run):
    """Tell whether a process is an engine or a plugin of this run that outlived its being killed."""
    try:
        words = " ".join(process.cmdline())
        return ("-m provider" in words or "pulumi" in process.name()) and str(run.folder) in repr(process.environ())
    except psutil.Error:
        return False
