"""Elasticsearch's bootstrap checks, as far as they can be told before a node is started.

A node that other machines can reach on its transport layer is in production mode, and does not start when a check
fails; any other one is in development mode, and only logs a warning, but for the checks that always count.

Source: deploy-manage/deploy/self-managed/bootstrap-checks. Words and conditions were read off Elasticsearch 9.5.3
(``BootstrapChecks`` and the check classes of the security plugin), those on sensitive data off its source.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from components.nodes import hosts
from components.nodes.limits import Limits
from components.settings.concerns import Concern, is_on, texts, word
from components.settings.scalars import Value

PAGE = "deploy-manage/deploy/self-managed/bootstrap-checks"
TRANSPORT_TLS = "xpack.security.transport.ssl.enabled"
HTTPS = "xpack.security.http.ssl.enabled"
TOKEN_SERVICE = "xpack.security.authc.token.enabled"  # noqa: S105 (a setting's name)
ENCRYPTION_KEY = "xpack.watcher.encryption_key"
ENCRYPT_SENSITIVE_DATA = "xpack.watcher.encrypt_sensitive_data"
DISCOVERY = ("discovery.seed_hosts", "discovery.seed_providers", "cluster.initial_master_nodes")
ENFORCE = "es.enforce.bootstrap.checks"
_PKI_REALM = re.compile(r"xpack\.security\.authc\.realms\.pki\.([^.]+)\.")
_PROFILE_SWITCH = re.compile(r"transport\.profiles\.[^.]+\.xpack\.security\.ssl\.client_authentication")
_SIZE = re.compile(r"(\d+)([kKmMgGtT]?)")
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


class Mode(StrEnum):
    """How strict a node is with itself when it starts."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class Start:
    """What a node would be started with.

    Attributes:
        settings: the effective settings of its elasticsearch.yml, ours among them.
        secure: the names of its keystore's entries.
        jvm_options: its JVM options, in their order.
        limits: what its machine grants a process of its user; None where nobody looked.
    """

    settings: Mapping[str, Value]
    secure: frozenset[str] = frozenset()
    jvm_options: tuple[str, ...] = ()
    limits: Limits | None = None


def bound_hosts(settings: Mapping[str, Value], layer: str) -> tuple[str, ...]:
    """Return where a layer (``transport`` or ``http``) listens and what it publishes; nothing for the default.

    Source: reference/elasticsearch/configuration-reference/networking-settings. Without any of these settings a node
    listens on loopback addresses only.
    """
    found: tuple[str, ...] = ()
    for kind in ("bind_host", "publish_host"):
        keys = (f"{layer}.{kind}", f"{layer}.host", f"network.{kind}", "network.host")
        found += next((value for key in keys if (value := texts(settings, key))), ())
    return found


def reaches_beyond(settings: Mapping[str, Value], layer: str) -> bool:
    """Tell whether other machines can reach a layer.

    A ``${VARIABLE}`` counts as this machine: better a warning too few than a refusal that cannot be helped.
    """
    return any(not hosts.is_loopback(host) and "${" not in host for host in bound_hosts(settings, layer))


def mode_of(settings: Mapping[str, Value]) -> Mode:
    """Return a node's mode, which its transport layer and `discovery.type` decide; HTTP does not count.

    Source: bootstrap-checks (development vs. production mode).
    """
    alone = settings.get("discovery.type") == "single-node"
    return Mode.PRODUCTION if reaches_beyond(settings, "transport") and not alone else Mode.DEVELOPMENT


def is_enforced(start: Start) -> bool:
    """Tell whether a failed check keeps the node from starting: in production mode, or because the JVM is told so."""
    return mode_of(start.settings) is Mode.PRODUCTION or f"-D{ENFORCE}=true" in start.jvm_options


def enforcement_is_true(start: Start) -> str:
    """The property that enforces the checks knows one value."""
    values = [option.partition("=")[2] for option in start.jvm_options if option.partition("=")[0] == f"-D{ENFORCE}"]
    return f"[{ENFORCE}] must be [true] but was [{values[-1]}]" if values and values[-1] != "true" else ""


def transport_tls(start: Start) -> str:
    """Nodes that others can reach speak TLS with each other."""
    if not is_on(start.settings, "xpack.security.enabled", default=True) or is_on(start.settings, TRANSPORT_TLS):
        return ""
    return (
        f"Transport SSL must be enabled if security is enabled. Please set [{TRANSPORT_TLS}] to [true] or disable "
        "security by setting [xpack.security.enabled] to [false]"
    )


def discovery(start: Start) -> str:
    """A node that others can reach is told where its peers are."""
    alone = start.settings.get("discovery.type", "multi-node") != "multi-node"
    if alone or any(key in start.settings for key in DISCOVERY):
        return ""
    return (
        "the default discovery settings are unsuitable for production use; at least one of "
        f"[{', '.join(DISCOVERY)}] must be configured"
    )


def token_service(start: Start) -> str:
    """Tokens do not travel in clear. Without HTTPS the service is off, unless it is switched on."""
    if is_on(start.settings, HTTPS) or not is_on(start.settings, TOKEN_SERVICE):
        return ""
    return (
        f"HTTPS is required in order to use the token service; please enable HTTPS using the [{HTTPS}] setting or "
        f"disable the token service using the [{TOKEN_SERVICE}] setting"
    )


def pki_realm(start: Start) -> str:
    """A realm that knows users by their certificates needs a layer that asks for certificates."""
    asking = (
        is_on(start.settings, HTTPS) and _asks_for_certificates(start.settings, "xpack.security.http.ssl.", "none"),
        is_on(start.settings, TRANSPORT_TLS)
        and (
            _asks_for_certificates(start.settings, "xpack.security.transport.ssl.", "required")
            or any(_PROFILE_SWITCH.fullmatch(key) and word(value) != "none" for key, value in start.settings.items())
        ),
    )
    if any(asking) or not any(_is_direct(start.settings, name) for name in _pki_realms(start.settings)):
        return ""
    return (
        "a PKI realm is enabled but cannot be used as neither HTTP or Transport have SSL and client authentication "
        "enabled"
    )


def _asks_for_certificates(settings: Mapping[str, Value], prefix: str, default: str) -> bool:
    return word(settings.get(f"{prefix}client_authentication", default)) != "none"


def _pki_realms(settings: Mapping[str, Value]) -> frozenset[str]:
    return frozenset(found[1] for key in settings if (found := _PKI_REALM.match(key)))


def _is_direct(settings: Mapping[str, Value], realm: str) -> bool:
    prefix = f"xpack.security.authc.realms.pki.{realm}."
    return is_on(settings, f"{prefix}enabled", default=True) and not is_on(settings, f"{prefix}delegation.enabled")


def sensitive_data(start: Start) -> str:
    """What Watcher encrypts, it encrypts with a key of the keystore."""
    if not is_on(start.settings, ENCRYPT_SENSITIVE_DATA) or ENCRYPTION_KEY in start.secure:
        return ""
    return "Encryption of sensitive data requires a key to be placed in the secure setting store"


def heap_size(start: Start) -> str:
    """The heap does not grow: where both sizes are given, they are one."""
    first, most = _heap(start, "-Xms"), _heap(start, "-Xmx")
    if first is None or most is None or first == most:
        return ""
    return f"initial heap size [{first}] not equal to maximum heap size [{most}]; this can cause resize pauses"


def _heap(start: Start, option: str) -> int | None:
    sizes = [found for each in start.jvm_options if (found := _SIZE.fullmatch(each.removeprefix(option)))]
    return int(sizes[-1][1]) * 1024 ** _POWERS[sizes[-1][2].lower()] if sizes else None


def serial_collector(start: Start) -> str:
    """The serial collector stops the node for too long."""
    if "-XX:+UseSerialGC" not in start.jvm_options:
        return ""
    return "JVM is using the serial collector but should not be for the best performance"


def machine_limits(start: Start) -> str:
    """The node's user may open files, start threads and map memory."""
    return "; ".join(start.limits.too_low(start.settings) if start.limits else ())


@dataclass(frozen=True, slots=True)
class BootstrapCheck:
    """One check.

    Attributes:
        reason: stable identifier.
        words: returns what Elasticsearch says when it fails, empty when it passes.
        fix: what to do about it.
        always: whether it also counts in development mode.
        citation: the class of Elasticsearch that has it.
    """

    reason: str
    words: Callable[[Start], str]
    fix: str
    always: bool
    citation: str


CHECKS: tuple[BootstrapCheck, ...] = (
    BootstrapCheck(
        "EnforcementNotTrue",
        enforcement_is_true,
        f"remove -D{ENFORCE} from jvm.options.d, or set it to true",
        always=True,
        citation="BootstrapChecks",
    ),
    BootstrapCheck(
        "TransportTlsOff",
        transport_tls,
        "use scenario `basic` or `basic-https`",
        always=False,
        citation="TransportTLSBootstrapCheck",
    ),
    BootstrapCheck(
        "DiscoveryNotConfigured",
        discovery,
        "set `discovery.seed_hosts` in elasticsearch.yml to the transport addresses of the nodes",
        always=False,
        citation="DiscoveryConfiguredCheck",
    ),
    BootstrapCheck(
        "TokenServiceWithoutHttps",
        token_service,
        f"use scenario `basic-https`, or remove `{TOKEN_SERVICE}` from elasticsearch.yml",
        always=False,
        citation="TokenSSLBootstrapCheck",
    ),
    BootstrapCheck(
        "PkiRealmWithoutCertificates",
        pki_realm,
        "use scenario `basic` or higher, or remove the realm from elasticsearch.yml",
        always=True,
        citation="PkiRealmBootstrapCheck",
    ),
    BootstrapCheck(
        "EncryptionKeyMissing",
        sensitive_data,
        "make a key with `elasticsearch-syskeygen`, and put it into every node's keystore with "
        f"`elasticsearch-keystore add-file {ENCRYPTION_KEY}`, or remove `{ENCRYPT_SENSITIVE_DATA}`",
        always=True,
        citation="EncryptSensitiveDataBootstrapCheck",
    ),
    BootstrapCheck(
        "HeapSizesDiffer",
        heap_size,
        "set -Xms and -Xmx in jvm.options.d to one size",
        always=False,
        citation="HeapSizeCheck",
    ),
    BootstrapCheck(
        "SerialCollector",
        serial_collector,
        "remove -XX:+UseSerialGC from jvm.options.d",
        always=False,
        citation="UseSerialGCCheck",
    ),
    BootstrapCheck(
        "MachineLimits",
        machine_limits,
        "raise the limit on the machine (deploy-manage/deploy/self-managed/important-system-configuration)",
        always=False,
        citation="FileDescriptorCheck and its kin",
    ),
)
MACHINE_CHECKS = frozenset({"HeapSizesDiffer", "SerialCollector", "MachineLimits"})
"""About the machine, and not about security: in development mode nothing is said of them."""


def bootstrap_concerns(start: Start) -> tuple[Concern, ...]:
    """Return every check that fails: as a refusal where it would keep the node from starting, else as a warning."""
    enforced = is_enforced(start)
    return tuple(
        _concern(check, words, refuses=enforced or check.always)
        for check in CHECKS
        if (words := check.words(start)) and (enforced or check.reason not in MACHINE_CHECKS)
    )


def _concern(check: BootstrapCheck, words: str, *, refuses: bool) -> Concern:
    verb = "would not start" if refuses else "will warn at its start"
    return Concern(check.reason, f'Elasticsearch {verb}: "{words}"', check.fix, refuses, check.citation)
