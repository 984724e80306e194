"""From one scenario to a higher one: everything that was made before stays what it is, above all keys and passwords."""

import pytest

from tests.engine.folders_run import FoldersRun

pytestmark = pytest.mark.engine
KEPT = ("GeneratedPassword", "Certificate", "CertificateAuthority", "ClusterRestart", "NodeSettings", "NodeIdentity")


@pytest.mark.parametrize("way", [("minimal", "basic", "basic-https"), ("minimal", "basic-https")], ids=" to ".join)
def test_what_was_made_for_a_lower_scenario_stays_what_it_is(tmp_path, way):
    run = FoldersRun(tmp_path, ("es-1",))
    run.scenario(way[0])
    run.up()
    for higher in way[1:]:
        before = run.resources()
        run.scenario(higher)
        plan = run.preview()["plan"]
        assert [row for row in plan["rows"] if "forgotten" in row["change"]] == []
        run.up()
        after = run.resources()
        kept = {name for name, resource in before.items() if resource["type"].rpartition(":")[2] in KEPT}
        assert len(kept) >= 5, "three passwords, the settings and the restart"
        assert kept <= set(after)
        for name in kept:
            assert after[name]["created"] == before[name]["created"], name
            if before[name]["type"].endswith(":GeneratedPassword"):
                assert after[name]["outputs"]["value"] == before[name]["outputs"]["value"]
        assert run.preview()["plan"]["rows"] == []
