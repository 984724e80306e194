"""New leaves by SSH while one machine is off: the others get theirs, it is named, and the next `up` does the rest."""

import pytest

from stacks.cli import BROKEN, DUE, FINE
from tests.engine.ssh_folders import secured_on_two_machines

pytestmark = pytest.mark.engine
KEY = "certs/transport-key.p12"
AWAY = "es-2: the machine 127.0.0.1 does not answer by SSH"


@pytest.fixture
def run(tmp_path):
    with secured_on_two_machines(tmp_path, ["es-1", "es-3"], ["es-2"]) as run:
        yield run


def key_files(run):
    return {node.name: node.read(KEY) for node in run.nodes}


def new_on(run, before):
    """Return the nodes that have another key file than before."""
    return [name for name, content in key_files(run).items() if content != before[name]]


def writes(plan):
    """Return which nodes get a file, by what the plan says before its content."""
    return {(row["change"].split(":")[0], *row["nodes"]) for row in plan["rows"] if row["what"] == "key file"}


def test_the_others_get_their_new_leaves_and_the_next_up_gives_the_last_one_the_leaf_that_was_made_for_it(run):
    before = key_files(run)
    run.sshds["es-2"].stop()
    run.write(cluster=run.sections["cluster"], certificates={"reissue": {"transport": 1}})
    up = run.run("up", "--json")
    assert up.status == BROKEN
    assert [(error["resource"], error["text"].splitlines()[0]) for error in up.data["errors"]] == [
        ("es-2-transport-identity", AWAY)
    ]
    assert "the wave present of transport CA g1 is not through without es-2" in up.data["errors"][0]["text"]
    assert f"✗ {AWAY}\n" in up.stderr
    assert new_on(run, before) == ["es-1", "es-3"]

    due = run.run("preview", "--json")
    assert (due.status, due.data["plan"]["unseen"]) == (DUE, ["es-2"])
    assert writes(due.data["plan"]) == {("present of transport CA g1", "es-2")}

    others = key_files(run)
    run.sshds["es-2"].start()
    plan = run.up()["plan"]
    assert writes(plan) == {(f"write {KEY} (0640)", "es-2")}
    assert [row["what"] for row in plan["rows"]] == ["key file"], "no leaf is made anew"
    assert new_on(run, others) == ["es-2"]
    after = run.run("preview", "--json")
    assert (after.status, after.data["plan"]["rows"]) == (FINE, [])
