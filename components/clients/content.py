"""What must be in kibana.yml and in Kibana's keystore, as tables with their sources."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import Field, SecretStr

from components.clients.spec import KIBANA_USER, Kibana, KibanaPaths
from components.settings.content import Content
from components.settings.merge import SettingValue
from components.settings.scenarios import HTTPS_PAGE, MINIMAL_PAGE, Row
from components.values import MaybeUnknown

GENERAL_PAGE = "kibana/configuration-reference/general-settings"
SECURITY_PAGE = "deploy-manage/security/using-kibana-with-security"
A_YEAR = "max-age=31536000"
TLS_PROTOCOLS = ("TLSv1.2", "TLSv1.3")

PASSWORD = "elasticsearch.password"  # noqa: S105 (the entry's name)
PASSPHRASE = "server.ssl.keyPassphrase"  # noqa: S105 (the entry's name)
ENCRYPTION_KEYS: Mapping[str, str] = {
    "kibana-security-key": "xpack.security.encryptionKey",
    "kibana-saved-objects-key": "xpack.encryptedSavedObjects.encryptionKey",
    "kibana-reporting-key": "xpack.reporting.encryptionKey",
}
"""What each generated key is for; all Kibanas of a cluster share them. Source: using-kibana-with-security."""


class KibanaContent(Content):
    """Our settings for one Kibana.

    Attributes:
        defaults: settings that are ours only where kibana.yml has none.
        secure_defaults: entries that are ours only where neither the keystore nor kibana.yml has one: an encryption
            key of the operator's opens what was encrypted with it.
        secure_absent: entries that must not be in the keystore, which overrules kibana.yml.
    """

    defaults: dict[str, SettingValue] = Field(default_factory=dict)
    secure_defaults: dict[str, MaybeUnknown[SecretStr]] = Field(default_factory=dict)
    secure_absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A Kibana, and where it finds the cluster.

    Attributes:
        kibana: the Kibana.
        hosts: URLs of the nodes.
        outbound: whether it calls them over TLS.
        inbound: whether it serves a leaf of ours.
        strict_transport_security: whether it tells browsers to use HTTPS only.
    """

    kibana: Kibana
    hosts: tuple[str, ...]
    outbound: bool
    inbound: bool
    strict_transport_security: bool = False

    def path(self, relative: str) -> str:
        """Return the absolute path of something in the config folder: Kibana reads others from where it was started."""
        return str(self.kibana.machine.path(relative))


MINIMAL_ROWS: tuple[Row[Case], ...] = (
    Row("elasticsearch.hosts", lambda case: case.hosts, GENERAL_PAGE),
    Row("elasticsearch.username", lambda case: KIBANA_USER, MINIMAL_PAGE),
    Row(
        "server.publicBaseUrl",
        lambda case: case.kibana.public_url or "",
        GENERAL_PAGE,
        lambda case: case.kibana.public_url is not None,
    ),
)
OUTBOUND_ROWS: tuple[Row[Case], ...] = (
    Row("elasticsearch.ssl.certificateAuthorities", lambda case: (case.path(KibanaPaths.TRUST_FILE),), HTTPS_PAGE),
    Row("elasticsearch.ssl.verificationMode", lambda case: "full", GENERAL_PAGE),
)
INBOUND_ROWS: tuple[Row[Case], ...] = (
    Row("server.ssl.enabled", lambda case: True, HTTPS_PAGE),
    # one file for both, so that one rename replaces them together
    Row("server.ssl.certificate", lambda case: case.path(KibanaPaths.KEY_FILE), HTTPS_PAGE),
    Row("server.ssl.key", lambda case: case.path(KibanaPaths.KEY_FILE), HTTPS_PAGE),
    Row("server.ssl.supportedProtocols", lambda case: TLS_PROTOCOLS, GENERAL_PAGE),
    Row(
        "server.securityResponseHeaders.strictTransportSecurity",
        lambda case: A_YEAR,
        SECURITY_PAGE,
        lambda case: case.strict_transport_security,
    ),
)
PID_FILE = "pid.file"
DEFAULT_ROWS: tuple[Row[Case], ...] = (Row(PID_FILE, lambda case: case.kibana.machine.pid_file, GENERAL_PAGE),)

IN_CLEAR = (PASSWORD, "elasticsearch.serviceAccountToken")
"""A password belongs into the keystore, and beside a user Kibana takes no token. Source: set-up-minimal-security."""
OTHER_KEY_MATERIAL = ("server.ssl.keystore.path", "server.ssl.keystore.password")
"""Beside `server.ssl.key` these stop Kibana. Source: kibana general-settings, server.ssl.keystore.path."""


def settings_of(case: Case) -> dict[str, SettingValue]:
    """Return what must be in kibana.yml."""
    rows = (*MINIMAL_ROWS, *(OUTBOUND_ROWS if case.outbound else ()), *(INBOUND_ROWS if case.inbound else ()))
    return {row.key: row.value(case) for row in rows if row.applies(case)}


def defaults_of(case: Case) -> dict[str, SettingValue]:
    """Return what must be in kibana.yml with some value."""
    return {row.key: row.value(case) for row in DEFAULT_ROWS}


def absent_of(case: Case) -> tuple[str, ...]:
    """Return what must not be in kibana.yml."""
    return (*IN_CLEAR, PASSPHRASE, *OTHER_KEY_MATERIAL) if case.inbound else IN_CLEAR


def secure_absent_of(case: Case) -> tuple[str, ...]:
    """Return what must not be in Kibana's keystore: whatever would overrule, or contradict, our settings."""
    return tuple(key for key in (*settings_of(case), *absent_of(case)) if key not in {PASSWORD, PASSPHRASE})
