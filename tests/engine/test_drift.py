"""Drift of every kind that folders can have, through the engine: listed, listed again, repaired, gone."""

import os
import re
import shutil

import pytest

from stacks.cli import BROKEN, DUE, FINE
from tests.engine.folders_run import FoldersRun
from tests.nodes.local_files import someone_else
from tests.pki.makers import own_ca

pytestmark = pytest.mark.engine
NAMES = ("es-1", "es-2", "es-3")
MODE = "xpack.security.transport.ssl.verification_mode"
SEED = "bootstrap.password"
ENTRY = "xpack.security.transport.ssl.keystore.secure_password"
TRUST, HTTP_KEY, TRANSPORT_KEY = "certs/transport-trust.pem", "certs/http-key.p12", "certs/transport-key.p12"
OWNER = ("es-3", "transport", TRANSPORT_KEY, "OwnerChanged")
REPAIRS = {
    ("es-1", "http", HTTP_KEY, "FileMissing"): f"write {HTTP_KEY} (0640): HTTP leaf, g1 (missing: written again)",
    ("es-1", "transport", TRUST, "ModeChanged"): f"write {TRUST} (0640): transport CA g1 (mode is 0644)",
    ("es-2", "", MODE, "SettingChanged"): f"{MODE}: none → full",
    ("es-2", "", "xpack.security.enabled", "SettingMissing"): "+ xpack.security.enabled: true",
    ("es-2", "", f"keystore entry {SEED}", "EntryMissing"): f"+ {SEED}",
    ("es-2", "http", HTTP_KEY, "FileChanged"): f"write {HTTP_KEY} (0640): HTTP leaf, g1 (content differs)",
    ("es-3", "", f"keystore entry {ENTRY}", "EntryChanged"): f"~ {ENTRY}: other value",
    ("es-3", "transport", TRUST, "AuthorityUnwanted"): (
        f"write {TRUST} (0640): nothing but transport CA g1 (content differs)"
    ),
    OWNER: f"write {TRANSPORT_KEY} (0640): transport leaf, g1 (belongs to )",
}
"""What is to be found, and what the plan of the next `up` says of it, without the last day of a leaf or an owner."""
EXPECTED = REPAIRS.keys() - {OWNER}
LEFT_OUT = re.compile(r", until [-0-9]+|(?<=belongs to )\S+:\S+(?=\))")


@pytest.fixture
def run(tmp_path):
    found = FoldersRun(tmp_path, NAMES)
    found.write()
    found.up()
    return found


def edit(path, change):
    path.write_text(change(path.read_text()))


def drift_by_hand(run):
    """Do to the nodes what people and other tools do to them, and return what is to be found."""
    one, two, three = (node.config for node in run.nodes)
    (one / HTTP_KEY).unlink()
    (one / TRUST).chmod(0o644)
    edit(two / "elasticsearch.yml", lambda text: text.replace(f"{MODE}: full", f"{MODE}: none"))
    edit(two / "elasticsearch.yml", lambda text: text.replace("xpack.security.enabled: true\n", ""))
    edit(two / "elasticsearch.keystore", lambda text: "".join(_lines_without(SEED, text)))
    (two / HTTP_KEY).write_bytes((one / TRANSPORT_KEY).read_bytes())
    edit(three / "elasticsearch.keystore", lambda text: text.replace(f"{ENTRY}=", f"{ENTRY}=not-"))
    edit(three / TRUST, lambda text: text + own_ca("Example root").pem)
    if os.geteuid():  # only root gives a file away
        return EXPECTED
    shutil.chown(three / TRANSPORT_KEY, someone_else())
    return EXPECTED | {OWNER}


def _lines_without(name, text):
    return [line for line in text.splitlines(keepends=True) if not line.startswith(f"{name}=")]


def places(findings):
    return {(one["node"], one["layer"], one["what"], one["kind"]) for one in findings}


def test_a_refresh_lists_exactly_what_was_done_by_hand_again_and_again_until_an_up_repairs_it(run):
    secrets = [line.partition("=")[2] for line in (run.nodes[2].config / "elasticsearch.keystore").read_text().split()]
    expected = drift_by_hand(run)
    first = run.run("refresh", "--json")
    assert (first.status, places(first.data["findings"])) == (DUE, expected)
    assert len(first.data["findings"]) == len(expected)

    damaged = run.nodes[0].config / "elasticsearch.yml"
    intact = damaged.read_text()
    damaged.write_text("a: [unclosed\n")
    again = run.run("refresh", "--json")
    assert again.status == BROKEN, "what cannot be looked at is not well"
    away = {one for one in places(again.data["findings"]) if one[3] == "NotLookedAt"}
    assert {node for node, *_ in away} == {"es-1"}
    assert places(again.data["findings"]) - away == expected, "and hides no drift of another file, nor a second look"
    damaged.write_text(intact)
    assert not any(secret in f"{each.stdout} {each.stderr}" for secret in secrets for each in (first, again))

    repairs = [(*row["nodes"], LEFT_OUT.sub("", row["change"])) for row in run.up()["plan"]["rows"]]
    assert len(repairs) == len(expected)
    assert set(repairs) == {(finding[0], REPAIRS[finding]) for finding in expected}
    after = run.run("refresh", "--json")
    assert (after.status, after.data["findings"]) == (FINE, [])


def test_a_trust_file_that_is_lost_again_has_the_proof_of_cover_again(run):
    proved = [run.resources()["transport-cover-wave"]["modified"]]
    for _ in range(2):
        (run.nodes[0].config / TRUST).unlink()
        run.up()
        proved.append(run.resources()["transport-cover-wave"]["modified"])
        assert run.preview()["plan"]["rows"] == []
        run.up()
        assert run.resources()["transport-cover-wave"]["modified"] == proved[-1], "nothing was lost since"
    assert len({*proved}) == len(proved)
