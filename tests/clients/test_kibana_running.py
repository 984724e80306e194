"""What a running Kibana lacks, and what that takes: each rule on its own, and how they add up."""

from dataclasses import replace

import pytest

from components.clients.running import (
    PRECISION,
    RELOAD_REASONS,
    RESTART_REASONS,
    SETTLING,
    WAIT_REASONS,
    Action,
    KibanaView,
    action,
    is_another,
    reasons,
    steps_of,
    was_started_after,
)
from components.clients.status import KibanaStatus
from components.nodes.probes import Speech
from components.nodes.process import Process

COMMAND = ("systemctl", "restart", "kibana")
AVAILABLE, CRITICAL = KibanaStatus(200, "available"), KibanaStatus(503, "critical")
WELL = KibanaView(
    name="kibana-1",
    speech=Speech.TLS,
    process=Process(7, 1000.0),
    written=900.0,
    has_read=None,
    wants_tls=True,
    served="a1",
    wanted="a1",
    will_change=False,
    can_restart=True,
    status=AVAILABLE,
)


def view(**differs) -> KibanaView:
    return replace(WELL, **differs)


CASES = [
    pytest.param({}, Action.NONE, "", id="all is well"),
    pytest.param({"will_change": True}, Action.RESTART, "KibanaConfigurationChanges", id="its settings will change"),
    pytest.param({"written": 1001.0}, Action.RESTART, "KibanaConfigurationIsNewer", id="its settings are newer"),
    pytest.param({"written": 1001.0, "has_read": True}, Action.NONE, "", id="newer, and recorded to be the same"),
    pytest.param({"has_read": False}, Action.RESTART, "KibanaConfigurationIsNewer", id="older, and recorded to differ"),
    pytest.param({"process": None}, Action.RESTART, "KibanaConfigurationIsNewer", id="nobody knows its process"),
    pytest.param({"process": None, "has_read": True}, Action.NONE, "", id="nobody knows it, and it is recorded"),
    pytest.param({"speech": Speech.PLAIN}, Action.RESTART, "KibanaTlsDiffers", id="it speaks plain HTTP"),
    pytest.param({"wants_tls": False, "wanted": ""}, Action.NONE, "", id="it serves a certificate of the operator's"),
    pytest.param({"wants_tls": False, "speech": Speech.PLAIN, "served": ""}, Action.NONE, "", id="it stays plain"),
    pytest.param({"served": "b2"}, Action.RELOAD, "KibanaServesAnotherLeaf", id="it serves another leaf"),
    pytest.param({"wanted": None}, Action.RELOAD, "KibanaServesAnotherLeaf", id="its leaf is not made yet"),
    pytest.param({"status": CRITICAL}, Action.WAIT, "KibanaNotAvailable", id="it cannot log in"),
    pytest.param({"served": "b2", "can_restart": False}, Action.RELOAD, "KibanaServesAnotherLeaf", id="no command"),
    pytest.param({"will_change": True, "can_restart": False}, Action.BY_HAND, "KibanaConfigurationChanges", id="hand"),
    pytest.param({"process": None, "speech": Speech.NOTHING}, Action.START, "", id="it does not run"),
]


@pytest.mark.parametrize(("differs", "takes", "reason"), CASES)
def test_a_kibana_like_this_takes_that(differs, takes, reason):
    one = view(**differs)
    assert action(one) is takes
    assert [finding.reason for finding in reasons(one)] == ([reason] if reason else [])


@pytest.mark.parametrize("rule", [*RESTART_REASONS, *RELOAD_REASONS, *WAIT_REASONS], ids=lambda rule: rule.__name__)
def test_every_rule_names_the_kibana_and_its_source(rule):
    found = [finding for differs, *_ in (case.values for case in CASES) if (finding := rule(view(**differs)))]
    assert found
    assert all(finding.message.startswith("kibana-1: ") for finding in found)
    assert "Source: " in rule.__doc__


def test_a_status_is_only_a_reason_where_nothing_else_explains_it():
    assert [one.reason for one in reasons(view(served="b2", status=CRITICAL))] == ["KibanaServesAnotherLeaf"]


def test_a_leaf_of_a_process_that_nobody_can_signal_takes_a_restart():
    assert action(view(process=None, has_read=True, served="b2")) is Action.RESTART
    assert action(view(process=None, has_read=True, served="b2", can_restart=False)) is Action.BY_HAND


@pytest.mark.parametrize(
    ("differs", "steps"),
    [
        ({}, 0),
        ({"will_change": True}, 2),
        ({"served": "b2"}, 2),
        ({"status": CRITICAL}, 1),
        ({"will_change": True, "can_restart": False}, 1),
        ({"process": None, "speech": Speech.NOTHING}, 1),
    ],
)
def test_steps_say_what_is_done_and_what_is_waited_for(differs, steps):
    found = steps_of(view(**differs), COMMAND)
    assert len(found) == steps
    assert ("restart Kibana: systemctl restart kibana" in found) is (action(view(**differs)) is Action.RESTART)


def test_what_was_written_a_moment_before_a_start_is_not_surely_read():
    """`ps` counts whole seconds, so that a process may seem up to a second younger than it is."""
    assert not was_started_after(Process(7, 1000.0), 1000.0 - PRECISION + 0.001)
    assert was_started_after(Process(7, 1000.0), 1000.0 - PRECISION)
    assert SETTLING > PRECISION


def test_a_process_is_another_one_by_number_or_start_and_is_taken_to_be_where_nobody_knows():
    one = Process(7, 1000.0)
    assert not is_another(one, one)
    assert is_another(Process(8, 1000.0), one)
    assert is_another(Process(7, 1010.0), one)
    assert is_another(None, one)
    assert is_another(one, None)
