"""Which settings of a node need more than a Basic licence, and what they are without: one table.

Source: elastic.co/subscriptions; the levels were read off Elasticsearch 9.5.3 (the security plugin's features).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from components.settings.concerns import is_on
from components.settings.scalars import Value

LEVELS = ("basic", "standard", "gold", "platinum", "enterprise", "trial")
"""From the least to the most; a trial has everything."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature that is licensed.

    Attributes:
        name: what people call it.
        keys: the settings that ask for it, as a pattern of the whole key; where it has a group `realm`, that is named.
        least: the least licence that has it.
        without: what becomes of it with less.
        citation: the feature's name in Elasticsearch.
        refuses: whether nothing may be changed while it is asked for in vain.
        switch: whether the setting is a switch, which counts when it is on.
    """

    name: str
    keys: re.Pattern[str]
    least: str
    without: str
    citation: str
    refuses: bool = False
    switch: bool = False


def _realms(name: str, types: str, least: str, *, refuses: bool = False) -> Feature:
    return Feature(
        name,
        re.compile(rf"(?P<realm>xpack\.security\.authc\.realms\.(?:{types})\.[^.]+)\..+"),
        least,
        "nobody is let in by it",
        "security-realms",
        refuses,
    )


def _switch(name: str, key: str, least: str, without: str, citation: str, *, refuses: bool = False) -> Feature:
    return Feature(name, re.compile(re.escape(key)), least, without, citation, refuses, switch=True)


FEATURES: tuple[Feature, ...] = (
    _realms("a PKI realm", "pki", "gold", refuses=True),  # whoever has no password is locked out
    _realms("a directory realm", "ldap|active_directory", "gold"),
    _realms("a single sign-on realm", "saml|oidc|jwt|kerberos", "platinum"),
    Feature(
        "IP filtering",
        re.compile(r"(?:xpack\.security\.(?:transport|http)|transport\.profiles\.[^.]+\.xpack\.security)\.filter\..+"),
        "gold",
        "nobody is kept out by it",
        "security-ip-filtering",
    ),
    _switch(
        "the token service",
        "xpack.security.authc.token.enabled",
        "standard",
        "it gives no tokens",
        "security-token-service",
    ),
    _switch("auditing", "xpack.security.audit.enabled", "gold", "nothing is written down", "security-auditing"),
    _switch(
        "FIPS mode",
        "xpack.security.fips_mode.enabled",
        "platinum",
        "no node joins the cluster",
        "ValidateLicenseForFIPS",
        refuses=True,
    ),
    _switch(
        "operator privileges",
        "xpack.security.operator_privileges.enabled",
        "enterprise",
        "operators have no more rights than others",
        "operator-privileges",
    ),
    _switch(
        "the remote cluster server",
        "remote_cluster_server.enabled",
        "enterprise",
        "no other cluster is let in by its API key",
        "advanced-remote-cluster-security",
    ),
)


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A feature that is asked for, and that the licence does not have.

    Attributes:
        feature: the feature.
        keys: the settings that ask for it, or the realms.
        nodes: whose elasticsearch.yml they are in.
    """

    feature: Feature
    keys: tuple[str, ...]
    nodes: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.feature.name} (`{'`, `'.join(self.keys)}`, {' '.join(self.nodes)}) takes {self.feature.least}, and "
            f"{self.feature.without}: remove it from elasticsearch.yml, or get that licence"
        )


def uncovered(settings: Mapping[str, Mapping[str, Value]], licence: str) -> tuple[Uncovered, ...]:
    """Return what nodes ask for and a licence does not have.

    Args:
        settings: what each node is to start with, by its name.
        licence: the type of the cluster's licence; one that is not known counts as the least.
    """
    level = LEVELS.index(licence) if licence in LEVELS else 0
    return tuple(_asked_in_vain(settings, level))


def _asked_in_vain(settings: Mapping[str, Mapping[str, Value]], level: int) -> Iterator[Uncovered]:
    for feature in FEATURES:
        if LEVELS.index(feature.least) <= level:
            continue
        asked = {name: keys for name, each in settings.items() if (keys := _asking(feature, each))}
        if asked:
            yield Uncovered(feature, tuple(sorted(frozenset().union(*asked.values()))), tuple(asked))


def _asking(feature: Feature, settings: Mapping[str, Value]) -> frozenset[str]:
    found = frozenset(
        match.groupdict().get("realm") or key for key in settings if (match := feature.keys.fullmatch(key))
    )
    if feature.switch:
        return frozenset(key for key in found if is_on(settings, key))
    return frozenset(
        key for key in found if is_on(settings, f"{key}.enabled", default=True) and settings.get(key) != "false"
    )
