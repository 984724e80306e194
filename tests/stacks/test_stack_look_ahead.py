"""`preview --at`: only a preview, only ahead, and the plan says for which day it speaks."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from components.clock import PREVIEW_AT, SystemClock
from components.errors import ConfigurationRefused
from stacks import cli
from stacks.cli import main
from stacks.look_ahead import in_title, moment_of, moved_to
from stacks.workspace import workspace_for
from tests.stacks.fake_driver import CHANGED, fake_driver

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
AHEAD = "2999-03-01"
"""A day that is always ahead."""


@pytest.fixture
def opened(project, monkeypatch, capsys):
    """Run a command, and return its exit status, what it printed, and the variable that each engine was given."""
    given = []

    class Driver(fake_driver(CHANGED)):
        def __init__(self, workspace, *, policy_packs=None, debug=False):
            given.append(workspace.environment[PREVIEW_AT])
            super().__init__(workspace, debug=debug)

    def run(*arguments):
        monkeypatch.setattr(cli, "Driver", Driver)
        monkeypatch.setenv(PREVIEW_AT, "2040-01-01T00:00:00+00:00")
        status = main([*arguments, "--project", str(project)])
        return status, capsys.readouterr().out, given

    return run


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-03-01", datetime(2027, 3, 1, tzinfo=UTC)),
        ("2027-03-01T12:30", datetime(2027, 3, 1, 12, 30, tzinfo=UTC)),
        ("2027-03-01T12:30:15Z", datetime(2027, 3, 1, 12, 30, 15, tzinfo=UTC)),
        ("2027-03-01T00:30+02:00", datetime(2027, 2, 28, 22, 30, tzinfo=UTC)),
        ("2026-11-24T04:00:01", datetime(2026, 11, 24, 4, 0, 1, tzinfo=UTC)),
    ],
)
def test_a_day_or_a_time_is_a_moment_in_utc(text, moment):
    assert moment_of(text, NOW) == moment


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("tomorrow", "`tomorrow` is neither a day nor a time"),
        ("", "`` is neither a day nor a time"),
        ("2027-02-30", "`2027-02-30` is neither a day nor a time"),
        ("0001-01-01T00:00+14:00", "`0001-01-01T00:00+14:00` is neither a day nor a time"),
        ("2026-11-24", "`2026-11-24` is past"),
        ("2026-11-24T04:00Z", "`2026-11-24T04:00Z` is past"),
        ("1999-12-31", "`1999-12-31` is past"),
    ],
)
def test_what_is_no_moment_or_past_is_refused_with_what_to_write(text, why):
    with pytest.raises(ConfigurationRefused) as refused:
        moment_of(text, NOW)
    assert refused.value.why == why
    assert "2027-03-01" in refused.value.next_step or "2026-11-24" in refused.value.next_step


def test_the_plans_title_says_the_day_and_on_what_it_rests():
    assert in_title(datetime(2027, 3, 1, tzinfo=UTC)) == " · as of 2027-03-01, if no `up` runs before"
    assert in_title(datetime(2027, 3, 1, 12, 30, tzinfo=UTC)) == " · as of 2027-03-01 12:30 UTC, if no `up` runs before"
    assert in_title(None) == ""


def test_a_preview_that_looks_ahead_moves_the_plugins_clock_and_says_so(opened):
    status, out, given = opened("preview", "prod", "--at", AHEAD)
    assert (status, given) == (1, [f"{AHEAD}T00:00:00+00:00"])
    assert f"logs (prod) · basic-https · as of {AHEAD}, if no `up` runs before\n" in out


def test_the_json_of_such_a_preview_has_the_moment(opened):
    assert json.loads(opened("preview", "prod", "--at", AHEAD, "--json")[1])["at"] == f"{AHEAD}T00:00:00+00:00"
    assert "at" not in json.loads(opened("preview", "prod", "--json")[1])


@pytest.mark.parametrize("command", [["preview"], ["up"], ["refresh"], ["output"], ["destroy", "--yes"]], ids=" ".join)
def test_no_other_run_has_a_moved_clock_whatever_the_shell_says(command, opened):
    name, *rest = command
    status, _, given = opened(name, "prod", *rest)
    assert (status, given) == (1 if name == "preview" else 0, [""])


def test_nothing_is_opened_for_a_day_that_is_past(opened):
    status, out, given = opened("preview", "prod", "--at", "2001-01-01")
    assert (status, given) == (2, [])
    assert re.search(r"✗ --at: cannot look ahead\n\s+why: +`2001-01-01` is past", out)


def test_only_a_preview_takes_a_day(opened, capsys):
    with pytest.raises(SystemExit):
        opened("up", "prod", "--at", AHEAD)
    assert "unrecognized arguments: --at" in capsys.readouterr().err


def test_a_workspace_without_a_moment_is_left_as_it_is(project):
    workspace = workspace_for("prod", project)
    assert moved_to(workspace, None) is workspace
    assert moved_to(workspace, NOW).environment == {**workspace.environment, PREVIEW_AT: NOW.isoformat()}


def test_a_moved_clock_goes_on_from_its_moment():
    clock = SystemClock().moved_to(datetime(2999, 1, 1, tzinfo=UTC))
    first, second = clock.now(), clock.now()
    assert datetime(2999, 1, 1, tzinfo=UTC) <= first <= second < first + timedelta(minutes=1)
