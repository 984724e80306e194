"""Leaves that a person wants anew, as when somebody may have seen a key, and how all reasons for a leaf are told."""

from collections.abc import Mapping, Sequence

from components.findings import Finding
from components.pki.spec import Layer


def names_for(holder: str, layer: Layer) -> tuple[str, ...]:
    """Return how `certificates.reissue` may name a leaf: by itself, with all of its node's, with all of its layer's.

    Args:
        holder: the node, or the Kibana, that the leaf is for.
        layer: the layer whose CA signs it.
    """
    return (f"{holder}/{layer}", holder, layer.value)


def times_asked(reissue: Mapping[str, int], holder: str, layer: Layer) -> int:
    """Return the number that a leaf's record is compared with: the sum, so that raising any of them raises it."""
    return sum(reissue.get(name, 0) for name in dict.fromkeys(names_for(holder, layer)))


def reissue_was_forced(before: int, now: int) -> Finding | None:
    """Find a leaf for which a higher number is asked than it was made with; a lower one is only written down."""
    if now <= before:
        return None
    return Finding("ReissueForced", f"forced by certificates.reissue ({before} → {now})")


def joined(findings: Sequence[Finding]) -> Finding | None:
    """Return every reason why a leaf is issued anew as one, known by the first; equal ones of many nodes stay equal."""
    if not findings:
        return None
    return Finding(findings[0].reason, "; ".join(finding.message for finding in findings))
