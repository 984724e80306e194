"""A file with the passphrase that others on the machine may open is warned of, and hinders nothing."""

import json

import pytest

from stacks.cli import FINE, main
from stacks.passphrase import FILE, open_to_others
from tests.stacks.stackfiles import BY_SSH, sections, write_stack_file


@pytest.fixture
def passphrase(tmp_path):
    path = tmp_path / "a passphrase"
    path.write_text("kept safe")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_file_for_its_owner_alone_is_as_it_should_be(passphrase, mode):
    passphrase.chmod(mode)
    assert open_to_others({FILE: str(passphrase)}) == ()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o601])
def test_a_file_that_is_open_to_others_is_warned_of_with_what_to_type(passphrase, mode):
    passphrase.chmod(mode)
    (warning,) = open_to_others({FILE: str(passphrase)})
    assert f"is open to others on this machine (mode {mode:04o})" in warning
    assert warning.endswith(f"`chmod 600 '{passphrase}'`")
    assert "kept safe" not in warning


@pytest.mark.parametrize("environment", [{}, {FILE: ""}, {FILE: "/not/there"}])
def test_where_there_is_no_file_nothing_is_said(environment):
    assert open_to_others(environment) == ()


def test_a_file_that_pulumi_does_not_ask_for_is_nobodys_business(passphrase):
    passphrase.chmod(0o644)
    assert open_to_others({FILE: str(passphrase), "PULUMI_CONFIG_PASSPHRASE": "text"}) == ()


def test_check_tells_of_it_and_ends_well(project, passphrase, monkeypatch, capsys):
    write_stack_file(project / "stacks", sections(BY_SSH))
    monkeypatch.setenv(FILE, str(passphrase))
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    command = ["check", "prod", "--json", "--project", str(project)]
    told = []
    for mode in (0o600, 0o644):
        passphrase.chmod(mode)
        assert main(command) == FINE
        told.append(json.loads(capsys.readouterr().out)["warnings"])
    assert [len(warnings) for warnings in told] == [0, 1]
