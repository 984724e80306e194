"""Drift on machines by SSH, through the engine: what a person did is told with its node, and the next `up` mends it."""

import re

import pytest

from stacks.cli import BROKEN, DUE, FINE
from tests.engine.ssh_folders import secured_on_two_machines

pytestmark = pytest.mark.engine
KEY, TRUST, SETTINGS = "certs/transport-key.p12", "certs/transport-trust.pem", "elasticsearch.yml"
MODE = "xpack.security.transport.ssl.verification_mode"
ON_ONE = {("es-1", KEY, "ModeChanged"), ("es-1", TRUST, "FileMissing"), ("es-1", MODE, "SettingChanged")}
ON_TWO = {("es-2", TRUST, "FileMissing")}
REPAIRS = {
    ("es-1", "es-2", f"write {TRUST} (0640): transport CA g1 (missing: written again)"),
    ("es-1", f"write {KEY} (0640): transport leaf, g1 (mode is 0644)"),
    ("es-1", f"{MODE}: none → full"),
}
AWAY = "the machine 127.0.0.1 does not answer by SSH"


@pytest.fixture
def run(tmp_path):
    with secured_on_two_machines(tmp_path, ["es-1"], ["es-2"]) as run:
        yield run


def drift_by_hand(run):
    """Do to both machines what people do to them, with nobody else knowing."""
    one, two = (node.config for node in run.nodes)
    (one / KEY).chmod(0o644)
    (one / TRUST).unlink()
    text = (one / SETTINGS).read_text()
    (one / SETTINGS).write_text(text.replace(f"{MODE}: full", f"{MODE}: none"))
    (two / TRUST).unlink()


def places(finished):
    return {(one["node"], one["what"], one["kind"]) for one in finished.data["findings"]}


def table(finished):
    """Return what a person is told of drift: who it is on, and what; a node's name stands before its first line."""
    rows, node = set(), ""
    for line in finished.stdout.partition("\nnode ")[2].partition("\n\n")[0].splitlines()[1:]:
        node = line.split()[0] if not line.startswith(" ") else node
        rows.add((node, line.removeprefix(node).split()[0]))
    return rows


def repairs(plan):
    """Return the plan's rows, each with its nodes and without the last day of a leaf."""
    return {(*row["nodes"], re.sub(r", until [-0-9]+", "", row["change"])) for row in plan["rows"]}


def test_each_finding_is_told_with_its_node_and_a_machine_that_is_off_as_not_looked_at_and_one_up_repairs_it_all(run):
    run.sshds["es-2"].stop()
    quiet = run.run("refresh")
    assert (quiet.status, table(quiet)) == (BROKEN, set()), "who did not look has not found that nothing differs"
    assert f"  es-2 · machine: {AWAY}" in quiet.stdout
    assert "✗ es-2 was not looked at, so nobody knows what is due there" in quiet.stdout

    drift_by_hand(run)
    told = run.run("refresh")
    assert (told.status, table(told)) == (DUE, {(node, what) for node, what, _ in ON_ONE})
    assert f"  es-2 · machine: {AWAY}" in told.stdout
    assert "✗ es-2 was not looked at, so nobody knows what is due there" in told.stdout

    run.sshds["es-2"].start()
    every = run.run("refresh", "--json")
    assert (every.status, places(every), every.data["unseen"]) == (DUE, ON_ONE | ON_TWO, [])
    assert repairs(run.up()["plan"]) == REPAIRS
    assert run.nodes[0].config.joinpath(KEY).stat().st_mode & 0o777 == 0o640
    assert f"{MODE}: full" in run.nodes[0].read(SETTINGS).decode()
    assert len({node.read(TRUST) for node in run.nodes}) == 1
    after = run.run("preview", "--json")
    assert (after.status, after.data["plan"]["rows"]) == (FINE, [])
