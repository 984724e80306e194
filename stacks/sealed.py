"""What in a stack file is encrypted, and what has to be: the few values that a person gives and nobody else may see."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, get_args

from pydantic import SecretStr

from stacks.fields import every_field
from stacks.mistakes import Mistake
from stacks.model import NAMESPACE, StackModel

SECRETS = frozenset(path for path, field in every_field(StackModel) if SecretStr in get_args(field.annotation))
"""The keys whose values are secrets."""
OUT_OF_SIGHT = "encrypted"
"""Stands for an encrypted value, which only the engine can read."""


def is_encrypted(value: Any) -> bool:
    """Tell whether a value is what `pulumi config set --secret` writes."""
    return isinstance(value, Mapping) and set(value) == {"secure"} and isinstance(value["secure"], str)


def encrypted_in_vain(value: Any, path: str) -> Iterator[Mistake]:
    """Find what is encrypted and no secret: only the engine could read it."""
    if is_encrypted(value) and path not in SECRETS:
        yield Mistake(path, "is encrypted", "write it in clear: it is no secret")
    entries = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        yield from encrypted_in_vain(entry, f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}")


def in_clear(sections: Mapping[str, Any], secret: Collection[str], stack: str) -> Iterator[Mistake]:
    """Find secrets that stand in the file for everybody to read.

    Args:
        sections: what stands in the stack file, or what the engine made of it.
        secret: sections that the engine keeps encrypted, and hands out in clear.
        stack: the stack's name, for the command to type.
    """
    for path in sorted(SECRETS):
        section, *keys = path.split(".")
        value = sections.get(section)
        for key in keys:
            value = value.get(key) if isinstance(value, Mapping) else None
        if section not in secret and isinstance(value, (str, int, float)):
            command = f"`pulumi config set --secret --path {NAMESPACE}:{path} --stack {stack}`"
            yield Mistake(path, "stands there in clear", f"take it out, choose another, and encrypt it: {command} asks")


def out_of_sight(value: Any) -> Any:
    """Return a value of a stack file with something in place of what is encrypted in it."""
    if is_encrypted(value):
        return OUT_OF_SIGHT
    if isinstance(value, Mapping):
        return {key: out_of_sight(entry) for key, entry in value.items()}
    return [out_of_sight(entry) for entry in value] if isinstance(value, list) else value
