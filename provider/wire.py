"""The engine's wire format and plain Python values: structs, secrets, unknowns, whole numbers.

Source: sdk/go/common/resource/plugin (the marshaller of the engine), read at v3.259.0.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf import json_format, struct_pb2
from pulumi.runtime import rpc
from pydantic import SecretStr

from components.values import UNKNOWN, Unknown

SIGNATURE = rpc._special_sig_key  # noqa: SLF001 (the wire's own name for it; the SDK exports no other)
SECRET_SIGNATURE = rpc._special_secret_sig  # noqa: SLF001 (likewise)
UNKNOWN_TEXT = rpc.UNKNOWN

Plain = Any
"""None, bool, int, float, str, list or dict of such; UNKNOWN where the engine does not know yet."""


def load(struct: struct_pb2.Struct) -> dict[str, Plain]:
    """Return a struct as Python values, with secrets still in their wrapper and unknowns as text."""
    loaded: dict[str, Plain] = json_format.MessageToDict(struct)
    return loaded


def dump(values: Mapping[str, Plain]) -> struct_pb2.Struct:
    """Return wire-ready Python values as a struct."""
    struct = struct_pb2.Struct()
    json_format.ParseDict(dict(values), struct)
    return struct


def is_secret(value: Plain) -> bool:
    """Tell whether a loaded value is wrapped as a secret."""
    return isinstance(value, Mapping) and value.get(SIGNATURE) == SECRET_SIGNATURE


def secret(value: Plain) -> dict[str, Plain]:
    """Wrap a wire-ready value as a secret."""
    return {SIGNATURE: SECRET_SIGNATURE, "value": value}


def unwrap(value: Plain) -> Plain:
    """Return a loaded value without wrappers: secrets bare, unknowns as UNKNOWN, whole floats as int."""
    if is_secret(value):
        return unwrap(value.get("value"))
    if isinstance(value, Mapping):
        return {key: unwrap(item) for key, item in value.items()}
    if isinstance(value, list):
        return [unwrap(item) for item in value]
    if value == UNKNOWN_TEXT:
        return UNKNOWN
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def wrap(value: Plain) -> Plain:
    """Return a handler's value wire-ready: secret strings wrapped, UNKNOWN as the engine's text."""
    if isinstance(value, Unknown):
        return UNKNOWN_TEXT
    if isinstance(value, SecretStr):
        return secret(value.get_secret_value())
    if isinstance(value, Mapping):
        return {key: wrap(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [wrap(item) for item in value]
    return value


def has_unknown(value: Plain) -> bool:
    """Tell whether an unwrapped value is, or holds, an unknown."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return isinstance(value, Unknown)
