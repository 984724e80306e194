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

TLS = {"xpack.security.transport.ssl.enabled": "true"}
TOLD = (
    "remote cluster archive is reached without an API key, and `remote_clusters` does not name it: a new transport CA "
    "would keep its nodes and ours apart"
)


def missed(*named, remote=("archive", "metrics"), settings=TLS):
    return remote_clusters_missed(replace(GOOD, remote_clusters=remote), {"es-1": settings}, named)


def test_each_that_is_not_named_is_told_and_none_keeps_a_rollout_from_beginning():
    [gate] = missed("metrics")
    assert (gate.sign, gate.text) == (Sign.MIND, TOLD)
    assert [gate.text.split()[2] for gate in missed()] == ["archive", "metrics"]


@pytest.mark.parametrize(
    ("named", "differs"),
    [
        pytest.param(("archive", "metrics"), {}, id="all are named"),
        pytest.param((), {"remote": ()}, id="there is none"),
        pytest.param((), {"settings": {}}, id="plain transport"),
        pytest.param(("archive", "metrics", "of old"), {}, id="one that is named is not reached from here"),
    ],
)
def test_nothing_is_told_where_nothing_is_missed(named, differs):
    assert missed(*named, **differs) == ()


@pytest.fixture
def world(doors):
    world = doors(with_own_allocation())
    world.cluster.remote_clusters = ("archive",)
    return world


def test_a_preview_says_it_before_a_restart(world):
    assert f"! {TOLD}" in world.preview().gates


def test_a_preview_with_nothing_to_do_says_it_and_asks_for_no_change_and_is_quiet_once_it_is_named(world):
    done, handler = world.up(), ClusterRestartHandler()
    for named, lines in (((), 1), (("archive",), 0)):
        context = FakeContext(world.clock)
        wanted = world.wanted().model_copy(update={"remote_clusters": named})
        assert handler.changes(Recorded(world.wanted(), done), wanted, context) == []
        assert context.said.count(f"! {TOLD}") == lines
