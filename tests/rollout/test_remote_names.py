"""Remote clusters that are reached by certificates, and that the stack file does not name: told by every preview."""

from dataclasses import replace

import pytest

from components.handling import Recorded
from components.rollout.handler import ClusterRestartHandler
from components.rollout.preflight import Sign
from components.rollout.remote_names import remote_clusters_missed
from tests.fakes import FakeContext
from tests.rollout.test_preflight import GOOD
from tests.rollout.world import with_own_allocation

LEAVES = {"es-1": ("10.0.0.1",)}


def missed(*named, facts=GOOD, vouched=LEAVES):
    return remote_clusters_missed(facts, vouched, named)


BY_CERTIFICATES = replace(GOOD, remote_clusters=("archive", "metrics"))


def test_each_that_is_not_named_is_told_and_none_keeps_a_rollout_from_beginning():
    [gate] = missed("metrics", facts=BY_CERTIFICATES)
    assert gate.sign is Sign.MIND
    assert gate.text.startswith("remote cluster archive is reached without an API key, and `remote_clusters` does not")
    assert [gate.text.split()[2] for gate in missed(facts=BY_CERTIFICATES)] == ["archive", "metrics"]


def test_of_one_that_perhaps_has_an_api_key_that_is_said():
    [gate] = missed(facts=replace(GOOD, perhaps_remote_clusters=("archive",)))
    assert gate.text.startswith("remote cluster archive may be reached without an API key (the node that was asked has")


@pytest.mark.parametrize(
    ("named", "differs"),
    [
        pytest.param(("archive", "metrics"), {"facts": BY_CERTIFICATES}, id="all are named"),
        pytest.param((), {}, id="there is none"),
        pytest.param((), {"facts": BY_CERTIFICATES, "vouched": {}}, id="no transport CA of ours"),
        pytest.param(("archive", "metrics", "of old"), {"facts": BY_CERTIFICATES}, id="one is not reached from here"),
    ],
)
def test_nothing_is_told_where_nothing_is_missed(named, differs):
    assert missed(*named, **differs) == ()


@pytest.fixture
def world(doors):
    world = doors(with_own_allocation())
    world.cluster.remote_clusters = ("archive",)
    return world


def wants(world, *named):
    return world.wanted().model_copy(update={"vouched": LEAVES, "remote_clusters": named})


def told(lines):
    return [line for line in lines if "remote cluster archive" in line]


def test_a_preview_says_it_before_a_restart(world):
    context = FakeContext(world.clock)
    planned = ClusterRestartHandler().preview(None, wants(world), context)
    assert len(told(planned.gates)) == len(told(context.said)) == 1


def test_a_preview_with_nothing_to_do_says_it_and_asks_for_no_change_and_is_quiet_once_it_is_named(world):
    done, handler = world.up(), ClusterRestartHandler()
    for named, lines in (((), 1), (("archive",), 0)):
        context = FakeContext(world.clock)
        assert handler.changes(Recorded(world.wanted(), done), wants(world, *named), context) == []
        assert len(told(context.said)) == lines
