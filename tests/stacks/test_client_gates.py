"""A plan that changes a password or a CA does not say that clients notice nothing."""

import pytest

from components.pki.handler import CLIENTS_NEED_THE_NEW_CA
from components.rollout.preflight import CLIENTS_GO_ON
from stacks.client_gates import gates_beside
from stacks.plan import plan_from
from tests.stacks.seen import password, restart, user

GATES = ("✓ health is green", f"✓ {CLIENTS_GO_ON}")


@pytest.mark.parametrize(
    ("resources", "warnings"),
    [
        pytest.param([password("elastic", "update")], (), id="a new password"),
        pytest.param([user("elastic", "update")], (), id="a password that is set again"),
        pytest.param([], (CLIENTS_NEED_THE_NEW_CA,), id="a new CA"),
    ],
)
def test_beside_what_clients_notice_nobody_says_that_they_notice_nothing(resources, warnings):
    rows = plan_from([restart(), *resources]).rows
    assert gates_beside(GATES, rows, warnings) == GATES[:1]


def test_a_restart_alone_says_it():
    plan = plan_from([restart(), user("elastic", "same")])
    assert gates_beside(GATES, plan.rows, ("a clock is slow",)) == GATES


def test_what_the_restart_itself_changes_for_clients_stays():
    needed = ("! from then on clients need a login",)
    assert gates_beside(needed, plan_from([password("elastic")]).rows, ()) == needed
