"""Killed at any single call at a Kibana, the next `up` finishes the work, and nobody is locked out for good."""

import pytest

from tests.clients.kibanas import G2, OF_G2, SECOND, FakeKibana, running, serial_of
from tests.fakes import Killed, Moment

WHEN = [Moment.HALF, Moment.AFTER]
"""Before a call the world is as after the one before it."""


def first(doors):
    """Return an operator beside an open cluster, before the first `up`."""
    return doors(running())


def rotating(doors):
    """Return an operator who raised the CA's generation and the password's version."""
    operator = first(doors)
    operator.up()
    operator.password, operator.signer, operator.leaf = SECOND, G2, OF_G2
    return operator


def calls_that_change(operator) -> list[int]:
    """Run to the end and return the numbers of the calls that changed something."""
    fuse = operator.one.target.fuse
    fuse.watch(operator.one.everything)
    operator.up()
    fuse.look = None
    return fuse.changing_calls()


def assert_well(one: FakeKibana, operator, case: str) -> None:
    assert one.status("", 0, operator.signer.certificate_pem).ready, case
    assert serial_of(one.served) == serial_of(operator.leaf), case
    assert operator.drift() == [], case


@pytest.mark.parametrize("moment", WHEN)
@pytest.mark.parametrize("make", [first, rotating])
def test_a_run_that_is_killed_at_any_call_is_finished_by_the_next(doors, make, moment):
    calls = calls_that_change(make(doors))
    assert len(calls) >= 7
    for at in calls:
        operator = make(doors)
        one = operator.one
        one.target.fuse.arm(at, moment)
        with pytest.raises(Killed):
            operator.up()
        case = f"killed {moment}: {one.target.fuse.calls[at]}"
        one.target.fuse.disarm()
        operator.up()
        assert_well(one, operator, case)


@pytest.mark.parametrize("moment", WHEN)
def test_a_kibana_that_runs_can_log_in_wherever_a_rotation_is_killed_before_its_password_is_set(doors, moment):
    """What it has read goes on being right: files that lie ready change nothing before the restart."""
    for at in calls_that_change(rotating(doors)):
        operator = rotating(doors)
        one = operator.one
        one.target.fuse.arm(at, moment)
        with pytest.raises(Killed):
            operator.up()
        if one.password != SECOND:
            assert one._logs_in(), f"killed {moment}: {one.target.fuse.calls[at]}"
