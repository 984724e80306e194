"""How long a restart waits for nodes and for shards, as inputs that records of before do not have."""

import pytest

from components.nodes.process import STOP_TIMEOUT
from components.rollout.handler import ClusterRestartInputs
from components.rollout.spec import HEALTH_TIMEOUT
from tests.wire import asking
from tests.wire.standins import StandInNode


@pytest.fixture
def node(tmp_path):
    return StandInNode(tmp_path, "es-1")


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        pytest.param({}, {}, id="the default, which is not sent"),
        pytest.param({"healthTimeout": 1200}, {"healthTimeout": "ADD"}, id="longer"),
        pytest.param({"startTimeout": 1800}, {"startTimeout": "ADD"}, id="nodes that start for longer"),
        pytest.param({"stopTimeout": 600}, {"stopTimeout": "ADD"}, id="nodes that stop for longer"),
    ],
)
def test_a_record_of_before_differs_only_where_something_else_is_wanted(changes, kinds, talk, node):
    saved = talk.create(asking.RESTART, asking.restart(node))
    found = talk.diff(saved, asking.restart(node, **changes))
    assert (found.some, found.kinds) == (bool(kinds), kinds)


def test_the_default_would_be_a_difference_if_it_were_sent(talk, node):
    """So the program leaves it out."""
    saved = talk.create(asking.RESTART, asking.restart(node))
    assert talk.diff(saved, asking.restart(node, healthTimeout=HEALTH_TIMEOUT)).kinds == {"healthTimeout": "ADD"}


def test_a_record_of_before_waits_as_long_as_ever():
    fields = ClusterRestartInputs.model_fields
    assert fields["health_timeout"].default == HEALTH_TIMEOUT == 600
    assert fields["stop_timeout"].default == STOP_TIMEOUT == 120
    assert fields["start_timeout"].default is None


@pytest.mark.parametrize("key", ["joinTimeout", "healthTimeout", "startTimeout", "stopTimeout"])
def test_another_patience_alone_writes_nothing_on_a_node_and_has_no_step(key, talk, node):
    saved = talk.create(asking.RESTART, asking.restart(node))
    before = node.files()
    longer = asking.restart(node, **{key: 1800})
    assert list(talk.diff(saved, longer).kinds) == [key], "an update of `restart`, and no reason to restart"
    assert talk.preview_update(saved, longer)["steps"] == []
    after = talk.update(saved, longer)
    assert node.files() == before, "also the journal of the keystore's command"
    assert after.outputs["runningNodes"] == saved.outputs["runningNodes"]
    assert not talk.diff(after, longer).some


def test_a_time_that_is_no_number_is_refused_by_its_path(talk, node):
    refusals = talk.check(asking.RESTART, asking.restart(node, healthTimeout="1h"))
    assert refusals == {"healthTimeout": "Input should be a valid integer, unable to parse string as an integer"}
