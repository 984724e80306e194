"""A scenario's settings for one node."""

from components.settings.merge import SettingValue
from components.settings.scenarios import Choices, Scenario, excluded_by, settings_for

NETWORK_HOST = "network.host"


def rendered(scenario: Scenario, choices: Choices, bind: str | None) -> dict[str, SettingValue]:
    """Return what must be in a node's elasticsearch.yml.

    Args:
        scenario: the scenario.
        choices: what the stack file chose within it.
        bind: the node's `network.host`; None leaves the operator's own.
    """
    settings = settings_for(scenario, choices)
    return settings if bind is None else {NETWORK_HOST: bind, **settings}


def excluded(scenario: Scenario, choices: Choices) -> tuple[str, ...]:
    """Return what must not be in it."""
    return excluded_by(scenario, choices)
