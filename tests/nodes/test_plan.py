"""Desired minus observed for files: what is written, why, and what a person reads of it."""

import hashlib

import pytest

from components.nodes.plan import PutFile, WantedFile, plan_files
from components.nodes.target import FileStat

TRUST, KEY = "certs/transport-trust.pem", "certs/transport-key.p12"
CONTENT = b"-----BEGIN CERTIFICATE----- secret enough"


def wanted(content: bytes | None = CONTENT, *, relative: str = TRUST, mode: int = 0o640) -> WantedFile:
    return WantedFile(relative, content, mode, "transport CA g1")


def there(content: bytes = CONTENT, mode: int = 0o640, owner: str = "elasticsearch", group: str = "es") -> FileStat:
    return FileStat(hashlib.sha256(content).hexdigest(), mode, owner, group, modified=1.0)


def why(file: WantedFile, stat: FileStat | None) -> list[str]:
    observed = {} if stat is None else {file.relative: stat}
    return [step.why for step in plan_files([file], observed, "elasticsearch", "es")]


@pytest.mark.parametrize(
    ("file", "stat", "expected"),
    [
        pytest.param(wanted(), None, "new", id="there is no such file"),
        pytest.param(wanted(), there(b"other"), "content differs", id="the content is another one"),
        pytest.param(wanted(), there(CONTENT + b"\n"), "content differs", id="one byte more"),
        pytest.param(wanted(b""), there(b"x"), "content differs", id="it must be empty and is not"),
        pytest.param(wanted(), there(mode=0o644), "mode is 0644", id="everybody may read it"),
        pytest.param(wanted(), there(mode=0o600), "mode is 0600", id="the group may not read it"),
        pytest.param(wanted(), there(owner="root"), "belongs to root:es", id="it belongs to another user"),
        pytest.param(wanted(), there(group="root"), "belongs to elasticsearch:root", id="it belongs to another group"),
        pytest.param(
            wanted(), there(b"other", 0o644, "root"), "content differs", id="the content goes before the rest"
        ),
        pytest.param(wanted(None), None, "new", id="a preview cannot know the content, and there is no file"),
        pytest.param(wanted(None), there(), "content differs", id="a preview cannot know the content of a file"),
        pytest.param(
            wanted(None), there(b""), "content differs", id="a preview cannot know the content of an empty one"
        ),
    ],
)
def test_a_file_that_is_not_as_wanted_is_written_and_the_reason_is_said(file, stat, expected):
    assert why(file, stat) == [expected]


@pytest.mark.parametrize(
    ("file", "stat"),
    [
        pytest.param(wanted(), there(), id="equal"),
        pytest.param(wanted(b""), there(b""), id="equal and empty"),
        pytest.param(wanted(mode=0o4750), there(mode=0o4750), id="equal with all mode bits"),
    ],
)
def test_a_file_that_is_as_wanted_is_left_alone(file, stat):
    assert why(file, stat) == []


def test_the_time_of_a_file_is_no_reason_to_write_it():
    stat = there()
    later = FileStat(stat.sha256, stat.mode, stat.owner, stat.group, modified=stat.modified + 1000)
    assert why(wanted(), later) == []


def test_steps_come_in_the_order_of_the_wanted_files_and_only_for_those_that_differ():
    files = [wanted(relative="c"), wanted(relative="a"), wanted(relative="b")]
    observed = {"a": there(), "b": there(b"other"), "not ours": there()}
    steps = plan_files(files, observed, "elasticsearch", "es")
    assert [(step.file.relative, step.why) for step in steps] == [("c", "new"), ("b", "content differs")]


def test_no_wanted_file_means_no_step():
    assert plan_files([], {TRUST: there()}, "elasticsearch", "es") == ()


def test_a_step_reads_as_file_mode_meaning_and_reason():
    assert str(PutFile(wanted(mode=0o640), "new")) == ("write certs/transport-trust.pem (0640): transport CA g1 (new)")


@pytest.mark.parametrize("show", [str, repr])
@pytest.mark.parametrize("stat", [None, there(b"other"), there(mode=0o600), there(owner="root")])
def test_a_step_never_shows_content(show, stat):
    [step] = plan_files([wanted(b"s3cret", relative=KEY)], {} if stat is None else {KEY: stat}, "elasticsearch", "es")
    assert KEY in show(step)
    assert "s3cret" not in show(step)
    assert hashlib.sha256(b"s3cret").hexdigest() not in show(step)


FOLDER_IS_WRONG = [
    pytest.param(0o777, "elasticsearch", "es", "mode is 0777", 0o750, id="everybody may write in it"),
    pytest.param(0o2777, "root", "es", "mode is 2777; belongs to root:es", 0o2750, id="and it gives its group on"),
    pytest.param(0o700, "root", "root", "mode is 0700; belongs to root:root", 0o750, id="nobody but root may enter it"),
    pytest.param(0o640, "elasticsearch", "es", "mode is 0640", 0o750, id="nobody may enter it"),
]
FOLDER_IS_THEIRS = [(0o750, "root", "es"), (0o2750, "elasticsearch", "es"), (0o700, "elasticsearch", "adm")]
FOLDER_IS_THEIRS += [(0o755, "root", "root"), (0o770, "elasticsearch", "es")]


def steps_for(mode, owner, group, node="elasticsearch", user=""):
    observed = {"certs": FileStat("", mode, owner, group, 0.0), TRUST: there()}
    return plan_files([wanted()], observed, node, "es", user=user)


def test_a_folder_of_the_nodes_user_in_a_packages_config_folder_is_theirs():
    steps = [step.file.relative for step in steps_for(0o700, "elasticsearch", "elasticsearch", node="root")]
    assert "certs" in steps
    steps = steps_for(0o700, "elasticsearch", "elasticsearch", node="root", user="elasticsearch")
    assert "certs" not in [step.file.relative for step in steps]


@pytest.mark.parametrize(("mode", "owner", "group", "why", "to"), FOLDER_IS_WRONG)
def test_a_folder_that_all_may_write_in_or_the_node_may_not_enter_is_set_first(mode, owner, group, why, to):
    [step] = steps_for(mode, owner, group)
    assert str(step) == f"set certs ({to:04o}): folder of key and trust files ({why})"
    assert (step.file.is_folder, step.file.relative, step.file.mode) == (True, "certs", to)


@pytest.mark.parametrize(("mode", "owner", "group"), FOLDER_IS_THEIRS)
def test_another_mode_of_a_folder_is_its_operators_to_choose(mode, owner, group):
    assert steps_for(mode, owner, group) == ()


def test_a_folder_of_roots_is_for_its_group_since_no_node_runs_as_root():
    assert [step.why for step in steps_for(0o700, "root", "es", node="root")][:1] == ["mode is 0700"]
