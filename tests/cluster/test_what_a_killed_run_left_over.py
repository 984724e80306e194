"""What a killed run left on nodes and in the cluster stands for nothing once all have joined, or none was stopped.

One cluster: its full stop is killed before it tidied up, and another change comes, without consent; then a rolling
restart is killed before its first stop, and the change is taken back.
"""

import pytest

from components.rollout.steps import Action, Step
from devcluster.api import client
from tests.cluster.finished import assert_finished
from tests.cluster.halting import Halting
from tests.cluster.stack_run import open_stack
from tests.cluster.watching import watched_nodes

pytestmark = [pytest.mark.cluster, pytest.mark.engine, pytest.mark.timeout(900)]
DOCUMENTS = 1000
ALLOCATION = "cluster.routing.allocation.enable"
THE_OPERATORS_OWN = {ALLOCATION: "all"}
HELD = "an earlier rollout still keeps replicas from being moved"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with open_stack(tmp_path_factory.mktemp("left"), DOCUMENTS) as run:
        with client(run.cluster.nodes) as elasticsearch:
            elasticsearch.cluster.put_settings(persistent=THE_OPERATORS_OWN)
        yield run


@pytest.fixture(scope="module")
def halting(run):
    halting = Halting(run)
    halting.install()
    run.write(cluster={"name": run.cluster.spec.name, "scenario": "basic"})
    return halting


def test_a_full_stop_that_was_killed_before_it_tidied_up_is_no_consent_for_another(run, halting):
    halting.kill_after(str(Step(Action.RELEASE_ALLOCATION)))
    assert all((node.config / "essecurity-rollout" / "manifest.json").exists() for node in run.cluster.nodes)
    assert all(node.is_running() for node in run.cluster.nodes)

    run.write(consent=None)  # and the usual scenario, basic-https
    restart = run.preview()["plan"]["restart"]
    with watched_nodes(run.cluster.nodes) as down:
        run.up()

    assert restart["procedure"] == "rolling restart"
    assert restart["steps"][0] == "remove what was kept of es-1, es-2, es-3"
    assert max(map(len, down)) == 1
    assert_finished(run, DOCUMENTS, THE_OPERATORS_OWN)


def test_replicas_that_a_killed_run_holds_are_told_of_and_let_go_although_its_change_was_taken_back(run, halting):
    run.write(consent=None, transport={"verification_mode": "certificate"})
    halting.kill_after(run.preview()["plan"]["restart"]["steps"][0])
    assert run.api().ask("/_cluster/settings?flat_settings=true")[1]["persistent"][ALLOCATION] == "primaries"

    run.write(consent=None)
    plan = run.preview()["plan"]
    drifted = run.run("refresh", "--json").data["findings"]
    with watched_nodes(run.cluster.nodes) as down:
        run.up()

    assert (plan["restart"]["procedure"], plan["restart"]["reasons"]) == ("tidying up", [HELD])
    assert f"! {HELD}; the next `up` ends that" in plan["gates"]
    assert [(one["node"], one["found"]) for one in drifted if one["kind"] == "RolloutUnfinished"] == [("", HELD)]
    assert not any(down)
    assert_finished(run, DOCUMENTS, THE_OPERATORS_OWN)
