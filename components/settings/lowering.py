"""Security is never taken away by accident: what a node's file has on, a scenario may not leave out."""

from collections.abc import Mapping

from components.findings import Finding
from components.pki.spec import Layer
from components.settings.merge import SettingValue, Value
from components.settings.scenarios import PREFIXES

NAMES = {Layer.TRANSPORT: "TLS between nodes", Layer.HTTP: "HTTPS"}
HIGHER = {Layer.TRANSPORT: "`basic` or `basic-https`", Layer.HTTP: "`basic-https`"}


def lowered(standing: Mapping[str, Value], wanted: Mapping[str, SettingValue]) -> tuple[Finding, ...]:
    """Find layers that speak TLS by a node's elasticsearch.yml, and for which the scenario has no settings.

    Left alone, they would go on with certificates that nobody renews; taken out, passwords would travel in clear.

    Args:
        standing: the effective settings of the file.
        wanted: what the scenario sets.
    """
    return tuple(
        Finding(
            "SecurityLowered",
            f"{NAMES[layer]} is on in elasticsearch.yml, and the scenario leaves it out; use scenario {HIGHER[layer]}",
        )
        for layer, prefix in PREFIXES.items()
        if standing.get(f"{prefix}enabled") == "true" and f"{prefix}enabled" not in wanted
    )
