"""How long a restart waits for shards, as an input that records of before do not have."""

import pytest

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
    assert ClusterRestartInputs.model_fields["health_timeout"].default == HEALTH_TIMEOUT == 600


def test_a_time_that_is_no_number_is_refused_by_its_path(talk, node):
    refusals = talk.check(asking.RESTART, asking.restart(node, healthTimeout="1h"))
    assert refusals == {"healthTimeout": "Input should be a valid integer, unable to parse string as an integer"}
