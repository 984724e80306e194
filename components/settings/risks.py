"""Settings of the operator's own that are unwise, or that would undo what a scenario does: one table, with sources."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from components.settings.bootstrap import TRANSPORT_TLS, Mode, mode_of, reaches_beyond
from components.settings.concerns import SETTINGS_PAGE, Concern, is_on, texts, word
from components.settings.origins import lets_everybody_in
from components.settings.scalars import Value, shown, split_list

Settings = Mapping[str, Value]

OLD_PROTOCOLS = frozenset({"SSLv2Hello", "SSLv3", "TLSv1", "TLSv1.1"})
INITIAL_MASTER_NODES = "cluster.initial_master_nodes"
HTTP_TLS = "xpack.security.http.ssl."


@dataclass(frozen=True, slots=True)
class Risk:
    """One kind of setting that is unwise or worse.

    Attributes:
        reason: stable identifier.
        keys: which settings, as a pattern of the whole key.
        counts: whether a value is one that counts.
        why: what it means.
        fix: what to do about it.
        refuses: whether nothing may be changed while it stands there.
        citation: the docs path that it comes from.
    """

    reason: str
    keys: re.Pattern[str]
    counts: Callable[[Value], bool]
    why: str
    fix: str
    citation: str
    refuses: bool = False


def _is(*values: str) -> Callable[[Value], bool]:
    return lambda value: value in values


def _is_word(*values: str) -> Callable[[Value], bool]:
    return lambda value: word(value) in values


def _any(value: Value) -> bool:
    return True


def _has_old_protocols(value: Value) -> bool:
    listed = value if isinstance(value, tuple) else split_list(value)
    return not OLD_PROTOCOLS.isdisjoint(listed)


RISKS: tuple[Risk, ...] = (
    Risk(
        "AnonymousAccess",
        re.compile(r"xpack\.security\.authc\.anonymous\..*"),
        _any,
        "whoever does not log in is let in all the same; Elastic advises against it",
        "remove it, or give its roles as little as you can",
        "deploy-manage/users-roles/cluster-or-deployment-auth/anonymous-access",
    ),
    Risk(
        "ReservedRealmOff",
        re.compile(r"xpack\.security\.authc\.reserved_realm\.enabled"),
        _is("false"),
        "`elastic` and the other built-in users could not log in, and so nobody could set up anything",
        "remove it",
        SETTINGS_PAGE,
        refuses=True,
    ),
    Risk(
        "PeersNotAsked",
        re.compile(r"transport\.profiles\.[^.]+\.xpack\.security\.ssl\.client_authentication"),
        _is_word("none", "optional"),
        "whoever reaches that port opens transport connections without a certificate, and gets at what is meant for "
        "nodes only",
        "set it to `required`, or let nobody but nodes reach the port",
        "deploy-manage/security/external-ca-transport",
    ),
    Risk(
        "PeersNotVerified",
        re.compile(r"(.+\.)?verification_mode"),
        _is_word("none"),
        "whoever answers there is believed, with any certificate",
        "set it to `certificate` or `full`, and name the CA",
        SETTINGS_PAGE,
    ),
    Risk(
        "OldProtocols",
        re.compile(r"(.+\.)?supported_protocols"),
        _has_old_protocols,
        "protocols older than TLSv1.2 are broken",
        "leave TLSv1.3 and TLSv1.2 in it",
        "deploy-manage/security/supported-ssltls-versions-by-jdk-version",
    ),
    Risk(
        "SecretInClear",
        re.compile(r".+\.(?:(?:keystore|truststore)\.(?:key_)?password|key_passphrase|bind_password)"),
        _any,
        "everybody who can read elasticsearch.yml can read it",
        "put it into the keystore as the setting of the same name with `secure_` before its last part",
        "deploy-manage/security/secure-settings",
    ),
    Risk(
        "EveryOriginAllowed",
        re.compile(r"http\.cors\.allow-origin"),
        lets_everybody_in,
        "any page in a user's browser may call the cluster",
        "name the origins that need it",
        "reference/elasticsearch/configuration-reference/networking-settings",
    ),
)


def _found(risk: Risk, settings: Settings) -> Concern | None:
    standing = [
        f"`{key}: {shown(key, value)}`"
        for key, value in settings.items()
        if risk.keys.fullmatch(key) and risk.counts(value)
    ]
    if not standing:
        return None
    return Concern(risk.reason, f"{', '.join(standing)}: {risk.why}", risk.fix, risk.refuses, risk.citation)


def open_to_others_without_tls(settings: Settings) -> Concern | None:
    """Passwords alone are for a node that no other machine reaches. Source: set-up-minimal-security."""
    layers = [layer for layer in ("transport", "http") if reaches_beyond(settings, layer)]
    if not layers or is_on(settings, TRANSPORT_TLS):
        return None
    return Concern(
        "ReachableWithoutTls",
        f"other machines reach the {' and the '.join(layers)} layer (network.host, {layers[0]}.host), and nothing on "
        "the network is encrypted",
        "let the node listen on a loopback address such as 127.0.0.1, or use scenario `basic-https`",
        refuses=True,
        citation="deploy-manage/security/set-up-minimal-security",
    )


def any_ca_vouches_for_clients(settings: Settings) -> Concern | None:
    """Who asks clients for certificates says whose: otherwise the JVM's CAs count. Source: security-settings."""
    asks = word(settings.get(f"{HTTP_TLS}client_authentication", "none")) != "none"
    trust = any(f"{HTTP_TLS}{key}" in settings for key in ("certificate_authorities", "truststore.path"))
    if not (asks and is_on(settings, f"{HTTP_TLS}enabled")) or trust:
        return None
    return Concern(
        "ClientsOfAnyCa",
        f"`{HTTP_TLS}client_authentication` asks clients for a certificate, and every CA that Java knows may vouch for "
        "it",
        f"set `{HTTP_TLS}certificate_authorities` to the CA of your clients",
        refuses=False,
        citation=SETTINGS_PAGE,
    )


def bootstrapping_goes_on(settings: Settings) -> Concern | None:
    """The first masters are named once. Source: discovery-cluster-formation-settings, important-settings."""
    if not texts(settings, INITIAL_MASTER_NODES) or mode_of(settings) is Mode.DEVELOPMENT:
        return None
    return Concern(
        "BootstrappingGoesOn",
        f"`{INITIAL_MASTER_NODES}` is for the first start of a new cluster: a node that loses its data would found "
        "another one with it",
        "remove it once the cluster has formed",
        refuses=False,
        citation="deploy-manage/deploy/self-managed/important-settings-configuration",
    )


RULES: tuple[Callable[[Settings], Concern | None], ...] = (
    open_to_others_without_tls,
    any_ca_vouches_for_clients,
    bootstrapping_goes_on,
)
"""What more than one setting decides."""


def risk_concerns(settings: Settings) -> tuple[Concern, ...]:
    """Return what is risky in the settings that a node reads."""
    return tuple(_all(settings))


def _all(settings: Settings) -> Iterator[Concern]:
    found = [_found(risk, settings) for risk in RISKS] + [rule(settings) for rule in RULES]
    yield from (concern for concern in found if concern is not None)
