"""What a stack shows of itself and changes nothing: its outputs, secrets masked, and what will be due later."""

import json
from datetime import timedelta

import pytest

from components.clock import SystemClock
from stacks.cli import DUE, FINE
from tests.engine.folders_run import FoldersRun

pytestmark = pytest.mark.engine
SECRET = {"elasticPassword", "userPasswords"}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    found = FoldersRun(tmp_path_factory.mktemp("shown"), ("es-1",))
    found.write()
    found.said = json.dumps(found.up())
    return found


def files_of(run):
    """Return every file of the node and of the state."""
    folders = (run.nodes[0].config, run.state_folder)
    return {path: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


def test_passwords_are_masked_until_they_are_asked_for_also_inside_a_map(run):
    shown = run.succeed("output", "--json")
    asked = run.succeed("output", "--json", "--show-secrets").data
    passwords = [asked["elasticPassword"], *asked["userPasswords"].values()]
    assert len(passwords) >= 2
    assert all(len(password) > 20 for password in passwords)
    assert {name for name, value in shown.data.items() if value == "[secret]"} == SECRET
    assert [password for password in passwords if password in run.said + shown.stdout + shown.stderr] == []


def test_a_look_ahead_shows_what_is_due_on_that_day_and_changes_nothing(run):
    before, day = files_of(run), f"{SystemClock().now() + timedelta(days=300):%Y-%m-%d}"
    ahead = run.run("preview", "--json", "--at", day)
    assert (ahead.status, ahead.data["at"]) == (DUE, f"{day}T00:00:00+00:00")
    leaves = [row["change"] for row in ahead.data["plan"]["rows"] if row["what"] == "leaf"]
    assert sorted(change.split()[1] for change in leaves) == ["HTTP", "transport"]
    assert all("its renewal window opened on" in change for change in leaves)
    assert run.run("preview").status == FINE
    assert files_of(run) == before
