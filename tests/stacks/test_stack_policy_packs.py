"""Which policy packs a run is held against: paths that hold elsewhere, and refusals before an engine is looked for."""

import json

import pytest

from components.errors import ConfigurationRefused
from stacks import cli, policy_packs
from stacks.cli import BROKEN, FINE, main
from stacks.driver import RunFailed
from stacks.events import Failure
from stacks.policy_packs import PROJECT, PolicyPacks
from tests.stacks.fake_driver import UNCHANGED, fake_driver


@pytest.fixture
def pack(tmp_path):
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / PROJECT).write_text("runtime: python\n")
    return folder


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "policies.json"
    path.write_text("{}")
    return path


@pytest.mark.parametrize("name", ["preview", "up"])
def test_preview_and_up_are_held_against_the_packs_that_are_named(name, project, pack, config, monkeypatch):
    driver = fake_driver(UNCHANGED)
    monkeypatch.setattr(cli, "Driver", driver)
    monkeypatch.chdir(pack.parent)
    options = ["--policy-pack", "pack", "--policy-pack-config", "policies.json"]
    assert main([name, "prod", *options, "--project", str(project)]) == FINE
    [packs] = driver.policy_packs
    assert packs == PolicyPacks((str(pack),), (str(config),))
    assert packs.options() == {"policy_packs": [str(pack)], "policy_pack_configs": [str(config)]}


def test_without_a_pack_the_engine_is_asked_for_none():
    assert policy_packs.policy_packs([], []).options() == {}


@pytest.mark.parametrize("command", ["refresh", "destroy"])
def test_other_commands_take_no_policy_pack(command, project, pack, capsys):
    with pytest.raises(SystemExit):
        main([command, "prod", "--policy-pack", str(pack), "--project", str(project)])
    assert "unrecognized arguments: --policy-pack" in capsys.readouterr().err


def test_a_folder_without_the_packs_own_file_is_refused_before_an_engine_is_looked_for(project, tmp_path, capsys):
    assert main(["preview", "prod", "--policy-pack", str(tmp_path), "--project", str(project)]) == BROKEN
    assert capsys.readouterr().out == (
        f"✗ {tmp_path}: this is no policy pack\n  why:  it has no {PROJECT}\n"
        "  next: name the folder of a policy pack, such as `policy` of this checkout\n"
    )


def test_our_own_pack_without_its_packages_is_refused_with_what_makes_them(pack, monkeypatch):
    monkeypatch.setattr(policy_packs, "OURS", pack)
    with pytest.raises(ConfigurationRefused, match="next: make policy"):
        policy_packs.policy_packs([pack], [])
    (pack / ".venv" / "bin").mkdir(parents=True)
    (pack / ".venv" / "bin" / "python").touch()
    assert policy_packs.policy_packs([pack], []) == PolicyPacks((str(pack),))


def test_each_pack_has_a_file_of_configuration_or_none_has(pack, config):
    with pytest.raises(ConfigurationRefused, match="2 policy packs, and 1 files of configuration"):
        policy_packs.policy_packs([pack, pack], [config])
    with pytest.raises(ConfigurationRefused, match="there is no such file"):
        policy_packs.policy_packs([pack], [config.with_name("absent.json")])


def test_a_refusal_by_policies_is_an_error_like_all_others(project, pack, monkeypatch, capsys):
    text = "certificates.key: is `rsa-2048`\n  why:  too weak\n  next: choose another\n  policy: any of any (any)"
    failures = tuple(Failure(f"es-{number}-http-leaf", text, of_policy=True) for number in (1, 2))
    monkeypatch.setattr(cli, "Driver", fake_driver(breaks={"preview": RunFailed(failures, "")}))
    arguments = ["up", "prod", "--policy-pack", str(pack), "--project", str(project)]
    assert main(arguments) == BROKEN
    assert capsys.readouterr().out.endswith(f"✗ {text}\n")
    assert main([*arguments, "--json"]) == BROKEN
    errors = json.loads(capsys.readouterr().out)["errors"]
    assert errors == [{"resource": f"es-{number}-http-leaf", "text": text} for number in (1, 2)]
