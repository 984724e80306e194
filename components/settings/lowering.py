"""Security is never taken away by accident: what a node's file has on, a scenario may not leave out."""

from collections.abc import Collection, Mapping

from components.findings import Finding
from components.pki.spec import Layer
from components.settings.merge import SettingValue, Value
from components.settings.scenarios import PREFIXES

NAMES = {Layer.TRANSPORT: "TLS between nodes", Layer.HTTP: "HTTPS"}
CROSSES = {Layer.TRANSPORT: "documents", Layer.HTTP: "passwords and documents"}
HIGHER = {Layer.TRANSPORT: "`basic` or `basic-https`", Layer.HTTP: "`basic-https`"}


def lowered(
    standing: Mapping[str, Value], wanted: Mapping[str, SettingValue], absent: Collection[str] = ()
) -> tuple[Finding, ...]:
    """Find layers that speak TLS by a node's elasticsearch.yml, and for which the scenario has no settings.

    Left alone, they would go on with certificates that nobody renews; taken out, passwords would travel in clear.

    Args:
        standing: the effective settings of the file.
        wanted: what the scenario sets.
        absent: what must not be in the file; a whole layer only with consent.
    """
    return tuple(
        Finding(
            "SecurityLowered",
            f"{NAMES[layer]} is on in elasticsearch.yml, and the scenario leaves it out; use scenario {HIGHER[layer]}",
        )
        for layer, prefix in PREFIXES.items()
        if _is_on(standing, prefix) and f"{prefix}enabled" not in wanted and prefix not in absent
    )


def in_clear_from_then_on(standing: Mapping[str, Value], absent: Collection[str]) -> tuple[str, ...]:
    """Return what is taken away with consent, in words for a preview."""
    return tuple(
        f"{NAMES[layer]} is taken away: {CROSSES[layer]} then cross the network in clear"
        for layer, prefix in PREFIXES.items()
        if _is_on(standing, prefix) and prefix in absent
    )


def _is_on(standing: Mapping[str, Value], prefix: str) -> bool:
    return standing.get(f"{prefix}enabled") == "true"
