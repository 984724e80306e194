"""What a change costs: one table, each row with its source."""

from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """How a change takes effect."""

    RELOAD = "reload"
    ROLLING = "rolling restart"
    FULL_STOP = "full stop"
    KIBANA_RESTART = "restart of Kibana"


@dataclass(frozen=True, slots=True)
class EffectRow:
    """One kind of change, what it takes, and where Elastic says so."""

    change: str
    effect: Effect
    within: str
    citation: str


EFFECTS: tuple[EffectRow, ...] = (
    EffectRow("key file", Effect.RELOAD, "≤ 5 s", "deploy-manage/security/updating-certificates"),
    EffectRow("trust file", Effect.RELOAD, "≤ 5 s", "deploy-manage/security/updating-certificates"),
    EffectRow(
        "elasticsearch.yml", Effect.ROLLING, "one node at a time", "deploy-manage/security/updating-certificates"
    ),
    EffectRow("keystore", Effect.ROLLING, "one node at a time", "deploy-manage/security/secure-settings"),
    EffectRow("key file password", Effect.ROLLING, "one node at a time", "deploy-manage/security/same-ca"),
    EffectRow(
        "transport TLS on or off", Effect.FULL_STOP, "all nodes at once", "deploy-manage/security/set-up-basic-security"
    ),
    EffectRow(
        "kibana.yml", Effect.KIBANA_RESTART, "one Kibana at a time", "deploy-manage/security/set-up-minimal-security"
    ),
    EffectRow(
        "Kibana keystore", Effect.KIBANA_RESTART, "one Kibana at a time", "deploy-manage/security/secure-settings"
    ),
    EffectRow(
        "Kibana trust file", Effect.KIBANA_RESTART, "one Kibana at a time", "deploy-manage/security/different-ca"
    ),
    # swapping the files of server.ssl; not turning TLS on or off, and not elasticsearch.ssl
    EffectRow("Kibana key file", Effect.RELOAD, "at SIGHUP", "elastic/kibana#171823"),
)


def effect_of(change: str) -> EffectRow:
    """Return the row of a kind of change.

    Raises:
        KeyError: there is no such kind.
    """
    return {row.change: row for row in EFFECTS}[change]
