"""What a plan says of CAs and leaves: until when each is good, why it is made anew, and what that takes."""

from collections.abc import Mapping
from typing import Any

from components.layer_words import spelled
from components.settings.effects import effect_of
from stacks.plan_rows import Row, Seen

RELOADED = f"hot {effect_of('key file').effect}, no restart"
RENEWED = "no leaf is reissued for it, no restart"
COUNTS_LATER: Mapping[str, tuple[str, str, str]] = {
    "validFor": ("certificates.valid_for", "authorities.{layer}.valid_for", "counts from the next certificate"),
    "leafValidFor": ("", "certificates.valid_for", "counts from the next certificate"),
    "renewInLast": ("certificates.renew_in_last", "certificates.renew_in_last", "opens no window now"),
    "reissue": ("certificates.reissue", "", "asks for no more than before"),
    "keyType": ("", "authorities.{layer}.key", "counts from the next generation"),
}
"""Inputs that change no certificate by themselves: their setting for a leaf and for a CA, and what becomes of them."""


def authority_rows(resource: Seen, restart_effect: str) -> list[Row]:
    """Return the row of a CA: a first one, a step of a rotation, or a new certificate for the same key."""
    trusted = _trusted({**resource.inputs, **resource.outputs})
    rotates = bool(resource.before) and _trusted(resource.before) != trusted
    if stays(resource) and not rotates:
        return _for_the_record(resource, 1)
    inputs, before, outputs = resource.inputs, resource.before, resource.outputs
    same_key = bool(before) and not rotates and before.get("generation") == inputs["generation"]
    signs = f", g{outputs['signerGeneration']:.0f} signs" if len(trusted) > 1 else _until(resource, now=same_key)
    text = f"{spelled(inputs['layer'])} CA {' + '.join(f'g{number:.0f}' for number in trusted)}{signs}{_why(resource)}"
    return [Row("authority", (), f"{sign(resource)}{text}", f"same key: {RENEWED}" if same_key else "")]


def _trusted(properties: Mapping[str, Any]) -> list[float]:
    """Return the generations that are trusted; in the record of an earlier version, the one that signs."""
    return list(properties.get("trustedGenerations") or [properties["generation"]])


def leaf_rows(resource: Seen, restart_effect: str) -> list[Row]:
    """Return the row of a leaf: the first one of a node or a Kibana, or one in the place of another."""
    if stays(resource):
        return _for_the_record(resource, 0)
    holder, inputs, before = str(resource.inputs["node"]), resource.inputs, resource.before
    text = f"{spelled(inputs['layer'])} leaf{_until(resource, now=True)}{_why(resource)}"
    of_a_node = resource.name == f"{holder}-{inputs['layer']}-leaf"
    same_file = bool(before) and before.get("keyFormat") == inputs.get("keyFormat")
    effect = "" if not before or not of_a_node else (RELOADED if same_file else restart_effect)
    return [Row("leaf", (holder,), f"{sign(resource)}{text}", effect)]


def request_rows(resource: Seen, restart_effect: str) -> list[Row]:
    """Return the row of a certificate request that somebody else is to sign."""
    if request_stays(resource):
        return []
    text = f"{spelled(resource.inputs['layer'])} key and certificate request, to be signed elsewhere"
    return [Row("leaf", (str(resource.inputs["node"]),), f"{sign(resource)}{text}")]


def sign(resource: Seen) -> str:
    """Return how a row begins: something is made, or changed."""
    return "+ " if resource.op == "create" else "~ "


def stays(resource: Seen) -> bool:
    """Tell whether the certificate stays what it is, and only its record changes."""
    serial = resource.before.get("serial")
    return bool(serial) and resource.outputs.get("serial") == serial


def request_stays(resource: Seen) -> bool:
    """Tell whether a certificate request stays what it is: only the type of new keys is another one."""
    before = resource.before.get("requestPem")
    return before is not None and before == resource.outputs.get("requestPem")


def _for_the_record(resource: Seen, which: int) -> list[Row]:
    """Tell of every setting that changes and counts later; which: 0 for a leaf, 1 for a CA."""
    rows = []
    for key, (*settings, counts) in COUNTS_LATER.items():
        before, now, setting = resource.before.get(key), resource.inputs.get(key), settings[which]
        if setting and before is not None and before != now:
            name = setting.format(layer=resource.inputs["layer"])
            change = f"~ {name} {_shown(before)} → {_shown(now)} {counts}"
            rows.append(Row("record", (), change, "no certificate changes"))
    return rows


def _shown(value: Any) -> str:
    return f"{value:.0f}" if isinstance(value, float) else str(value)


def _why(resource: Seen) -> str:
    reason = resource.outputs.get("reason")
    return f": {reason}" if reason else ""


def _until(resource: Seen, *, now: bool) -> str:
    """Return until when the certificate will be good; with ``now`` also until when the present one is."""
    after, before = _day(resource.outputs), _day(resource.before) if now else ""
    if not after:
        return ""
    return f", until {before} → {after}" if before else f", until {after}"


def _day(properties: Mapping[str, Any]) -> str:
    ends = properties.get("notAfter")
    return ends[:10] if isinstance(ends, str) and ends[:4].isdigit() else ""
