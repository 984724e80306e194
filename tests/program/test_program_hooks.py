"""The operator's hooks in the program: what waits for them, what they wait for, and where nothing of them is there."""

import json
import shlex

import pytest

from components.hooks.spec import Hook
from stacks.announcing import announced_to_hooks
from stacks.plan import Plan
from stacks.plan_rows import Row
from tests.program.running import ANNOUNCEMENT, COMMAND, run, texts_in
from tests.program.stackfiles import HTTPS, KIBANA, minimal, program, stack_file

HOOKS = {
    "before": [{"name": "silence", "command": ["./silence.sh"]}, {"name": "pause", "command": ["x"], "on": "es-1"}],
    "after": [{"name": "resume", "command": ["x"], "ssh": {"host": "c"}}, {"name": "wake", "command": ["./wake.sh"]}],
}
COMMANDS = {"before-silence", "before-pause", "after-resume", "after-wake"}
IN_THE_STATE_ALONE = ("essecurity:pki:", "essecurity:users:GeneratedPassword", ANNOUNCEMENT, COMMAND)


@pytest.fixture
def made():
    return program(HTTPS, 3, kibana=KIBANA, hooks=HOOKS)


def of_nodes(made):
    """Return the names of the resources that may touch a machine."""
    found = [one for one in made.resources.values() if one.custom and not one.type.startswith(IN_THE_STATE_ALONE)]
    return {one.name for one in found}


def test_whatever_touches_a_node_waits_for_every_hook_that_comes_before(made):
    assert len(of_nodes(made)) == 29
    for name in of_nodes(made):
        assert {"before-silence", "before-pause"} <= made.waits_for(name), name


def test_hooks_of_a_moment_run_one_after_the_other(made):
    assert "before-silence" in made["before-pause"].after
    assert "after-resume" in made["after-wake"].after


def test_the_hooks_after_a_rollout_wait_for_everything(made):
    everything = {one.name for one in made.resources.values() if one.custom}
    assert made.waits_for("after-wake") == everything - {"after-wake"}
    assert "verification" in made["after-resume"].after


def test_the_hooks_before_a_rollout_wait_for_the_certificates_alone(made):
    assert not made.waits_for("before-pause") & of_nodes(made)
    assert {f"es-{number}-http-leaf" for number in (1, 2, 3)} <= made.waits_for("before-silence")


@pytest.mark.parametrize("running", [True, False])
def test_without_certificates_or_running_nodes_hooks_are_still_around_it(running):
    made = minimal(running=running, hooks=HOOKS)
    assert {"before-silence", "before-pause"} <= made.waits_for("es-1-settings")
    assert of_nodes(made) <= made.waits_for("after-wake")


def test_a_stack_without_hooks_has_nothing_of_them_and_waits_for_nothing_more(made):
    plain = program(HTTPS, 3, kibana=KIBANA)
    assert set(made.resources) - set(plain.resources) == {*COMMANDS, "announcement"}
    for name, one in plain.resources.items():
        assert made[name].after - {"before-silence", "before-pause"} == one.after, name


def test_a_command_is_told_by_the_announcement_what_to_run_and_what_to_read(made):
    for name in COMMANDS:
        inputs = made[name].inputs
        assert inputs["addPreviousOutputInEnv"] is False
        assert inputs["logging"] == "none"
        assert inputs["stdin"] == "{}"
        *runner, text = shlex.split(inputs["create"])
        assert runner[1:] == ["-m", "components.hooks.run"]
        assert Hook.model_validate_json(text).resource == name


def test_nothing_that_hooks_are_told_is_a_secret(made):
    texts = list(texts_in(made["announcement"].inputs))
    assert texts
    assert not [path for path, text, secret in texts if secret or "a secret" in text]


def test_a_plan_is_handed_to_the_hooks_where_it_lists_them_and_nowhere_else():
    def plan_for(*rows):
        with announced_to_hooks(Plan(rows=rows)):
            return run(stack_file("basic", 1, hooks=HOOKS))["announcement"].inputs["plan"]

    told = json.loads(plan_for(Row("hook before", (), "silence: ./silence.sh"), Row("key file", ("es-1",), "write it")))
    assert told["run"]
    assert [row["what"] for row in told["plan"]["rows"]] == ["hook before", "key file"]
    assert plan_for(Row("leaf", ("es-1",), "+ leaf")) == ""
    assert "plan" not in run(stack_file("basic", 1, hooks=HOOKS))["announcement"].inputs
