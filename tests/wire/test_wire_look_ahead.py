"""A plugin whose clock is moved: it tells what is due then, judges machines by now, and changes nothing."""

from datetime import UTC, datetime, timedelta

import grpc
import pytest

from components.clock import PREVIEW_AT, SystemClock
from provider.process import clock_ahead
from tests.wire import asking
from tests.wire.small_handlers import BOX
from tests.wire.talking import NOW, UNKNOWN, Refused, SetClock, urn_of

LATER = NOW + timedelta(days=300)


@pytest.fixture
def stack(talk):
    """An authority and a leaf of today."""
    authority = talk.create(asking.AUTHORITY, asking.authority())
    return authority, talk.create(asking.CERTIFICATE, asking.leaf(authority))


@pytest.fixture
def ahead(plugin, stack):
    """Move the plugin's clock, once there is a stack."""
    plugin.ahead = SetClock(LATER)


def test_what_is_due_then_is_previewed(talk, stack, ahead):
    authority, leaf = stack
    assert not talk.diff(authority).some
    assert talk.diff(leaf).kinds == {"notAfter": "UPDATE"}
    previewed = talk.preview_update(leaf, leaf.inputs)
    assert previewed["serial"] == UNKNOWN
    assert previewed["notAfter"].startswith("2028-09-20")
    assert "its renewal window opened on 2027-07-25" in previewed["reason"]


@pytest.mark.parametrize("what", ["create", "update", "delete"])
def test_nothing_is_made_changed_or_deleted(what, talk, stack, ahead):
    leaf = stack[1]
    calls = {
        "create": lambda: talk.create(asking.PASSWORD, asking.password()),
        "update": lambda: talk.update(leaf, leaf.inputs),
        "delete": lambda: talk.delete(leaf),
    }
    with pytest.raises(Refused) as refused:
        calls[what]()
    assert refused.value.code is grpc.StatusCode.FAILED_PRECONDITION
    assert refused.value.text.startswith(f"{PREVIEW_AT}: nothing was done: the plugin's clock is moved")
    assert "unset this variable" in refused.value.text


def test_machines_are_judged_by_the_time_that_they_live_in(plugin, ahead):
    assert plugin.context(urn_of(asking.CERTIFICATE)).clock.now() == LATER
    assert plugin.context(urn_of(asking.AUTHORITY)).clock.now() == LATER
    for token in (asking.RESTART, asking.WAVE, asking.IDENTITY, asking.VERIFICATION, asking.USER, BOX):
        assert plugin.context(urn_of(token)).clock.now() == NOW


def test_the_clock_is_moved_by_the_variable_alone():
    assert clock_ahead({}) is None
    assert clock_ahead({PREVIEW_AT: ""}) is None
    clock = clock_ahead({PREVIEW_AT: "2999-03-01T00:00:00+00:00"})
    assert datetime(2999, 3, 1, tzinfo=UTC) <= clock.now() < datetime(2999, 3, 1, tzinfo=UTC) + timedelta(minutes=1)
    assert clock.offset > SystemClock().offset
