"""Plan, apply, plan again: the second plan must be empty."""

import pytest

from components.errors import CommandFailed, ConfigurationRefused, NotConverged
from components.nodes.converge import plan_on, put_files
from components.nodes.plan import WantedFile
from components.nodes.target import DesiredFile
from tests.fake_elasticsearch import USER, FakeNode
from tests.fakes import FakeFile
from tests.nodes.machines import one_node

TRUST = WantedFile("certs/transport-trust.pem", b"trust", 0o640, "transport CA g1")
KEY = WantedFile("certs/transport-key.p12", b"key", 0o640, "transport leaf, g1")


def with_somebody_who_undoes(one: FakeNode, **differs) -> FakeNode:
    """Let something else change every file right after it was written."""
    write = one.target.write

    def and_then_somebody_else_does(file: DesiredFile):
        write(file)
        changed = {"content": file.content, "mode": file.mode, "owner": file.owner, "group": file.group, **differs}
        one.target.put(file.path, FakeFile(**changed))

    one.target.write = and_then_somebody_else_does
    return one


def written(one: FakeNode) -> list[str]:
    return [call.rpartition("/")[2] for call in one.target.fuse.calls if ": write " in call]


def test_files_are_written_and_the_steps_it_took_are_returned():
    one = one_node()
    steps = put_files(one.machine, [TRUST, KEY])
    assert [(step.file.relative, step.why) for step in steps] == [(TRUST.relative, "new"), (KEY.relative, "new")]
    file = one.file(KEY.relative)
    assert (file.content, file.mode, file.owner, file.group) == (b"key", 0o640, USER, USER)


def test_a_second_time_nothing_is_written():
    one = one_node()
    put_files(one.machine, [TRUST, KEY])
    before = written(one)
    assert put_files(one.machine, [TRUST, KEY]) == ()
    assert written(one) == before


def test_only_the_file_that_differs_is_written():
    one = one_node()
    put_files(one.machine, [TRUST, KEY])
    one.file(KEY.relative).mode = 0o644
    steps = put_files(one.machine, [TRUST, KEY])
    assert [step.why for step in steps] == ["mode is 0644"]
    assert written(one) == ["transport-trust.pem", "transport-key.p12", "transport-key.p12"]
    assert one.file(KEY.relative).mode == 0o640


def test_planning_changes_nothing():
    one = one_node()
    assert len(plan_on(one.machine, [TRUST, KEY])) == 2
    assert written(one) == []
    assert one.config / TRUST.relative not in one.target.files


@pytest.mark.parametrize(
    ("differs", "why"),
    [
        pytest.param({"content": b"theirs"}, "content differs", id="content"),
        pytest.param({"mode": 0o600}, "mode is 0600", id="mode"),
        pytest.param({"owner": "puppet"}, "belongs to puppet:elasticsearch", id="owner"),
    ],
)
def test_files_that_differ_again_are_not_converged_and_all_of_them_are_named(differs, why):
    one = with_somebody_who_undoes(one_node(), **differs)
    with pytest.raises(NotConverged) as caught:
        put_files(one.machine, [TRUST, KEY])
    assert caught.value.where == "es-1"
    for file in (TRUST, KEY):
        assert f"write {file.relative} (0640): {file.shows} ({why})" in caught.value.why
    assert "configuration management" in caught.value.next_step


def test_a_file_that_cannot_be_written_stops_the_rest_and_leaves_what_was_there():
    one = one_node()
    one.target.put(one.config / TRUST.relative, FakeFile(b"old"))
    one.target.breaks("write", "transport-trust.pem")
    with pytest.raises(CommandFailed, match="cannot write"):
        put_files(one.machine, [TRUST, KEY])
    assert one.file(TRUST.relative).content == b"old"
    assert one.config / KEY.relative not in one.target.files


def test_without_a_config_folder_nothing_is_planned():
    one = one_node()
    del one.target.folders[one.config]
    with pytest.raises(ConfigurationRefused, match="there is no folder"):
        plan_on(one.machine, [TRUST])
