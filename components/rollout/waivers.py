"""Waivers: a person says that one named thing need not hold before a rollout, until a day."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from components.findings import Finding
from components.values import Wire


class Waivable(StrEnum):
    """What may be waived. What is not here would cost data, or leave nodes that cannot talk to each other."""

    HEALTH_IS_GREEN = "health_is_green"
    ONE_VERSION = "one_version"
    VERSION_IS_SUPPORTED = "version_is_supported"
    CLOCKS_AGREE = "clocks_agree"
    EVERY_NODE_IS_LISTED = "every_node_is_listed"
    """In a rotation of the transport CA alone: that node is lost to the cluster. No restart begins so."""


class Waiver(Wire):
    """What is waived, up to and including which day (UTC)."""

    gate: Waivable
    until: date


WAIVED_BY = {
    "HealthNotGreen": Waivable.HEALTH_IS_GREEN,
    "SeveralVersions": Waivable.ONE_VERSION,
    "VersionNotSupported": Waivable.VERSION_IS_SUPPORTED,
    "ClocksDiffer": Waivable.CLOCKS_AGREE,
    "NodeCutOff": Waivable.EVERY_NODE_IS_LISTED,
}
"""The reason of a finding, and the waiver that lets a rollout begin in spite of it."""


def waived(finding: Finding, waivers: Sequence[Waiver], today: date) -> Waiver | None:
    """Return the waiver that still covers a finding."""
    gate = WAIVED_BY.get(finding.reason)
    return next((waiver for waiver in waivers if waiver.gate is gate and today <= waiver.until), None)


def least_health(waivers: Sequence[Waiver], today: date) -> str:
    """Return the health without which a rolling restart stops no other node: green, unless that is waived."""
    waives = any(waiver.gate is Waivable.HEALTH_IS_GREEN and today <= waiver.until for waiver in waivers)
    return "yellow" if waives else "green"


def unwaived(findings: Sequence[Finding], waivers: Sequence[Waiver], today: date) -> tuple[Finding, ...]:
    """Return the findings that no waiver covers, each with what a waiver could do for it."""
    return tuple(
        Finding(finding.reason, f"{finding.message}{_way_out(finding, waivers)}")
        for finding in findings
        if waived(finding, waivers, today) is None
    )


def in_use(findings: Sequence[Finding], waivers: Sequence[Waiver], today: date) -> tuple[str, ...]:
    """Return a line for each finding that a waiver covers: what is waived is still told."""
    covered = ((finding, waived(finding, waivers, today)) for finding in findings)
    return tuple(
        f"waived until {waiver.until} ({waiver.gate}): {finding.message}" for finding, waiver in covered if waiver
    )


def _way_out(finding: Finding, waivers: Sequence[Waiver]) -> str:
    gate = WAIVED_BY.get(finding.reason)
    if gate is None:
        return ""
    ended = [waiver.until for waiver in waivers if waiver.gate is gate]
    if ended:
        return f" (the waiver of {gate} ended on {max(ended)})"
    return f" (to go on all the same: `rollout: {{waivers: [{{gate: {gate}, until: YYYY-MM-DD}}]}}`)"
