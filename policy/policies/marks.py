"""Keeps the mark of a secret on its way to a policy: the SDK takes it off before a policy sees the value.

The engine hands inputs over with their marks. `pulumi_policy` 1.21.0 keeps them for remediations alone
(`deserialize_properties`, argument `proxy_secrets`). So its function is replaced by one whose texts remember.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_policy import policy as sdk
from pulumi_policy.deserialize import SPECIAL_SECRET_SIG, SPECIAL_SIG_KEY, deserialize_properties
from pulumi_policy.proxy import UnknownValueError

from policies.view import UNKNOWN, SecretText


def keep_marks() -> None:
    """Let policies see which inputs are secrets."""
    sdk.deserialize_properties = _deserialized


def _deserialized(properties: dict[str, Any], proxy_secrets: bool = False) -> Any:  # noqa: FBT001, FBT002 (the SDK's)
    return deserialize_properties(properties if proxy_secrets else marked(properties), proxy_secrets)


def marked(value: Any, *, secret: bool = False) -> Any:
    """Return properties as they came, and every text that is or lies in a secret as a ``SecretText``."""
    if isinstance(value, dict):
        if value.get(SPECIAL_SIG_KEY) == SPECIAL_SECRET_SIG:
            return marked(value["value"], secret=True)
        return {key: marked(entry, secret=secret) for key, entry in value.items()}
    if isinstance(value, list):
        return [marked(entry, secret=secret) for entry in value]
    return SecretText(value) if secret and isinstance(value, str) else value


def plain(value: Any) -> Any:
    """Return what the SDK hands over as plain data: what refuses to be read, since it is unknown, as ``UNKNOWN``."""
    if isinstance(value, Mapping):
        return {key: _read(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_read(value, index) for index in range(len(value))]
    return value


def _read(container: Any, key: Any) -> Any:
    try:
        return plain(container[key])
    except UnknownValueError:
        return UNKNOWN
