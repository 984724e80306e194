"""What a night of `docs/pipelines.md` carries out: what a merge carried out before it, and nothing newer."""

import pytest

from tests.engine.example_run import ENVIRONMENTS
from tests.engine.pipeline_repository import BROKEN
from tests.engine.pipeline_runs import LIVES, after, pipelines

pytestmark = pytest.mark.engine
NEVER = "no merge was carried out yet, so the night does nothing"
NO_COMMIT = "the tag deployed/dev is on no commit of main: take it away, then run `up` of the newest merge"
NEWER = "dev: a newer merge was carried out: run that one"
MAIN = {"CI_COMMIT_BRANCH": "main"}


def reissued(number: int) -> dict[str, object]:
    """Return what a stack file says to have a leaf made anew."""
    return {**LIVES, "reissue": {"es-1/transport": number}}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    with pipelines(tmp_path_factory.mktemp("nights")) as made:
        yield made


@pytest.fixture(scope="module")
def never(made):
    """A night before anything was carried out."""
    return after(made, lambda: made.github.event("schedule"))


@pytest.fixture(scope="module")
def carried_out(made, never):
    """A merge that is carried out for one stack; its leaf is 400 days old."""
    made.repository.commit("dev", certificates=LIVES)
    made.repository.aged = True
    try:
        return made.repository.head(), after(made, lambda: made.github.event("push", ("dev",)))
    finally:
        made.repository.aged = False


@pytest.fixture(scope="module")
def waiting(made, carried_out):
    """A night, and the next one, while a newer merge waits for its reviewers."""
    made.repository.commit("dev", certificates=reissued(1))
    return [after(made, lambda: made.github.event("schedule", ("dev",))) for _ in range(2)]


@pytest.fixture(scope="module")
def half_done(made, waiting):
    """That merge when it is approved, and ends with 2 since the node is not there; then a night with the node."""
    config = made.repository.nodes["dev"].config
    config.rename(config.with_name("away"))
    approved = after(made, lambda: made.github.event("push", ("dev",)))
    config.with_name("away").rename(config)
    return made.repository.head(), approved, after(made, lambda: made.github.event("schedule", ("dev",)))


@pytest.fixture(scope="module")
def mistaken(made, half_done):
    """A merge with a mistake in the stack file, and the night after it."""
    made.repository.commit("dev", **BROKEN)
    merge = after(made, lambda: made.github.event("push", ("dev",)))
    return merge, after(made, lambda: made.github.event("schedule", ("dev",)))


@pytest.fixture(scope="module")
def at_gitlab(made, mistaken):
    """A merge that is carried out, one that waits, and a night after somebody removed a file."""
    made.repository.commit("dev", certificates=reissued(2))
    head, merge = made.repository.head(), after(made, lambda: made.gitlab.pipeline("push", ("up-dev",), **MAIN))
    made.repository.commit("dev", certificates=reissued(3))
    (made.repository.nodes["dev"].config / "certs" / "transport-trust.pem").unlink()
    return head, merge, after(made, lambda: made.gitlab.pipeline("schedule", **MAIN))


@pytest.fixture(scope="module")
def older_merge(made, half_done, at_gitlab):
    """The merge that ended with 2, run again when a newer one was carried out."""
    with made.repository.started_at(half_done[0]):
        github = after(made, lambda: made.github.event("push", ("dev",)))
        return github, after(made, lambda: made.gitlab.pipeline("push", ("up-dev",), **MAIN))


@pytest.fixture(scope="module")
def older_night(made, half_done, older_merge):
    """A night that was started before that newer merge, and had to wait for it."""
    with made.repository.started_at(half_done[0]):
        github = after(made, lambda: made.github.event("schedule", ("dev",)))
        return github, after(made, lambda: made.gitlab.pipeline("schedule", **MAIN))


def test_a_stack_that_no_merge_was_carried_out_for_is_left_alone_and_the_night_says_so(never):
    assert never.colours == {f"nightly {environment}": "green" for environment in ENVIRONMENTS}
    assert [job.summary for job in never.jobs.values()] == [f"{environment}: {NEVER}\n" for environment in ENVIRONMENTS]
    assert [job.made_ready for job in never.jobs.values()] == ["", "", ""]
    assert (never.touched, never.told) == ([], [])


def test_a_merge_that_is_carried_out_moves_the_tag_of_its_stack_alone(made, carried_out):
    head, merge = carried_out
    assert merge.colours == {"up dev": "green"}
    assert [job.made_ready for job in merge.jobs.values()] == [head]
    assert [made.repository.deployed(environment) for environment in ("staging", "prod")] == ["", ""]


def test_a_night_renews_what_was_carried_out_and_not_what_still_waits(carried_out, waiting):
    renewed, silent = (night.jobs["nightly dev"] for night in waiting)
    assert (renewed.colour, silent.colour) == ("green", "green")
    assert [night.touched for night in waiting] == [["dev"], []]
    assert renewed.made_ready == silent.made_ready == carried_out[0]
    assert "its renewal window opened on " in renewed.said
    assert "\nno changes\n" in silent.said


def test_a_night_finishes_a_merge_that_was_approved_and_ended_with_2(half_done):
    head, approved, night = half_done
    assert (approved.colours, approved.touched) == ({"up dev": "red"}, [])
    assert (night.colours, night.touched) == ({"nightly dev": "green"}, ["dev"])
    assert night.jobs["nightly dev"].made_ready == head
    assert "forced by certificates.reissue (0 → 1)" in night.jobs["nightly dev"].said


def test_a_mistake_in_a_stack_file_keeps_no_night_from_looking_after_what_was_carried_out(half_done, mistaken):
    merge, night = mistaken
    assert merge.colours == {"up dev": "red"}
    assert "cluster.colour: is not known here" in merge.jobs["up dev"].said
    assert night.colours == {"nightly dev": "green"}
    assert night.jobs["nightly dev"].made_ready == half_done[0]
    assert "\nno changes\n" in night.jobs["nightly dev"].said


def test_a_night_at_gitlab_repairs_what_was_carried_out_and_not_what_still_waits(at_gitlab):
    head, merge, night = at_gitlab
    assert (merge.colours, merge.touched) == ({"up-dev": "green"}, ["dev"])
    assert night.colours == {"nightly dev": "amber", "nightly staging": "green", "nightly prod": "green"}
    assert night.touched == ["dev"]
    dev, staging, prod = night.jobs.values()
    assert (dev.made_ready, staging.made_ready, prod.made_ready) == (head, "", "")
    assert "(missing: written again)" in dev.said
    assert "forced by certificates.reissue" not in dev.said
    assert (staging.said, prod.said) == (f"staging: {NEVER}\n", f"prod: {NEVER}\n")


def test_an_older_merge_that_is_run_again_is_refused_and_the_tag_stays(made, at_gitlab, older_merge):
    github, gitlab = older_merge
    assert (github.colours, gitlab.colours) == ({"up dev": "red"}, {"up-dev": "red"})
    assert [NEWER in job.said for job in (github.jobs["up dev"], gitlab.jobs["up-dev"])] == [True, True]
    assert (github.touched, gitlab.touched) == ([], [])
    assert made.repository.deployed("dev") == at_gitlab[0]


def test_a_night_that_is_older_than_the_merge_carried_out_last_carries_that_one_out(at_gitlab, older_night):
    nights = [event.jobs["nightly dev"] for event in older_night]
    assert [night.colour for night in nights] == ["green", "green"]
    assert [night.made_ready for night in nights] == [at_gitlab[0], at_gitlab[0]]
    assert ["\nno changes\n" in night.said for night in nights] == [True, True]


def test_a_tag_on_what_was_never_merged_is_refused(made, older_night):
    made.repository.tag_what_was_never_merged("dev")
    merge = after(made, lambda: made.github.event("push", ("dev",)))
    assert (merge.colours, merge.touched) == ({"up dev": "red"}, [])
    github = after(made, lambda: made.github.event("schedule", ("dev",)))
    gitlab = after(made, lambda: made.gitlab.pipeline("schedule", **MAIN))
    assert github.colours == {"nightly dev": "red"}
    assert NO_COMMIT in github.told[-1]["body"]
    assert gitlab.colours == {"nightly dev": "red", "nightly staging": "green", "nightly prod": "green"}
    assert NO_COMMIT in gitlab.jobs["nightly dev"].said
    made_ready = [event.jobs["nightly dev"].made_ready for event in (github, gitlab)]
    assert (made_ready, github.touched, gitlab.touched) == (["", ""], [], [])
