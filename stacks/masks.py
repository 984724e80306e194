"""What the engine shows in the place of a secret."""

from collections.abc import Mapping
from typing import Any

MASKED = "[secret]"


def has_mask(shown: Any) -> bool:
    """Tell whether the engine masked an output, or anything in it."""
    if isinstance(shown, Mapping):
        return any(has_mask(value) for value in shown.values())
    if isinstance(shown, list):
        return any(has_mask(value) for value in shown)
    return bool(shown == MASKED)
