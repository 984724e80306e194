"""What speaks against a configuration as it would be read: why a node would not start with it, or had better not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from components.errors import ConfigurationRefused
from components.settings.scalars import Value, split_list

SETTINGS_PAGE = "reference/elasticsearch/configuration-reference/security-settings"


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing that speaks against a node's configuration.

    Attributes:
        reason: stable identifier in PascalCase.
        text: which setting, and why it is wrong or unwise; a clause without a full stop.
        fix: what to do about it.
        refuses: whether nothing may be changed while it is so; otherwise it is only said.
        citation: the docs path, or the class of Elasticsearch, that it comes from.
    """

    reason: str
    text: str
    fix: str
    refuses: bool
    citation: str

    def __str__(self) -> str:
        return f"{self.text}; {self.fix}"


def refused(concerns: Iterable[Concern]) -> tuple[Concern, ...]:
    """Return the concerns that keep anything from being changed."""
    return tuple(concern for concern in concerns if concern.refuses)


def minded(concerns: Iterable[Concern]) -> tuple[Concern, ...]:
    """Return the concerns that are only said."""
    return tuple(concern for concern in concerns if not concern.refuses)


def refuse_if_any(concerns: Iterable[Concern], *, where: str) -> None:
    """Refuse a configuration that may not be.

    Raises:
        ConfigurationRefused: some concern refuses; the text has them all, each with its fix.
    """
    found = refused(concerns)
    if found:
        raise ConfigurationRefused(
            "a node may not be started with this configuration",
            where=where,
            why="; ".join(concern.text for concern in found),
            next_step="; ".join(dict.fromkeys(concern.fix for concern in found)),
        )


def is_on(settings: Mapping[str, Value], key: str, *, default: bool = False) -> bool:
    """Tell whether a switch is on in the settings that a node reads."""
    return settings.get(key, "true" if default else "false") == "true"


def word(value: Value) -> str:
    """Return a value that is one of a few words, which Elasticsearch takes in capitals too; empty for a list.

    Source: SslVerificationMode.parse, SslClientAuthenticationMode.parse (`toLowerCase`).
    """
    return value.lower() if isinstance(value, str) else ""


def texts(settings: Mapping[str, Value], key: str) -> tuple[str, ...]:
    """Return what a list setting holds, whichever way it is written; nothing where it is not set."""
    value = settings.get(key, ())
    return value if isinstance(value, tuple) else split_list(value)
