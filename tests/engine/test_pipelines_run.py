"""What `docs/pipelines.md` has for GitHub and GitLab is run: its own shell, the real engine, nodes that are folders."""

import re
import shlex

import pytest

from tests.engine.example_run import ENVIRONMENTS
from tests.engine.gitlab_standin import MERGE_REQUEST
from tests.engine.pipeline_jobs import bash
from tests.engine.pipeline_repository import BROKEN
from tests.engine.pipeline_runs import LIVES, PULL_REQUEST, TOKEN, after, pipelines
from tests.test_pipelines_page import PAGE

pytestmark = pytest.mark.engine
TITLE = "prod: the nightly run is broken"
LOG = re.compile(r"```text\n(?!```).*es-1: there is no folder .*\n```\n", re.DOTALL)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    with pipelines(tmp_path_factory.mktemp("pipelines")) as made:
        yield made


@pytest.fixture(scope="module")
def opened(made):
    """A pull request while nothing is secured, and a stack file has a mistake."""
    made.repository.commit("prod", **BROKEN)
    return after(made, lambda: made.github.event("pull_request"))


@pytest.fixture(scope="module")
def merged(made, opened):
    """A merge that secures one stack, and has a mistake in the next one."""
    made.repository.commit("staging", **BROKEN)
    return after(made, lambda: made.github.event("push"))


@pytest.fixture(scope="module")
def merged_again(made, merged):
    """What failed, or did not begin, started again when one of the mistakes is mended; its leaf is 400 days old."""
    made.repository.commit("staging", certificates=LIVES)
    made.repository.aged = True
    try:
        return after(made, lambda: made.github.event("push", ("staging", "prod")))
    finally:
        made.repository.aged = False


@pytest.fixture(scope="module")
def opened_again(made, merged_again):
    """A pull request with nothing due in one stack, something in two, and no mistake."""
    made.repository.commit("prod")
    return after(made, lambda: made.github.event("pull_request"))


@pytest.fixture(scope="module")
def night(made, opened_again):
    """A night when the folder of one node is away."""
    assert after(made, lambda: made.github.event("push", ("prod",))).colours == {"up prod": "green"}
    config = made.repository.nodes["prod"].config
    config.rename(config.with_name("away"))
    return after(made, lambda: made.github.event("schedule"))


@pytest.fixture(scope="module")
def night_after(made, night):
    """What was broken is broken still."""
    return after(made, lambda: made.github.event("schedule", ("prod",)))


@pytest.fixture(scope="module")
def merge_request(made, night_after):
    """A merge request at GitLab: nothing due, something due, a mistake."""
    made.repository.commit("prod", **BROKEN)
    made.repository.commit("staging", certificates={**LIVES, "reissue": {"es-1/transport": 1}})
    return after(made, lambda: made.gitlab.pipeline("merge_request_event", CI_MERGE_REQUEST_IID=MERGE_REQUEST))


@pytest.fixture(scope="module")
def merge_at_gitlab(made, merge_request):
    return after(made, lambda: made.gitlab.pipeline("push", CI_COMMIT_BRANCH="main"))


@pytest.fixture(scope="module")
def night_at_gitlab(made, merge_at_gitlab):
    """A night after somebody removed a file by hand."""
    (made.repository.nodes["dev"].config / "certs" / "transport-trust.pem").unlink()
    return after(made, lambda: made.gitlab.pipeline("schedule", CI_COMMIT_BRANCH="main"))


def test_a_pull_request_with_a_broken_preview_is_red_and_has_every_plan_in_its_comment(opened):
    assert opened.colours == {"preview": "red"}
    [comment] = opened.told
    assert (comment["call"], comment["pull_request"], comment["token"]) == ("pr comment", PULL_REQUEST, TOKEN)
    assert headings(comment["body"]) == ["logs (dev) · basic", "logs (staging) · basic", "prod: the preview failed"]
    assert comment["body"].count("\n| leaf | es-1 | `+ transport leaf, until ") == 2
    assert "cluster.colour: is not known here" in comment["body"]
    assert opened.jobs["preview"].summary == comment["body"]
    assert opened.touched == []


def test_a_pull_request_whose_previews_find_something_due_is_green(opened_again):
    assert opened_again.colours == {"preview": "green"}
    [comment] = opened_again.told
    assert headings(comment["body"]) == [f"logs ({environment}) · basic" for environment in ENVIRONMENTS]
    dev, staging, prod = comment["body"].split("## logs")[1:]
    assert "**Nothing to do.** Next due: transport leaf of es-1" in dev
    assert "its renewal window opened on " in staging
    assert "**16 changes · files only**" in prod
    assert opened_again.touched == []


def test_a_pull_request_of_a_fork_starts_nothing(made):
    made.github.known["github.event.pull_request.head.repo.full_name"] = "stranger/security"
    try:
        assert made.github.event("pull_request") == {}
    finally:
        made.github.known["github.event.pull_request.head.repo.full_name"] = "ops/security"


def test_a_merge_is_carried_out_up_to_a_broken_stack_and_nothing_begins_behind_it(merged, merged_again):
    assert merged.colours == {"up dev": "green", "up staging": "red", "up prod": "grey"}
    assert merged.touched == ["dev"]
    assert merged_again.colours == {"up staging": "green", "up prod": "red"}
    assert merged_again.touched == ["staging"]
    assert merged.told == merged_again.told == []


def test_a_night_is_silent_where_nothing_is_due_renews_what_is_and_opens_an_issue_where_it_is_broken(night):
    assert night.colours == {"nightly dev": "green", "nightly staging": "green", "nightly prod": "red"}
    assert night.touched == ["staging"]
    silent, renewed, broken = night.jobs.values()
    assert (silent.summary, broken.summary) == ("", "")
    assert "\nno changes\n" in silent.said
    assert renewed.summary == "staging: renewed or repaired\n"
    assert "its renewal window opened on " in renewed.said
    looked_for, issue = night.told
    assert (looked_for["call"], looked_for["repository"], looked_for["title"]) == ("issue list", "ops/security", TITLE)
    assert (issue["call"], issue["repository"], issue["token"]) == ("issue create", "ops/security", TOKEN)
    assert issue["title"] == TITLE
    assert LOG.fullmatch(issue["body"])


def test_the_night_after_comments_on_the_open_issue(night_after):
    assert night_after.colours == {"nightly prod": "red"}
    assert [one["call"] for one in night_after.told] == ["issue list", "issue comment"]
    assert LOG.fullmatch(night_after.told[1]["body"])


def test_a_merge_request_has_a_comment_for_each_stack_and_is_amber_where_something_is_due(merge_request):
    assert merge_request.colours == {"preview dev": "green", "preview staging": "amber", "preview prod": "red"}
    dev, staging, prod = merge_request.comments
    assert dev.startswith("## logs (dev) · basic\n\n**Nothing to do.** Next due: ")
    assert "forced by certificates.reissue (0 → 1)" in staging
    assert prod.startswith("## prod: the preview failed\n")
    assert [(job.folder / "plan.md").read_text() for job in merge_request.jobs.values()] == merge_request.comments
    assert merge_request.touched == []


def test_a_merge_at_gitlab_is_carried_out_stack_by_stack(made, merge_at_gitlab):
    assert merge_at_gitlab.colours == {"up-dev": "green", "up-staging": "green", "up-prod": "red"}
    assert merge_at_gitlab.touched == ["staging"]


def test_a_merge_at_gitlab_ends_at_a_broken_stack(made, night_at_gitlab):
    made.repository.commit("dev", **BROKEN)
    ended = after(made, lambda: made.gitlab.pipeline("push", CI_COMMIT_BRANCH="main"))
    made.repository.commit("dev")
    assert ended.colours == {"up-dev": "red", "up-staging": "grey", "up-prod": "grey"}
    assert ended.touched == []


def test_a_night_at_gitlab_is_amber_where_it_repaired_something_and_red_where_it_is_broken(night_at_gitlab):
    assert night_at_gitlab.colours == {"nightly dev": "amber", "nightly staging": "green", "nightly prod": "red"}
    assert night_at_gitlab.touched == ["dev"]
    assert "(missing: written again)" in night_at_gitlab.jobs["nightly dev"].said
    assert "\nno changes\n" in night_at_gitlab.jobs["nightly staging"].said


def test_the_line_of_cron_is_silent_where_nothing_is_due_and_shows_the_log_where_it_is_broken(made, night_at_gitlab):
    [line] = re.findall(r"^ *17 2 \* \* \* (.*)$", PAGE, re.MULTILINE)
    checkout, log = made.repository.by_hand(), made.repository.folder / "up.log"
    ended = {}
    for environment in ("dev", "prod"):
        here = {"/srv/elasticsearch-security": shlex.quote(str(checkout)), "/var/tmp/up.log": shlex.quote(str(log))}
        here["up prod"] = f"up {environment}"
        assert [text for text in here if text not in line] == []
        told = line
        for text, instead in here.items():
            told = told.replace(text, instead)
        ended[environment] = bash(told, made.repository.folder, made.gitlab.variables)[1]
    assert ended["dev"] == ""
    assert "cluster.colour: is not known here" in ended["prod"]


def headings(body: str) -> list[str]:
    return re.findall(r"^## (.*)$", body, re.MULTILINE)
