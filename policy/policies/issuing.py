"""What a certificate must be like: its key, its life, and who signed it."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from policies.certificates import Facts, facts_in
from policies.view import UNKNOWN, Resource, Settings, Violation, Violations, known_text

CERTIFICATE, AUTHORITY = "essecurity:pki:Certificate", "essecurity:pki:CertificateAuthority"
_KEY = re.compile(r"(rsa|ec)-p?(\d+)")
_LIFETIME = re.compile(r"(\d+)([DMYdmy])")
_STARTS = tuple(date(2024 + month // 12, month % 12 + 1, 1) for month in range(48))
"""The months of four years: in one of them every span of months or years is as long as it gets."""


def keys_are_strong_enough(resource: Resource, settings: Settings) -> Violations:
    """Find a key that is weaker than the least that is allowed of its kind, ours or somebody else's.

    Source: NIST SP 800-57 Part 1 Rev. 5, table 2 (RSA of 3072 bits and EC of 256 bits: 128 bits of security; less is
    not enough beyond 2030, which a CA of today lives to see).
    """
    allowed = f"{settings['rsa']} and {settings['ec']} are the least that is allowed"
    for layer, facts in signers_of(resource):
        if resource.type == CERTIFICATE and _weaker(facts.key, settings):
            yield Violation(
                f"authorities.{layer}",
                f"{facts.subject}, which signs, has a key of type {facts.key}",
                allowed,
                "choose a stronger `key` for it, and raise `generation`; or give an own CA with a stronger key",
            )
    given = [*_given(resource)]
    for setting, facts in given:
        if _weaker(facts.key, settings):
            yield Violation(
                setting,
                f"{facts.subject} has a key of type {facts.key}",
                allowed,
                "get a certificate for a stronger key",
            )
    found = known_text(resource.inputs.get("keyType"))
    if found and not given and not _is_given(resource) and _weaker(found, settings):
        yield Violation(_setting(resource, "key"), f"is `{found}`", allowed, "choose a stronger type")


def lives_are_short_enough(resource: Resource, settings: Settings) -> Violations:
    """Find a certificate that lives too long: whoever has its key can use it as long.

    Source: CA/Browser Forum Baseline Requirements §6.3.2 (398 days was the most for a server until 2026); for a CA
    the project's own default, ten years.
    """
    kind = "authority" if resource.type == AUTHORITY else "leaf"
    most = int(settings[f"{kind}Days"])
    why = f"{most} days are the most that is allowed for {'a CA' if kind == 'authority' else 'a leaf'}"
    given = [*_given(resource)]
    for setting, facts in given:
        if facts.days > most:
            yield Violation(setting, f"{facts.subject} lives {facts.days} days", why, "get one that lives shorter")
    found = known_text(resource.inputs.get("validFor"))
    if found and not given and not _is_given(resource) and longest_days(found) > most:
        days = longest_days(found)
        yield Violation(_setting(resource, "valid_for"), f"is {found}, up to {days} days", why, "shorten it")


def longest_days(lifetime: str) -> int:
    """Return how many days a lifetime such as `90D`, `18M` or `1y` has at most, by the calendar."""
    match = _LIFETIME.fullmatch(lifetime.strip())
    if match is None:
        raise ValueError(f"{lifetime!r} is no lifetime")
    count, unit = int(match[1]), match[2].upper()
    if unit == "D":
        return count
    return max((_later(start, count * (12 if unit == "Y" else 1)) - start).days for start in _STARTS)


def _later(start: date, months: int) -> date:
    month = start.month - 1 + months
    return start.replace(year=start.year + month // 12, month=month % 12 + 1)


def signers_of(resource: Resource) -> Iterator[tuple[str, Facts]]:
    """Yield the layer and the certificate of each CA that signs for it, or stands between such a one and the root."""
    layer = known_text(resource.inputs.get("layer"))
    names = {
        AUTHORITY: ("ownCertificatePem", "ownChainPem"),
        CERTIFICATE: ("signerCertificatePem", "chainPem"),
    }
    signer, *above = names.get(resource.type, ("", ""))
    yield from ((layer, facts) for facts in facts_in(resource.inputs.get(signer))[:1])
    if layer == "http":  # whatever stands above a transport CA is trusted by no node
        yield from ((layer, facts) for name in above for facts in facts_in(resource.inputs.get(name)))


def authorities_are_apart(before: Mapping[str, set[str]], resource: Resource) -> Violations:
    """Find a CA that signs for both layers: whoever has a certificate for HTTP could join the cluster as a node.

    Source: deploy-manage/security/external-ca-transport; set-up-basic-security-plus-https (one CA or two).

    Args:
        before: digests of the keys that sign for each layer, as far as the resources before this one tell.
        resource: the resource.
    """
    for layer, facts in signers_of(resource):
        other = "transport" if layer == "http" else "http"
        if facts.key_digest in before.get(other, ()):
            yield Violation(
                f"authorities.{layer}",
                f"{facts.subject} signs for the {other} layer as well",
                "whoever has a certificate for the HTTP layer could join the cluster as a node",
                "give each layer a CA of its own; leave out `own` for the transport layer, and one is made",
            )


def _given(resource: Resource) -> Iterator[tuple[str, Facts]]:
    """Yield what somebody else signed: the stack file's key, and what the certificate says."""
    name = "ownCertificatePem" if resource.type == AUTHORITY else "givenCertificatePem"
    own = f"authorities.{resource.inputs.get('layer')}.own"
    for facts in facts_in(resource.inputs.get(name))[:1]:
        yield (own if resource.type == AUTHORITY else f"{own}.leaves ({resource.inputs.get('node')})"), facts


def _is_given(resource: Resource) -> bool:
    """Tell whether somebody else signs, or may, as long as it is not known."""
    found: list[Any] = [resource.inputs.get(name) for name in ("ownCertificatePem", "givenCertificatePem")]
    return any(value is UNKNOWN or bool(value) for value in found)


def _setting(resource: Resource, key: str) -> str:
    """Return the stack file's key that decides."""
    if resource.type == AUTHORITY:
        return f"authorities.{resource.inputs.get('layer')}.{key}"
    return f"certificates.{key}"


def _weaker(found: str, settings: Settings) -> bool:
    """Tell whether a key is weaker than the least of its kind; of another kind nothing is allowed."""
    match = _KEY.fullmatch(found)
    if match is None:
        return True
    least = _KEY.fullmatch(settings[match[1]])
    return least is None or int(match[2]) < int(least[2])
