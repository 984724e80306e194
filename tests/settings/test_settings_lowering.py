"""Security is never taken away by accident."""

import pytest

from components.settings.lowering import in_clear_from_then_on, lowered
from components.settings.merge import flatten
from components.settings.scenarios import Choices, Scenario, excluded_by, settings_for

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


@pytest.mark.parametrize(
    ("scenario", "told"),
    [
        pytest.param(
            Scenario.BASIC,
            ["HTTPS is taken away: passwords and documents then cross the network in clear"],
            id="to basic",
        ),
        pytest.param(
            Scenario.MINIMAL,
            [
                "TLS between nodes is taken away: documents then cross the network in clear",
                "HTTPS is taken away: passwords and documents then cross the network in clear",
            ],
            id="to minimal",
        ),
        pytest.param(Scenario.BASIC_HTTPS, [], id="not at all"),
    ],
)
def test_with_consent_it_is_no_mistake_and_what_crosses_in_clear_is_told(scenario, told):
    choices = Choices(traffic_in_clear=True)
    standing, absent = flatten(HTTPS, where="es-1"), excluded_by(scenario, choices)
    assert lowered(standing, settings_for(scenario, choices), absent) == ()
    assert list(in_clear_from_then_on(standing, absent)) == told


def test_without_consent_nothing_of_a_layer_is_taken_away():
    assert not [key for scenario in Scenario for key in excluded_by(scenario, Choices()) if key.endswith(".")]
