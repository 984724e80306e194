"""Outputs: what is secret stays masked, also inside a map, which the Automation API takes for public."""

import json

import pytest

from tests.engine.folders_run import FoldersRun

pytestmark = pytest.mark.engine
SECRET = {"elasticPassword", "userPasswords"}


def test_passwords_are_masked_until_they_are_asked_for(tmp_path):
    run = FoldersRun(tmp_path, ("es-1",))
    run.scenario("minimal")
    said = json.dumps(run.up())
    shown = run.succeed("output", "--json")
    asked = run.succeed("output", "--json", "--show-secrets").data
    passwords = [asked["elasticPassword"], *asked["userPasswords"].values()]
    assert len(passwords) >= 2
    assert all(len(password) > 20 for password in passwords)
    assert {name for name, value in shown.data.items() if value == "[secret]"} == SECRET
    assert [password for password in passwords if password in said + shown.stdout + shown.stderr] == []
