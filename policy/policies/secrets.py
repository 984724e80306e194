"""Nothing secret in clear: neither in the state, which the engine encrypts only where it is told to, nor in settings.

Source: deploy-manage/security/secure-settings; Pulumi's documentation, iac/concepts/secrets.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from policies.view import UNKNOWN, Resource, SecretText, Settings, Violation, Violations, part

SECRET_NAMES = re.compile(r"(?i).*(password|passphrase|keypem|samplepem|privatekey\w*)")
"""Names of inputs whose values are secrets wherever they stand."""
SECRET_INPUTS = frozenset({"keyFile", "formers", "secure", "secureDefaults", "given"})
"""Inputs whose values are secrets although their names do not say so."""
PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
SECURE_SETTING = re.compile(
    r"(?i)(.*\.)?(secure_\w+|password|\w*passphrase|bind_password|client_secret|secret_key|encryptionKey)"
)
"""Settings whose values belong into a keystore."""


def state_is_encrypted(resource: Resource, settings: Settings) -> Violations:
    """Find a secret that the engine would record in clear, since nothing marks it as one."""
    for path in sorted(set(_in_clear(resource.inputs, "", secret=False))):
        yield Violation(
            resource.name,
            f"its input {path} is not encrypted",
            "it is a secret, and the stack's state would hold it for everybody to read who can read the state",
            "hand it on as a secret (pulumi.Output.secret), and encrypt it in the stack file "
            "(`pulumi config set --secret`)",
        )


def settings_hold_no_secret(resource: Resource, settings: Settings) -> Violations:
    """Find a setting in elasticsearch.yml or kibana.yml that belongs into the keystore."""
    found = part(resource.inputs, "content", "settings")
    for key, value in found.items() if isinstance(found, Mapping) else ():
        if SECURE_SETTING.fullmatch(key) and value not in (None, ""):
            yield Violation(
                f"{resource.name} ({key})",
                "is a secret in a settings file",
                "whoever can read the file could read it; secure settings belong into the keystore",
                "put it among the secure settings",
            )


def _in_clear(value: Any, path: str, *, secret: bool) -> Iterator[str]:
    """Yield the path of every text that is a secret, and not marked as one."""
    if isinstance(value, SecretText) or value is UNKNOWN:
        return
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield from _in_clear(entry, f"{path}.{key}" if path else key, secret=secret or is_secret(key))
    elif isinstance(value, list):
        for entry in value:
            yield from _in_clear(entry, f"{path}[*]", secret=secret)
    elif value and isinstance(value, str) and (secret or PRIVATE_KEY.search(value)):
        yield path


def is_secret(name: str) -> bool:
    """Tell whether an input's name says that its value, and all that is in it, is a secret."""
    return name in SECRET_INPUTS or SECRET_NAMES.fullmatch(name) is not None
