"""Every secret of a stack, as text that must not be seen anywhere."""

import base64
import json
from typing import Any

from drill.state import plain

SECRET_NAMES = ("privateKeyPem", "signerKeyPem", "keyFile", "keyFilePassword", "value", "formers", "password")
LEAST_LENGTH = 16


def secrets_of(state: dict[str, Any]) -> list[str]:
    """Return the secrets in an exported state: passwords, key files, and each line of every private key.

    What is marked secret only to keep previews short (certificates) is public, and not looked for.
    """
    found: set[str] = set()
    for resource in state["deployment"]["resources"]:
        for values in (resource.get("inputs", {}), resource.get("outputs", {})):
            _collect(values, "", found)
    return sorted(found)


def key_file_bytes(state: dict[str, Any]) -> list[bytes]:
    """Return a piece from the middle of every key file, as it would stand in a copy of the file."""
    files = [
        base64.b64decode(plain(resource["outputs"]["keyFile"]))
        for resource in state["deployment"]["resources"]
        if resource["type"].endswith(":Certificate")
    ]
    return [content[200:264] for content in files]


def _collect(value: Any, name: str, found: set[str]) -> None:
    if isinstance(value, dict) and "plaintext" in value:
        _collect(json.loads(value["plaintext"]), name, found)
    elif isinstance(value, dict):
        for key, item in value.items():
            _collect(item, name if "." in key else key, found)  # a setting's name is not a property's
    elif isinstance(value, list):
        for item in value:
            _collect(item, name, found)
    elif isinstance(value, str) and (name in SECRET_NAMES or name == "secure"):
        found.update(_needles(value))


def _needles(text: str) -> list[str]:
    if "-----BEGIN" in text:
        return [line for line in text.splitlines() if not line.startswith("-----") and len(line) >= LEAST_LENGTH]
    middle = max(0, len(text) // 2 - 32)  # a key file begins with what all of them have in common
    return [text[middle : middle + 64]] if len(text) >= LEAST_LENGTH else []
