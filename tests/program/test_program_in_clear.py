"""Whoever logs in hears of the consent to traffic in clear, where it is given: no other stack is recorded anew."""

import pytest

from tests.program.stackfiles import HTTPS, program


@pytest.mark.parametrize(
    ("sections", "sent"),
    [
        pytest.param({}, None, id="nothing said"),
        pytest.param({"consent": {"full_cluster_restart": True}}, None, id="another consent"),
        pytest.param({"consent": {"traffic_in_clear": True}}, True, id="this one"),
    ],
)
def test_the_line_of_whoever_logs_in_has_the_consent_that_is_given(sections, sent):
    made = program(HTTPS, 1, **sections)
    for name in ("restart", "elastic-user", "kibana_system-user"):
        assert made[name].inputs["line"].get("inClear") is sent
