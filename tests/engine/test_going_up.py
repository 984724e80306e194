"""From one scenario to another: what both have stays what it is, above all keys and passwords."""

from itertools import pairwise

import pytest

from components.settings.scenarios import Scenario
from tests.engine.folders_run import FoldersRun

pytestmark = pytest.mark.engine
IN_EVERY_SCENARIO = ("GeneratedPassword", "ClusterRestart", "NodeSettings")
IN_HIGHER_ONES = ("Certificate", "CertificateAuthority", "NodeIdentity")


def entries_of(run):
    """Return the names of the entries in the node's keystore."""
    lines = (run.nodes[0].config / "elasticsearch.keystore").read_text().splitlines()
    return {line.partition("=")[0] for line in lines}


@pytest.mark.parametrize(
    "way",
    [
        ("minimal", "basic", "basic-https", "basic", "minimal"),
        ("minimal", "basic-https", "minimal"),
    ],
    ids=" to ".join,
)
def test_what_two_scenarios_have_stays_what_it_is(tmp_path, way):
    run = FoldersRun(tmp_path, ("es-1",))
    run.scenario(way[0])
    run.up()
    for lower, higher in pairwise(map(Scenario, way)):
        before = run.resources()
        up = higher.contains(lower)
        run.scenario(higher.value)
        plan = run.preview()["plan"]
        forgotten = [row for row in plan["rows"] if "forgotten" in row["change"]]
        assert bool(forgotten) is not up
        entries = entries_of(run)
        run.up()
        told = {row["change"] for row in plan["rows"] if row["what"] == "keystore"}
        assert {f"+ {name}" for name in entries_of(run) - entries} == {row for row in told if row.startswith("+")}
        assert {f"− {name}: its layer is without TLS" for name in entries - entries_of(run)} == {
            row for row in told if row.startswith("−")
        }
        assert any(row.startswith("−") for row in told) is not up
        after = run.resources()
        kinds = (*IN_EVERY_SCENARIO, *(IN_HIGHER_ONES if up else ()))
        kept = {name for name, resource in before.items() if resource["type"].rpartition(":")[2] in kinds}
        assert len(kept) >= 5, "three passwords, the settings and the restart"
        assert kept <= set(after)
        for name in kept:
            assert after[name]["created"] == before[name]["created"], name
            if before[name]["type"].endswith(":GeneratedPassword"):
                assert after[name]["outputs"]["value"] == before[name]["outputs"]["value"]
        assert run.preview()["plan"]["rows"] == []
