"""The operator's hooks in a plan."""

import pytest

from components.errors import ConfigurationRefused
from stacks.command_plugin import BINARY, VERSION, refuse_missing_plugin
from stacks.events import Failure, phase_of
from stacks.hook_rows import COMMAND, is_rollout
from stacks.plan import plan_from
from stacks.plan_rows import Row, Seen

TRUST = {"inputs": {"layer": "transport", "node": {"name": "es-1"}}, "outputs": {"steps": ["write it"]}}
HOOKS = [
    {"name": "wake", "moment": "after", "command": ["./wake.sh"], "on": ""},
    {"name": "pause", "moment": "before", "command": ["systemctl", "stop", "ingest"], "on": "es-1"},
]


def trust(op):
    return Seen("es-1-transport-trust", "essecurity:nodes:NodeTrust", op, **TRUST)


def announcement(op, before=None):
    return Seen("announcement", "essecurity:hooks:Announcement", op, {"hooks": HOOKS}, {}, before or {})


def command(name, op, create="run it", before=None):
    return Seen(name, COMMAND, op, {"create": create}, {}, before or {})


def hooks_in(*resources):
    plan = plan_from(resources)
    rows = [row for row in plan.rows if row.what.startswith("hook ")]
    return [(row.what, row.nodes, row.change) for row in rows]


def test_a_rollout_lists_its_hooks_first_and_last():
    plan = plan_from([announcement("same"), trust("update")])
    assert [row.what for row in plan.rows] == ["hook before", "trust file", "hook after"]
    assert hooks_in(announcement("same"), trust("update")) == [
        ("hook before", ("es-1",), "pause: systemctl stop ingest"),
        ("hook after", (), "wake: ./wake.sh"),
    ]


@pytest.mark.parametrize("op", ["create", "update"])
def test_where_no_node_is_touched_no_hook_runs_and_the_plan_is_empty(op):
    resources = [announcement(op), trust("same"), command("after-wake", op)]
    assert hooks_in(*resources) == []
    assert plan_from(resources).is_empty


def test_a_hook_that_an_earlier_run_left_undone_is_work_and_all_run_again():
    resources = [announcement("same"), trust("same"), command("after-wake", "update"), command("before-pause", "same")]
    assert hooks_in(*resources) == [
        ("hook before", ("es-1",), "pause: systemctl stop ingest"),
        ("hook after", (), "wake: ./wake.sh (left undone by an earlier run)"),
    ]


@pytest.mark.parametrize(
    ("recorded", "listed"),
    [
        ({"create": "wake it", "stdin": "the second plan"}, []),
        ({"create": "wake it", "stdin": "the first plan"}, ["pause", "wake"]),
        ({}, ["pause", "wake"]),
    ],
)
def test_a_hook_left_undone_is_found_too_where_the_announcement_changes_without_a_rollout(recorded, listed):
    told = {"commands": {"after-wake": "wake it"}, "document": "the second plan"}
    resources = [announcement("update", told), trust("same"), command("after-wake", "update", "", recorded)]
    assert [change.partition(":")[0] for *_, change in hooks_in(*resources)] == listed


def test_hooks_that_were_taken_out_are_let_go_of_which_is_work_without_a_hook():
    resources = [announcement("delete"), trust("same"), command("after-wake", "delete")]
    words = "no hook runs, and no node is touched"
    assert plan_from(resources).rows == (Row("record", (), "− forgotten: hook after wake", words),)
    only = (Row("record", (), "− forgotten: the announcement to the hooks", words),)
    assert plan_from([announcement("delete")]).rows == only


def test_hooks_that_were_taken_out_are_told_beside_other_work():
    plan = plan_from([announcement("delete"), trust("update"), command("after-wake", "delete")])
    assert [row.what for row in plan.rows] == ["trust file", "record"]


@pytest.mark.parametrize(
    ("row", "touches"),
    [
        (Row("leaf", ("es-1",), "+ leaf"), False),
        (Row("proof", (), "a handshake"), False),
        (Row("key file", ("es-1",), "− forgotten; nothing is taken from the node"), False),
        (Row("key file", ("es-1",), "write it"), True),
        (Row("elasticsearch.yml", ("es-1",), "− xpack.security.enrollment.enabled: true"), True),
        (Row("user", (), "set the password"), True),
    ],
)
def test_a_rollout_is_what_touches_a_node(row, touches):
    assert is_rollout([Row("authority", (), "+ CA"), row], restarts=False) is touches
    assert is_rollout([row], restarts=True)


def test_a_hook_that_was_never_announced_or_is_gone_is_no_work():
    assert hooks_in(announcement("same"), command("after-wake", "create", "")) == []
    assert hooks_in(announcement("same"), command("after-wake", "delete")) == []
    assert hooks_in(announcement("delete"), trust("update"), command("after-wake", "delete")) == []


def test_the_error_of_a_hook_is_told_without_the_command_line_that_runs_it():
    ours = "hook silence (before): ended with exit status 3\n  why:  no\n  next: mend it"
    text = f'exit status 1: running "python -m x \'{{\\"name\\":\\"a\\"}}\'":\n{ours}\n'
    assert Failure("before-silence", text).for_people() == Failure("", ours)


def test_the_work_of_the_other_plugin_has_a_name_for_people():
    assert phase_of(COMMAND) == "hooks"


def test_the_plugin_that_runs_hooks_is_fetched_by_the_engine_where_it_is_not_there(tmp_path):
    asked = []
    environment = {"PULUMI_HOME": str(tmp_path), "PATH": str(tmp_path / "bin")}
    refuse_missing_plugin(environment, lambda *words: asked.append(words))
    assert asked == [("command", f"v{VERSION}")]


@pytest.mark.parametrize("place", [f"plugins/resource-command-v{VERSION}", "bin"])
def test_a_plugin_that_is_there_is_not_fetched(place, tmp_path):
    plugin = tmp_path / place / BINARY
    plugin.parent.mkdir(parents=True)
    plugin.write_text("#!/bin/sh\n")
    plugin.chmod(0o755)
    environment = {"PULUMI_HOME": str(tmp_path), "PATH": str(tmp_path / "bin")}
    refuse_missing_plugin(environment, lambda *words: pytest.fail("it was fetched"))


def test_a_plugin_that_cannot_be_fetched_is_told_with_every_way_out(tmp_path):
    def install(name, version):
        raise RuntimeError("code: 255\nstderr: \nerror: [resource plugin command-1.2.1]: downloading: no such host\n")

    environment = {"PULUMI_HOME": str(tmp_path), "PATH": str(tmp_path / "bin")}
    with pytest.raises(ConfigurationRefused) as error:
        refuse_missing_plugin(environment, install)
    assert error.value.why == "[resource plugin command-1.2.1]: downloading: no such host"
    assert f"pulumi plugin install resource command {VERSION}" in error.value.next_step
    assert "needs it for one `up` more, after the section `hooks` was taken out" in error.value.next_step
