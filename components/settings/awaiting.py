"""HTTPS can wait for its first certificates until it is on, and never again."""

from collections.abc import Mapping

from components.errors import ConfigurationRefused
from components.pki.spec import Layer
from components.settings.merge import SettingValue, Value
from components.settings.scenarios import PREFIXES

ENABLED = f"{PREFIXES[Layer.HTTP]}enabled"


def speaks_https(settings: Mapping[str, Value | SettingValue]) -> bool:
    """Tell whether HTTPS is on by settings of ours, or by those of a file."""
    return settings.get(ENABLED) in (True, "true")


def refuse_to_wait_again(*, waits: bool, has_https: bool) -> None:
    """Refuse to take HTTPS away because certificates are missing, whatever the stack file consents to.

    Args:
        waits: whether HTTPS is left out since certificates are missing.
        has_https: whether it is on, or was.

    Raises:
        ConfigurationRefused: with the ways that there are.
    """
    if not (waits and has_https):
        return
    raise ConfigurationRefused(
        "a cluster that has HTTPS cannot wait for its first certificates again",
        where="authorities.http.own.leaves",
        why="certificates are missing in it, which at `generation: 1` is how a cluster goes on without HTTPS until "
        "they are there; this one would lose HTTPS, and its CA would be forgotten",
        next_step="put back what `authorities.http` had. To come to a CA that signs elsewhere, or to await another "
        "certificate of it, write its next `generation`: then every node presents what it does now until all are there",
    )
