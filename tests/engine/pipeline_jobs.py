"""The jobs of `docs/pipelines.md`, run step by step as GitHub and GitLab would: with bash, and with strict expressions.

An expression, a variable, a key or an action that is not known here raises, or ends the step with an error.
"""

import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cluster.stack_run import CHECKOUT
from tests.test_pipelines_page import GITHUB, GITLAB

SETUP = f'ln -s "{CHECKOUT}/.venv" .venv && git rev-parse HEAD > .git/made-ready'
"""What stands for `make setup`: the .venv of these tests, and a note of the commit."""
PLACED = frozenset(
    {
        *("runs-on", "timeout-minutes", "permissions", "concurrency", "environment"),
        *("tags", "timeout", "resource_group"),
    }
)
"""Keys of a job that say where and when it runs; `tests/test_pipelines_page.py` looks at those that matter."""
KEYS = {
    "job of GitHub's": {"if", "steps", "strategy"},
    "strategy": {"matrix", "fail-fast", "max-parallel"},
    "step": {"uses", "run", "name", "id", "env", "if", "with"},
    "checkout": {"fetch-depth"},
    "job of GitLab's": {
        *(
            "rules",
            "before_script",
            "script",
            "after_script",
            "parallel",
            "allow_failure",
            "artifacts",
            "extends",
            "needs",
            "variables",
        ),
    },
    "default": {"before_script"},
}
"""What is understood here."""
GREY, GREEN, AMBER, RED = "grey", "green", "amber", "red"


@dataclass
class Job:
    """How a job ended.

    Attributes:
        colour: green, amber or red; grey where it never began.
        folder: its checkout.
        said: what its steps printed.
        summary: GitHub's page of the run.
    """

    colour: str
    folder: Path = Path()
    said: str = ""
    summary: str = ""

    @property
    def made_ready(self) -> str:
        """Return the commit for which `make setup` ran; nothing where it did not."""
        note = self.folder / ".git" / "made-ready"
        return note.read_text().strip() if note.exists() else ""


Checkout = Callable[[str, bool], Path]
"""Makes a fresh checkout: how deep, and whether it may push."""


def bash(script: str, folder: Path, variables: Mapping[str, str], *options: str) -> tuple[int, str]:
    """Run a script; a variable that nobody set is an error, which is stricter than either CI system."""
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-u", *options, "-c", script],
        cwd=folder,
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@dataclass
class GitHub:
    """A runner of GitHub's.

    Attributes:
        checkout: makes a fresh checkout.
        variables: what the runner's machine has in its environment.
        known: what each expression stands for, by its text.
    """

    checkout: Checkout
    variables: Mapping[str, str]
    known: Mapping[str, str]

    def event(self, name: str, only: tuple[str, ...] = ()) -> dict[str, Job]:
        """Run the job that an event starts, and return how it ended by job and environment of its matrix.

        Args:
            name: of the event.
            only: the environments, where somebody starts failed jobs again.
        """
        assert name in GITHUB["on"]
        known = {**self.known, "github.event_name": name}
        ended: dict[str, Job] = {}
        for title, job in GITHUB["jobs"].items():
            refuse_unknown(job, "job of GitHub's")
            strategy = job.get("strategy", {"matrix": {"environment": [""]}})
            refuse_unknown(strategy, "strategy")
            stops = strategy.get("fail-fast", True)
            for environment in strategy["matrix"]["environment"] if holds(job["if"], known.__getitem__) else ():
                if not only or environment in only:
                    begins = not (stops and RED in [one.colour for one in ended.values()])
                    of_the_matrix = {**known, "matrix.environment": environment}
                    writes = job.get("permissions", GITHUB["permissions"])["contents"] == "write"
                    ran = self._run(job["steps"], of_the_matrix, writes) if begins else Job(GREY)
                    ended[f"{title} {environment}".strip()] = ran
        return ended

    def _run(self, steps: list[dict[str, Any]], known: dict[str, str], writes: bool) -> Job:
        first, *steps = steps
        assert first["uses"] == "actions/checkout@v4"
        refuse_unknown(first.get("with", {}), "checkout")
        folder = self.checkout(str(first.get("with", {}).get("fetch-depth", 1)), writes)
        summary, outputs = folder.parent / f"{folder.name}.summary", folder.parent / f"{folder.name}.output"
        own = {"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_REPOSITORY": known["github.repository"], "CI": "true"}
        all_said, failed = "", False
        summary.touch()
        for step in steps:
            refuse_unknown(step, "step")
            if not begins_step(step.get("if", ""), failed, known):
                continue
            outputs.write_text("")
            wanted = {key: filled(value, known) for key, value in {**GITHUB["env"], **step.get("env", {})}.items()}
            variables = {**self.variables, **own, **wanted, "GITHUB_OUTPUT": str(outputs)}
            script = SETUP if step["run"] == "make setup" else filled(step["run"], known)
            status, said = bash(script, folder, variables, "-e")
            all_said += said
            failed = failed or status != 0
            for line in outputs.read_text().splitlines():
                name, _, value = line.partition("=")
                known = {**known, f"steps.{step['id']}.outputs.{name}": value}
        return Job(RED if failed else GREEN, folder, all_said, summary.read_text())


@dataclass
class GitLab:
    """A runner of GitLab's.

    Attributes:
        checkout: makes a fresh checkout.
        variables: those of the runner's machine and of the project.
    """

    checkout: Checkout
    variables: Mapping[str, str]
    jobs: dict[str, Any] = field(default_factory=lambda: {key: one for key, one in GITLAB.items() if key != "default"})

    def pipeline(self, source: str, only: tuple[str, ...] = (), **of_the_event: str) -> dict[str, Job]:
        """Run the jobs that an event starts, and return how each ended, by its name and its environment.

        Args:
            source: what started the pipeline.
            only: the jobs that somebody starts by hand.
            of_the_event: variables that GitLab sets for it.
        """
        given = {**self.variables, "CI": "true", "CI_PIPELINE_SOURCE": source, **of_the_event}
        ended: dict[str, Job] = {}
        for name, written in self.jobs.items():
            base = self.jobs.get(written.get("extends", ""), {})
            merged = {**base.get("variables", {}), **written.get("variables", {})}  # by `extends`, key by key
            job = {**base, **written, "variables": merged}
            refuse_unknown(job, "job of GitLab's")
            [rule] = job["rules"]
            chosen = not name.startswith(".") and holds(rule["if"], lambda word: given[word.removeprefix("$")])
            if not chosen or (only and name not in only):
                continue
            begins = all(ended[need].colour in {GREEN, AMBER} for need in job.get("needs", ()))
            for own in matrix_of(job):
                label = f"{name} {own['ENVIRONMENT']}" if "parallel" in job else name
                ended[label] = self._run(job, {**given, **own}) if begins else Job(GREY)
        return ended

    def _run(self, job: dict[str, Any], variables: Mapping[str, str]) -> Job:
        folder, default = self.checkout(variables.get("GIT_DEPTH", "20"), True), GITLAB["default"]
        refuse_unknown(default, "default")
        lines = (*job.get("before_script", default["before_script"]), *job["script"])
        lines = tuple(SETUP if line == "make setup" else line for line in lines)
        status, said = bash("\n".join(lines), folder, variables, "-e", "-o", "pipefail")
        after, said_after = bash("\n".join(job.get("after_script", [":"])), folder, variables, "-e")
        assert after == 0, said_after
        for path in job.get("artifacts", {"paths": []})["paths"]:
            assert (folder / path).exists(), f"there is no artifact {path}: {said}"
        amber = job.get("allow_failure", {"exit_codes": []})["exit_codes"]
        return Job(GREEN if status == 0 else AMBER if status in amber else RED, folder, said + said_after)


def matrix_of(job: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the variables of each run of a job of GitLab's."""
    [row] = job.get("parallel", {"matrix": [{}]})["matrix"]
    own = job.get("variables", {})
    return [{**own, "ENVIRONMENT": one} for one in row["ENVIRONMENT"]] if row else [own]


def begins_step(condition: str, failed: bool, known: Mapping[str, str]) -> bool:
    """Tell whether a step of GitHub's begins; what a step that did not run would have put out is empty."""
    if condition in {"always()", "failure()"}:
        return failed or condition == "always()"
    outputs = re.findall(r"steps\.\w+\.outputs\.\w+", condition)
    return not failed and (not condition or holds(condition, {**dict.fromkeys(outputs, ""), **known}.__getitem__))


def filled(text: str, known: Mapping[str, str]) -> str:
    """Return a text with its expressions replaced; one that is not known raises."""
    return re.sub(r"\$\{\{ (.*?) \}\}", lambda found: known[found[1]], text)


def holds(condition: str, value: Callable[[str], str]) -> bool:
    """Tell whether a condition holds: comparisons joined by `&&`, of names and of texts in quotes."""

    def meant(word: str) -> str:
        quoted = re.fullmatch(r"'([^']*)'|\"([^\"]*)\"", word)
        return (quoted[1] or quoted[2] or "") if quoted else value(word)

    sides = [part.split(" == ") for part in condition.split(" && ")]
    return all(meant(left) == meant(right) for left, right in sides)


def refuse_unknown(keys: Mapping[str, Any], what: str) -> None:
    """Refuse a key that would be passed over here."""
    unknown = set(keys) - PLACED - KEYS[what]
    assert not unknown, f"a {what} has {unknown}"
