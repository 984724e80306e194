"""One shape for every rule: look at a view, return a Finding or nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

View = TypeVar("View")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found.

    Attributes:
        reason: stable identifier in PascalCase, safe to match on in tests and scripts.
        message: a full sentence for a person.
    """

    reason: str
    message: str

    def __str__(self) -> str:
        return self.message


Check: TypeAlias = Callable[[View], Finding | None]


def first_finding(checks: Iterable[Check[View]], view: View) -> Finding | None:
    """Return the first finding of the checks, in their order, or None."""
    return next((found for check in checks if (found := check(view))), None)


def all_findings(checks: Iterable[Check[View]], view: View) -> tuple[Finding, ...]:
    """Return every finding of the checks, in their order."""
    return tuple(found for check in checks if (found := check(view)))
