"""SIGKILL after every single step, as the preview lists them: of a full stop, and of a rolling restart.

The runs of a chain go on from each other's remains: each one is killed after a step after which none was killed before,
until no such step is left, and the last one comes to its end.
"""

import sys

import pytest

from components.rollout.steps import Action, Step
from devcluster.api import client
from tests.cluster.finished import assert_finished
from tests.cluster.halting import Halting
from tests.cluster.stack_run import open_stack, survivors
from tests.cluster.watching import watched_nodes
from tests.cluster_fixtures import NAMES

pytestmark = [pytest.mark.cluster, pytest.mark.engine, pytest.mark.timeout(5400)]
DOCUMENTS = 1000
LEAST_STEPS = 25
THE_OPERATORS_OWN = {"cluster.routing.allocation.enable": "all"}
"""What is the default anyway, set so that it can be told from what was never set."""
MOST_DOWN = {"full stop": 3, "rolling restart": 1}


class Killed:
    """A chain of killed runs, and how it ended."""

    def __init__(self, run, procedure):
        self.run, self.procedure, self.halting = run, procedure, Halting(run)
        self.halting.install()
        run.write(**run.sections)
        self.plan = run.preview()["plan"]
        assert self.plan["restart"]["procedure"] == procedure
        self.resources = self.halting.planned()
        with watched_nodes(run.cluster.nodes) as self.down:
            self.last = self.halting.kill_after_each_step()
        sys.stdout.write("\n".join([f"\n{procedure}, killed after:", *self.halting.killed_after(), ""]))


@pytest.fixture(scope="module", params=list(MOST_DOWN))
def killed(request, tmp_path_factory):
    with open_stack(tmp_path_factory.mktemp("killed"), DOCUMENTS) as run:
        with client(run.cluster.nodes) as elasticsearch:
            elasticsearch.cluster.put_settings(persistent=THE_OPERATORS_OWN)
        if request.param == "rolling restart":
            run.write(cluster={"name": run.cluster.spec.name, "scenario": "basic"})
            run.up()
            run.write(consent=None)
        yield Killed(run, request.param)


def test_the_run_that_nobody_killed_comes_to_its_end(killed):
    assert killed.last.status == 0, killed.last.stderr
    assert killed.run.up()["result"] == "unchanged"


def test_a_run_was_killed_after_every_step_of_the_preview_and_after_the_work_on_every_resource(killed):
    """All but two waits: a run that goes on from a start finds that all have joined, and from there only tidies up."""
    steps = {*killed.plan["restart"]["steps"], *killed.resources}
    waits = {str(Step(Action.WAIT_JOINED, tuple(sorted(NAMES)))), str(Step(Action.WAIT_HEALTHY))}
    assert waits < steps
    assert steps - waits <= set(killed.halting.killed_after())
    assert len(steps) > LEAST_STEPS


def test_the_cluster_is_whole_and_nobody_is_locked_out_and_nothing_is_left(killed):
    assert_finished(killed.run, DOCUMENTS, THE_OPERATORS_OWN)
    assert survivors(killed.run) == []


def test_all_nodes_are_down_in_a_full_stop_only_and_never_two_in_a_rolling_restart_whenever_it_is_killed(killed):
    assert max(map(len, killed.down)) == MOST_DOWN[killed.procedure]
