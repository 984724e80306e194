"""What a refresh lists of a node's keystore and process; that it agrees with previews, `world.py` sees to."""

import pytest

from components.drift import DriftKind
from components.rollout.drift import node_drift
from components.rollout.entries import EntryDifference
from components.rollout.view import NodeView, Running

WANTED = NodeView("es-1", Running.WANTED, on_disk=True, speaks_tls=True, wants_tls=True)
ENTRY = "bootstrap.password"


def view(**differs):
    usual = {"name": "es-1", "running": Running.WANTED, "on_disk": True, "speaks_tls": True, "wants_tls": True}
    return NodeView(**{**usual, **differs})


def told(node, *, starts=True):
    return [(one.what, one.kind, one.recorded, one.found) for one in node_drift(node, starts=starts)]


def entry(kind, **differs):
    one = EntryDifference(ENTRY, kind)
    return view(on_disk=False, entries=(one,), changes=(str(one),), **differs)


@pytest.mark.parametrize(
    ("kind", "words", "line"),
    [
        (DriftKind.ENTRY_MISSING, ("set", "missing"), f"+ keystore entry {ENTRY}"),
        (DriftKind.ENTRY_UNWANTED, ("not there", "set"), f"− keystore entry {ENTRY}"),
        (DriftKind.ENTRY_CHANGED, ("the recorded value", "another value"), f"keystore entry {ENTRY}: other value"),
    ],
)
def test_an_entry_is_told_without_its_value_and_in_the_words_of_a_plan(kind, words, line):
    assert told(entry(kind)) == [(f"keystore entry {ENTRY}", kind, *words)]
    assert str(EntryDifference(ENTRY, kind)) == line


def test_a_keystore_that_is_gone_is_one_finding():
    node = entry(DriftKind.ENTRY_MISSING, has_keystore=False)
    assert told(node) == [("elasticsearch.keystore", "FileMissing", "our entries", "missing")]


@pytest.mark.parametrize(
    ("node", "found"),
    [
        pytest.param(
            view(running=Running.OTHER), "was started before its files were changed", id="older than its files"
        ),
        pytest.param(
            view(running=Running.OTHER, on_disk=False, changes=("a: 1 → 2",)),
            "was started with other files",
            id="started by somebody with what somebody changed",
        ),
        pytest.param(
            view(running=Running.OTHER, on_disk=False, speaks_tls=False, changes=("a: 1 → 2",)),
            "its transport layer speaks plain text; was started with other files",
            id="plain",
        ),
    ],
)
def test_what_a_node_runs_with_is_one_finding_however_many_reasons(node, found):
    record = "runs with the recorded configuration"
    assert told(node) == [("process", "RunsWithOther", record, found)]


def test_settings_of_a_node_that_runs_on_are_not_told_here():
    assert told(view(on_disk=False, changes=("a: 1 → 2",))) == []


@pytest.mark.parametrize("node", [view(in_hand=True), view(left_files=True)], ids=["half done", "not tidied up"])
def test_a_rollout_that_was_not_finished_is_told(node):
    [(what, kind, *_)] = told(node)
    assert (what, kind) == ("rollout", "RolloutUnfinished")


def test_a_node_that_does_not_run_is_told_where_it_is_to_run():
    down = view(running=Running.NOT_RUNNING, speaks_tls=None)
    assert told(down) == [("process", "NotRunning", "runs", "does not run")]
    assert told(down, starts=False) == []


def test_a_node_that_is_as_recorded_has_no_drift():
    assert told(WANTED) == []
