"""A rollout is announced to the hooks: when, with what, and when not."""

import json

import pytest

from components.handling import Recorded
from components.hooks.handler import NO_ROLLOUT, AnnouncementHandler, AnnouncementInputs, AnnouncementOutputs
from components.hooks.spec import Hook, Moment
from components.values import UNKNOWN, Unknown
from provider.registry import HANDLERS
from tests.fakes import FakeClock, FakeContext

HANDLER = AnnouncementHandler()
PLAN = json.dumps({"run": "1", "plan": {"rows": [{"what": "trust file"}]}})
SAME_IN_ANOTHER_RUN = PLAN.replace("1", "2")


def hook(name, moment=Moment.BEFORE):
    return Hook(name=name, moment=moment, command=("x",), timeout=60, folder="/project")


def wanted(plan=None, content='{"scenario": "basic"}', command="run it"):
    return AnnouncementInputs(
        cluster="logs",
        content=content,
        hooks=(hook("silence"),),
        commands={"before-silence": command},
        folder="/project",
        plan=plan,
    )


def recorded(inputs, outputs=None):
    outputs = outputs or AnnouncementOutputs(announced="before", document="{}", commands={"before-silence": "old"})
    return Recorded(inputs, outputs)


def test_a_plan_is_announced_whatever_is_recorded():
    before = recorded(wanted())
    assert [change.on for change in HANDLER.changes(before, wanted(PLAN), FakeContext())] == ["announced"]
    made = HANDLER.converge(before, wanted(PLAN), FakeContext())
    assert made.announced == FakeClock().now().isoformat()
    assert made.commands == {"before-silence": "run it"}
    assert json.loads(made.document) == {
        "announced": made.announced,
        "cluster": "logs",
        "wanted": {"scenario": "basic"},
        "plan": {"rows": [{"what": "trust file"}]},
    }


def test_a_refresh_which_asks_with_the_recorded_plan_announces_nothing_and_a_run_with_an_equal_one_does():
    assert not HANDLER.changes(recorded(wanted(PLAN)), wanted(PLAN), FakeContext())
    assert HANDLER.changes(recorded(wanted(PLAN)), wanted(SAME_IN_ANOTHER_RUN), FakeContext())


@pytest.mark.parametrize("plan", [None, NO_ROLLOUT])
def test_without_a_plan_an_unchanged_wish_announces_nothing(plan):
    assert not HANDLER.changes(recorded(wanted(PLAN)), wanted(plan), FakeContext())


def test_another_wish_is_announced_without_a_plan_where_there_is_no_driver():
    made = HANDLER.converge(recorded(wanted()), wanted(content='{"scenario": "basic-https"}'), FakeContext())
    assert json.loads(made.document)["wanted"] == {"scenario": "basic-https"}
    assert json.loads(made.document)["plan"] is None


def test_what_the_driver_says_touches_no_node_leaves_every_command_as_it_is():
    before = recorded(wanted())
    assert HANDLER.converge(before, wanted(NO_ROLLOUT, command="new"), FakeContext()) == before.outputs
    assert HANDLER.converge(None, wanted(NO_ROLLOUT), FakeContext()) == AnnouncementOutputs()
    assert HANDLER.preview(None, wanted(NO_ROLLOUT), FakeContext()).commands == {}


def test_a_preview_knows_the_commands_and_not_yet_the_moment():
    shown = HANDLER.preview(None, wanted(content=UNKNOWN), FakeContext())
    assert shown.commands == {"before-silence": "run it"}
    assert isinstance(shown.document, Unknown)
    assert isinstance(shown.announced, Unknown)


def test_two_announcements_of_one_plan_differ_so_that_a_hook_runs_again_after_a_killed_run():
    first = HANDLER.converge(None, wanted(PLAN), FakeContext())
    later = FakeClock()
    later.sleep(0.001)
    assert HANDLER.converge(recorded(wanted(PLAN), first), wanted(PLAN), FakeContext(later)).document != first.document


def test_how_a_hook_is_run_is_no_reason_to_run_it():
    assert HANDLERS[HANDLER.token].places == {"hooks", "commands", "folder", "plan"}
