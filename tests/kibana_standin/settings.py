"""The stand-in's configuration: kibana.yml under the keystore, every key known, every value of its type."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from ruamel.yaml import YAML

from tests.kibana_standin.keystore import Keystore

TEXT, NUMBER, FLAG, TEXTS = "string", "number", "boolean", "array"
KNOWN = {
    "server.host": TEXT,
    "server.port": NUMBER,
    "server.name": TEXT,
    "server.publicBaseUrl": TEXT,
    "server.ssl.enabled": FLAG,
    "server.ssl.certificate": TEXT,
    "server.ssl.key": TEXT,
    "server.ssl.keyPassphrase": TEXT,
    "server.ssl.keystore.path": TEXT,
    "server.ssl.keystore.password": TEXT,
    "server.ssl.supportedProtocols": TEXTS,
    "server.securityResponseHeaders.strictTransportSecurity": TEXT,
    "elasticsearch.hosts": TEXTS,
    "elasticsearch.username": TEXT,
    "elasticsearch.password": TEXT,
    "elasticsearch.serviceAccountToken": TEXT,
    "elasticsearch.ssl.certificateAuthorities": TEXTS,
    "elasticsearch.ssl.verificationMode": TEXT,
    "elasticsearch.requestTimeout": NUMBER,
    "xpack.security.encryptionKey": TEXT,
    "xpack.encryptedSavedObjects.encryptionKey": TEXT,
    "xpack.reporting.encryptionKey": TEXT,
    "pid.file": TEXT,
    "path.data": TEXT,
    "logging.root.level": TEXT,
}
PROTOCOLS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


class Invalid(Exception):
    """Why Kibana would not start with this."""


@dataclass(frozen=True)
class Settings:
    """What is configured, flat, and the keystore's part of it, which is read once."""

    values: dict[str, Any]
    secure: dict[str, Any]

    def __getitem__(self, key: str) -> Any:
        return self.values.get(key)

    @property
    def tls(self) -> bool:
        return self["server.ssl.enabled"] in (True, "true")

    def server_context(self) -> ssl.SSLContext:
        """Read the files of `server.ssl`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        versions = [PROTOCOLS[name] for name in self["server.ssl.supportedProtocols"] or PROTOCOLS]
        context.minimum_version, context.maximum_version = min(versions), max(versions)
        certificate, key = self["server.ssl.certificate"], self["server.ssl.key"]
        passphrase = self["server.ssl.keyPassphrase"]
        load_pem_private_key(Path(key).read_bytes(), passphrase.encode() if passphrase else None)
        context.load_cert_chain(certificate, key, passphrase or "")
        return context

    def client_context(self) -> ssl.SSLContext | None:
        """Read what is trusted when Elasticsearch is called; None for plain HTTP."""
        if not all(host.startswith("https:") for host in self["elasticsearch.hosts"]):
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        for path in self["elasticsearch.ssl.certificateAuthorities"] or ():
            context.load_verify_locations(cafile=path)
        context.check_hostname = self["elasticsearch.ssl.verificationMode"] in (None, "full")
        return context


def read(folder: Path, secure: dict[str, Any] | None = None) -> Settings:
    """Read kibana.yml and, unless they are given, the keystore's entries.

    Raises:
        Invalid: Kibana would not start with it.
    """
    written = YAML(typ="safe").load((folder / "kibana.yml").read_text()) or {}
    entries = Keystore(folder).entries if secure is None else secure
    values = {key: value for key, value in _flat(written) if value is not None} | dict(entries)
    for key, value in values.items():
        values[key] = _checked(key, value)
    _refuse_contradictions(values)
    return Settings({"elasticsearch.hosts": ["http://localhost:9200"], "server.port": 5601, **values}, entries)


def _flat(value: Any, above: str = "") -> list[tuple[str, Any]]:
    if not isinstance(value, dict):
        return [(above, value)]
    return [pair for key, inner in value.items() for pair in _flat(inner, f"{above}.{key}" if above else str(key))]


def _checked(key: str, value: Any) -> Any:
    kind = KNOWN.get(key)
    if kind is None:
        raise Invalid(f"[config validation of [{key}]]: definition for this key is missing")
    if kind == TEXTS:
        value = [value] if isinstance(value, str) else value
        good = isinstance(value, list) and all(isinstance(item, str) for item in value)
    elif kind == FLAG:
        good = isinstance(value, bool) or value in ("true", "false")
    elif kind == NUMBER:
        good = str(value).isdecimal()
        value = int(value) if good else value
    else:
        good = isinstance(value, str)
    if not good:
        raise Invalid(f"[config validation of [{key}]]: expected value of type [{kind}]")
    return value


def _refuse_contradictions(values: dict[str, Any]) -> None:
    if "elasticsearch.serviceAccountToken" in values and "elasticsearch.username" in values:
        raise Invalid('serviceAccountToken cannot be specified when "username" is also set.')
    if values.get("elasticsearch.username") == "elastic":
        raise Invalid('value of "elastic" is forbidden. This is a superuser account.')
    if "server.ssl.key" in values and "server.ssl.keystore.path" in values:
        raise Invalid("cannot use [key] when [keystore.path] is specified")
    if values.get("server.ssl.enabled") in (True, "true") and not {"server.ssl.key", "server.ssl.certificate"} <= {
        *values
    }:
        raise Invalid("must specify [certificate] and [key] -- or [keystore.path] -- when ssl is enabled")
    if values.get("server.publicBaseUrl", "").endswith("/"):
        raise Invalid("[publicBaseUrl] must not contain a trailing slash")
    short = [key for key, value in values.items() if key.endswith(".encryptionKey") and len(value) < 32]
    if short:
        raise Invalid(f"{short[0]}: value has length below the minimum of [32]")
