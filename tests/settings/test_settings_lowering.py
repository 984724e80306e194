"""Security is never taken away by accident."""

import pytest

from components.settings.lowering import lowered
from components.settings.merge import flatten
from components.settings.scenarios import Choices, Scenario, settings_for

OPEN = "xpack.security.enabled: false\n"
BASIC = "xpack: {security: {transport.ssl.enabled: true}}\n"
HTTPS = f"{BASIC}xpack.security.http.ssl:\n  enabled: true\n  keystore.path: certs/http.p12\n"
OFF = "xpack.security.http.ssl.enabled: false\n"


@pytest.mark.parametrize(
    ("file", "scenario", "left_out"),
    [
        pytest.param(OPEN, Scenario.MINIMAL, [], id="from open to minimal"),
        pytest.param(OPEN, Scenario.BASIC_HTTPS, [], id="from open to the top"),
        pytest.param(BASIC, Scenario.BASIC, [], id="the same again"),
        pytest.param(BASIC, Scenario.BASIC_HTTPS, [], id="up"),
        pytest.param(OFF, Scenario.MINIMAL, [], id="off is not on"),
        pytest.param(BASIC, Scenario.MINIMAL, ["TLS between nodes is on"], id="from basic to minimal"),
        pytest.param(HTTPS, Scenario.BASIC, ["HTTPS is on"], id="from basic-https to basic"),
        pytest.param(HTTPS, Scenario.MINIMAL, ["TLS between nodes is on", "HTTPS is on"], id="from the top to minimal"),
    ],
)
def test_what_is_on_and_would_be_left_out_is_found(file, scenario, left_out):
    found = lowered(flatten(file, where="es-1"), settings_for(scenario, Choices()))
    assert [finding.message.partition(" in elasticsearch.yml")[0] for finding in found] == left_out
    assert all("use scenario `basic" in finding.message for finding in found)
