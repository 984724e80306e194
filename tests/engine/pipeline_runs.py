"""Pipelines that run in tests: their repository, both CI systems, and what they told people."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.engine.example_run import ENVIRONMENTS
from tests.engine.gitlab_standin import NOTES_TOKEN, PROJECT, notes_api
from tests.engine.pipeline_jobs import GitHub, GitLab, Job, bash
from tests.engine.pipeline_repository import Repository

PULL_REQUEST = "https://github.example.net/ops/security/pull/7"
PASSPHRASE, TOKEN = "a passphrase of these tests", "token-of-gh"
LIVES = {"valid_for": "500d"}
"""How long a leaf lives that is due when it is 400 days old."""


class Pipelines:
    """A repository with both CI systems, and what they told people."""

    def __init__(self, folder: Path, api: str) -> None:
        self.repository, self.listened = Repository(folder), 0
        backend = f"{(folder / 'state').as_uri()}?metadata=skip"
        run_id = f"{os.getpid()}-{folder.parent.name}-{folder.name}"
        self.passphrase_of_github = Path(f"/dev/shm/stack-passphrase-{run_id}")
        self.passphrase_of_gitlab = folder / "passphrase"
        self.passphrase_of_gitlab.write_text(PASSPHRASE)
        known = {
            "vars.PULUMI_BACKEND_URL": backend,
            "github.run_id": run_id,
            "github.repository": "ops/security",
            "github.event.pull_request.head.repo.full_name": "ops/security",
            "github.event.pull_request.html_url": PULL_REQUEST,
            "github.token": TOKEN,
            "secrets.STACK_PASSPHRASE": PASSPHRASE,
        }
        self.github = GitHub(self.repository.checkout, self.repository.variables, known)
        of_the_project = {
            "PULUMI_BACKEND_URL": backend,
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.passphrase_of_gitlab),
            "NOTES_TOKEN": NOTES_TOKEN,
            "CI_API_V4_URL": api,
            "CI_PROJECT_ID": PROJECT,
            "CI_DEFAULT_BRANCH": "main",
            "CI_COMMIT_BRANCH": "",
        }
        self.gitlab = GitLab(self.repository.checkout, {**self.repository.variables, **of_the_project})

    def first_preview_by_hand(self, environment: str) -> None:
        """Make a stack, and commit the line that Pulumi wrote, as the page says under *Before the first run*."""
        checkout, variables = self.repository.by_hand(), self.gitlab.variables
        status, said = bash(f".venv/bin/python -m stacks preview {environment}", checkout, variables)
        assert status == 1, said
        self.repository.commit_salt_of(checkout, environment)

    def told(self) -> list[dict[str, str]]:
        """Return what `gh` was called for since one last asked."""
        told = [json.loads(line) for line in self.repository.gh.read_text().splitlines()][self.listened :]
        self.listened += len(told)
        return told

    def files(self) -> dict[str, dict[str, bytes]]:
        """Return what lies on the node of each environment."""
        return {environment: node.files() for environment, node in self.repository.nodes.items()}


@contextmanager
def pipelines(folder: Path) -> Iterator[Pipelines]:
    """Make a repository with three stack files, as it is before anything is carried out."""
    with notes_api() as (api, notes):
        made = Pipelines(folder, api)
        made.notes = notes
        for environment in ENVIRONMENTS:
            made.repository.commit(environment)
        made.first_preview_by_hand("dev")
        try:
            yield made
        finally:
            made.passphrase_of_github.unlink(missing_ok=True)  # where a job did not come to its end


@dataclass
class Event:
    """What an event led to.

    Attributes:
        jobs: how they ended, by their names.
        told: what `gh` was called for.
        comments: what GitLab's API took.
        touched: the environments on whose node a file is another one.
    """

    jobs: dict[str, Job]
    told: list[dict[str, str]]
    comments: list[str]
    touched: list[str]

    @property
    def colours(self) -> dict[str, str]:
        return {name: job.colour for name, job in self.jobs.items()}


def after(made: Pipelines, start: Callable[[], dict[str, Job]]) -> Event:
    """Return what an event led to: no secret in a log, and no file with one that stays, or that others may read."""
    before, asked = made.files(), len(made.notes)
    jobs = start()
    now = made.files()
    event = Event(jobs, made.told(), made.notes[asked:], [name for name in before if before[name] != now[name]])
    seen = "".join(job.said + job.summary for job in jobs.values()) + "".join(one.get("body", "") for one in event.told)
    assert [secret for secret in (PASSPHRASE, TOKEN, NOTES_TOKEN) if secret in seen + "".join(event.comments)] == []
    assert [line for line in seen.splitlines() if "is open to others" in line] == []
    assert not made.passphrase_of_github.exists()
    assert [job.folder for job in jobs.values() if (job.folder / "notes.curl").exists()] == []
    return event
