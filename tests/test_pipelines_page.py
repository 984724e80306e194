"""The pipelines in `docs/pipelines.md` are files that can be copied: YAML, shell, and commands that exist."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from stacks.arguments import parsed
from stacks.cli import COMMANDS

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "pipelines.md").read_text()
GITHUB, GITLAB = (YAML(typ="safe").load(text) for text in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S))
CALL = re.compile(r"python -m stacks ([^\n|;&>`]*)")
SHORT = re.compile(r"`stacks ([a-z][^`\n]*)`")


def steps_of_github():
    for name, job in GITHUB["jobs"].items():
        for at, step in enumerate(job["steps"]):
            if "run" in step:
                yield pytest.param(step["run"], id=f"github {name} {at}")


def scripts_of_gitlab():
    for name, job in GITLAB.items():
        for key in ("before_script", "script", "after_script"):
            if key in job:
                yield pytest.param("\n".join(job[key]), id=f"gitlab {name} {key}")


SHELL = [*steps_of_github(), *scripts_of_gitlab()]


@pytest.mark.parametrize("script", SHELL)
def test_every_step_is_shell_that_bash_can_read(script):
    done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", sorted({*CALL.findall(PAGE), *SHORT.findall(PAGE)}))
def test_every_command_on_the_page_is_one_that_the_command_line_takes(command):
    words = [re.sub(r"^\$\w+$", "prod", word) for word in shlex.split(command)]
    options = parsed(COMMANDS, None, words)
    assert options.environment in {"dev", "staging", "prod"}


def test_each_pipeline_has_a_preview_as_a_comment_an_up_on_merge_and_a_nightly_renewal():
    called = {name: "\n".join(step.get("run", "") for step in job["steps"]) for name, job in GITHUB["jobs"].items()}
    called |= {f"gitlab {name}": "\n".join(job.get("script", [])) for name, job in GITLAB.items()}
    for prefix in ("", "gitlab "):
        assert "--markdown" in called[f"{prefix}preview"]
        assert re.search(r"python -m stacks up \S+ --exit-code", called[f"{prefix}nightly"])
    assert "python -m stacks up" in called["up"]
    assert "python -m stacks up" in called["gitlab .up"]
    assert {"pull_request", "push", "schedule"} <= set(GITHUB["on"])


def test_no_secret_is_written_into_a_command_line_by_the_runner():
    assert [step.values[0] for step in SHELL if "${{" in step.values[0]] == [], "only by variables of the step"


def test_a_job_that_changes_a_stack_waits_for_another_one_on_the_same_stack():
    for job in ("up", "nightly"):
        assert GITHUB["jobs"][job]["concurrency"]["cancel-in-progress"] is False
    assert {GITLAB[job]["resource_group"] for job in (".up", "nightly")} == {"stack-$ENVIRONMENT"}


def test_a_job_that_changes_a_stack_has_time_for_a_rolling_restart_of_many_nodes():
    assert [GITHUB["jobs"][job]["timeout-minutes"] for job in ("up", "nightly")] == [720, 720]
    assert [GITLAB[job]["timeout"] for job in (".up", "nightly")] == ["12h", "12h"]


def test_a_runner_is_said_to_need_every_tool_that_a_step_calls():
    [needs] = re.findall(r"\*\*A runner that reaches the nodes\*\*(.*?)^5\. ", PAGE, re.M | re.S)
    shell = "\n".join(step.values[0] for step in SHELL)
    called = {tool for tool in ("curl", "gh", "git", "jq", "make") if re.search(rf"(?:^|[ (;|]){tool} ", shell, re.M)}
    assert {"curl", "gh", "make"} <= called
    assert [tool for tool in called if f"`{tool}`" not in needs] == []
