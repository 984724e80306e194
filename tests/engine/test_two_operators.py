"""Two operators at once on one state, and two states for one node, through the engine; nodes are folders."""

import pytest

from tests.engine.folders_run import FoldersRun

pytestmark = pytest.mark.engine
OTHERS = "es-1: certs/transport-key.p12 is there already, is not in this stack's state, and is written anew"


@pytest.fixture
def run(tmp_path):
    found = FoldersRun(tmp_path / "ours", ("es-1",))
    found.write()
    return found


def test_two_ups_at_once_end_well_or_are_refused_by_the_lock_and_the_next_one_leaves_a_whole_stack(run):
    run.preview()  # makes the stack
    processes = [run.start("up"), run.start("up")]
    ends = [(*process.communicate(), process.returncode) for process in processes]
    for stdout, stderr, status in ends:
        assert status == 0 or "the stack is currently locked by" in stdout, (stdout, stderr)
    run.up()  # where each of them saw the other one's lock, neither did anything
    assert run.preview()["plan"]["rows"] == []


def test_a_second_state_is_told_in_its_preview_and_the_first_one_sees_what_it_did(run, tmp_path):
    """Nothing keeps it from working, since a state that was lost has to be made anew on the nodes that there are."""
    run.up()
    other = FoldersRun(tmp_path / "theirs", ("es-1",))
    other.nodes = run.nodes
    usual = run.usual()
    other.usual = lambda: usual
    other.write()
    data = other.succeed("up", "--json").data
    assert any(warning.startswith(OTHERS) for warning in data["plan"]["warnings"])
    changed = {row["what"] for row in run.preview()["plan"]["rows"]}
    assert {"trust file", "key file"} <= changed
