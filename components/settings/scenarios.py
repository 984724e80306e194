"""The scenarios as tables: which settings each one adds to the one below it.

Source: deploy-manage/security/manually-configure-security-in-self-managed-cluster, and the page of each scenario.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from components.nodes.spec import Paths
from components.pki.spec import FileFormat, Layer
from components.settings.fips import FIPS_MODE, FIPS_PAGE, HASHING_IN_FIPS, PASSWORD_HASHING
from components.settings.merge import SettingValue

MINIMAL_PAGE = "deploy-manage/security/set-up-minimal-security"
BASIC_PAGE = "deploy-manage/security/set-up-basic-security"
HTTPS_PAGE = "deploy-manage/security/set-up-basic-security-plus-https"
SETTINGS_PAGE = "reference/elasticsearch/configuration-reference/security-settings"

T = "xpack.security.transport.ssl."
H = "xpack.security.http.ssl."
PREFIXES = {Layer.TRANSPORT: T, Layer.HTTP: H}
TRUST_FILES = {
    (Layer.TRANSPORT, FileFormat.PEM): Paths.TRANSPORT_TRUST_FILE,
    (Layer.TRANSPORT, FileFormat.PKCS12): Paths.TRANSPORT_TRUST_STORE,
}
VERIFICATION_MODE = f"{T}verification_mode"
DISCOVERY_TYPE = "discovery.type"
NOT_BESIDE_SINGLE_NODE = ("cluster.initial_master_nodes", "discovery.seed_hosts")
"""Beside `discovery.type: single-node` the first stops a node, and the second means nothing."""
TLS_PROTOCOLS = ("TLSv1.3", "TLSv1.2")
"""Written out, because the defaults differ between 8.19 (with TLSv1.1) and 9.x."""


class Scenario(StrEnum):
    """The scenarios of Elastic's page; each one contains the one before it."""

    MINIMAL = "minimal"
    BASIC = "basic"
    BASIC_HTTPS = "basic-https"

    def contains(self, other: "Scenario") -> bool:
        """Tell whether this scenario is the other one or a higher one."""
        order = list(Scenario)
        return order.index(self) >= order.index(other)


class VerificationMode(StrEnum):
    """How a node verifies its peers. Source: security-settings, xpack.security.transport.ssl.verification_mode."""

    FULL = "full"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True)
class Choices:
    """What the stack file may choose within a scenario."""

    verification_mode: VerificationMode = VerificationMode.FULL
    trust_format: FileFormat = FileFormat.PEM
    several_nodes: bool = True
    traffic_in_clear: bool = False
    key_format: FileFormat = FileFormat.PKCS12
    fips: bool = False


Case = TypeVar("Case")


@dataclass(frozen=True, slots=True)
class Row(Generic[Case]):
    """One setting of a table; `applies` tells in which cases it is there."""

    key: str
    value: Callable[[Case], SettingValue]
    citation: str
    applies: Callable[[Case], bool] = lambda case: True


def _always(value: SettingValue) -> Callable[[Choices], SettingValue]:
    return lambda choices: value


def _pem(choices: Choices) -> bool:
    return choices.trust_format is FileFormat.PEM


def _pkcs12(choices: Choices) -> bool:
    return choices.trust_format is FileFormat.PKCS12


def _pem_key(choices: Choices) -> bool:
    return choices.key_format is FileFormat.PEM


def _pkcs12_key(choices: Choices) -> bool:
    return choices.key_format is FileFormat.PKCS12


def _fips(choices: Choices) -> bool:
    return choices.fips


MINIMAL_ROWS: tuple[Row[Choices], ...] = (
    Row("xpack.security.enabled", _always(True), MINIMAL_PAGE),
    Row(FIPS_MODE, _always(True), FIPS_PAGE, _fips),
    Row(PASSWORD_HASHING, _always(HASHING_IN_FIPS), FIPS_PAGE, _fips),
)

BASIC_ROWS: tuple[Row[Choices], ...] = (
    Row(f"{T}enabled", _always(True), BASIC_PAGE),
    Row(VERIFICATION_MODE, lambda choices: choices.verification_mode.value, BASIC_PAGE),
    Row(f"{T}client_authentication", _always("required"), BASIC_PAGE),
    Row(f"{T}keystore.path", _always(Paths.TRANSPORT_KEY_FILE), BASIC_PAGE, _pkcs12_key),
    Row(f"{T}key", _always(Paths.TRANSPORT_KEY_PEM), SETTINGS_PAGE, _pem_key),
    Row(f"{T}certificate", _always(Paths.TRANSPORT_LEAF_PEM), SETTINGS_PAGE, _pem_key),
    # without explicit trust, every CA of the JVM would be trusted between nodes
    Row(f"{T}certificate_authorities", _always((Paths.TRANSPORT_TRUST_FILE,)), SETTINGS_PAGE, _pem),
    Row(f"{T}truststore.path", _always(Paths.TRANSPORT_TRUST_STORE), BASIC_PAGE, _pkcs12),
    Row(f"{T}supported_protocols", _always(TLS_PROTOCOLS), SETTINGS_PAGE),
)

BASIC_HTTPS_ROWS: tuple[Row[Choices], ...] = (
    Row(f"{H}enabled", _always(True), HTTPS_PAGE),
    Row(f"{H}keystore.path", _always(Paths.HTTP_KEY_FILE), HTTPS_PAGE, _pkcs12_key),
    Row(f"{H}key", _always(Paths.HTTP_KEY_PEM), SETTINGS_PAGE, _pem_key),
    Row(f"{H}certificate", _always(Paths.HTTP_LEAF_PEM), SETTINGS_PAGE, _pem_key),
    Row(f"{H}supported_protocols", _always(TLS_PROTOCOLS), SETTINGS_PAGE),
)

MINIMAL_ONLY_ROWS: tuple[Row[Choices], ...] = (Row(DISCOVERY_TYPE, _always("single-node"), MINIMAL_PAGE),)
"""A node without transport TLS stands alone: it elects itself, and joins nobody."""

ROWS: Mapping[Scenario, tuple[Row[Choices], ...]] = {
    Scenario.MINIMAL: (*MINIMAL_ROWS, *MINIMAL_ONLY_ROWS),
    Scenario.BASIC: (*MINIMAL_ROWS, *BASIC_ROWS),
    Scenario.BASIC_HTTPS: (*MINIMAL_ROWS, *BASIC_ROWS, *BASIC_HTTPS_ROWS),
}

LAYER_NEEDS = {Layer.TRANSPORT: Scenario.BASIC, Layer.HTTP: Scenario.BASIC_HTTPS}
"""The first scenario in which a layer speaks TLS."""

OTHER_KEY_MATERIAL: Mapping[FileFormat, tuple[str, ...]] = {
    FileFormat.PKCS12: (
        "key",
        "certificate",
        "key_passphrase",
        "keystore.password",
        "keystore.key_password",
        "keystore.type",
        "keystore.algorithm",
    ),
    FileFormat.PEM: (
        "key_passphrase",
        "keystore.path",
        "keystore.password",
        "keystore.key_password",
        "keystore.type",
        "keystore.algorithm",
    ),
}
"""Beside `keystore.path`, or beside `key`, these stop a node. Source: libs/ssl-config SslConfigurationLoader."""
OTHER_TRUST: Mapping[FileFormat, tuple[str, ...]] = {
    FileFormat.PEM: ("truststore.path", "truststore.password", "truststore.type", "truststore.algorithm"),
    FileFormat.PKCS12: ("certificate_authorities", "truststore.password", "truststore.type"),
}


def settings_for(scenario: Scenario, choices: Choices) -> dict[str, SettingValue]:
    """Return the scenario's settings, in the order in which they are written."""
    return {row.key: row.value(choices) for row in ROWS[scenario] if row.applies(choices)}


def excluded_by(scenario: Scenario, choices: Choices) -> tuple[str, ...]:
    """Return the keys that may not stand beside the scenario's settings, whoever wrote them."""
    excluded: list[str] = []
    if scenario is Scenario.MINIMAL:
        excluded += NOT_BESIDE_SINGLE_NODE
    elif choices.several_nodes:
        excluded.append(DISCOVERY_TYPE)
    if scenario.contains(Scenario.BASIC):
        others = (*OTHER_KEY_MATERIAL[choices.key_format], *OTHER_TRUST[choices.trust_format])
        excluded += [f"{T}{key}" for key in others]
    if scenario.contains(Scenario.BASIC_HTTPS):
        excluded += [f"{H}{key}" for key in OTHER_KEY_MATERIAL[choices.key_format]]
    if choices.traffic_in_clear:
        excluded += layers_above(scenario)
    return tuple(excluded)


def layers_above(scenario: Scenario) -> tuple[str, ...]:
    """Return the prefixes of the layers that a scenario leaves plain."""
    return tuple(PREFIXES[layer] for layer, needs in LAYER_NEEDS.items() if not scenario.contains(needs))


BOOTSTRAP_PASSWORD = "bootstrap.password"  # noqa: S105 (the entry's name)
"""The first password of `elastic`, dead once it has another. Source: built-in-users."""


def secure_entry_of_key_file(layer: Layer, choices: Choices) -> str:
    """Return the name of the keystore entry with a key file's password."""
    name = "secure_key_passphrase" if _pem_key(choices) else "keystore.secure_password"
    return f"{PREFIXES[layer]}{name}"


def secure_entry_of_trust_file(layer: Layer) -> str:
    """Return the name of the keystore entry with a trust file's password."""
    return f"{PREFIXES[layer]}truststore.secure_password"


def trust_file_of(layer: Layer, choices: Choices) -> str:
    """Return our trust file of a layer, relative to the config folder.

    Raises:
        KeyError: nodes verify nobody on this layer.
    """
    return TRUST_FILES[layer, choices.trust_format]
