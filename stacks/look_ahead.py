"""`preview --at`: what would be due on a later day, by the plugin's clock moved to it. No other command moves it."""

from dataclasses import replace
from datetime import UTC, datetime

from components.clock import PREVIEW_AT
from components.errors import ConfigurationRefused
from stacks.workspace import Workspace


def moment_of(text: str, now: datetime) -> datetime:
    """Return the moment that a person names, as a day (its first moment) or a time, in UTC where it names no zone.

    Raises:
        ConfigurationRefused: it is neither, or not ahead.
    """
    try:
        named = datetime.fromisoformat(text)
        at = named.replace(tzinfo=named.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        why = f"`{text}` is neither a day nor a time"
        raise _refused(why, "write it as `2027-03-01` or `2027-03-01T12:00Z`") from None
    if at <= now:
        raise _refused(f"`{text}` is past", f"name a day after today, {now:%Y-%m-%d}, or leave `--at` out for now")
    return at


def moved_to(workspace: Workspace, at: datetime | None) -> Workspace:
    """Return the workspace, where a moment is given with the plugin's clock moved to it."""
    if at is None:
        return workspace
    return replace(workspace, environment={**workspace.environment, PREVIEW_AT: at.isoformat()})


def in_title(at: datetime | None) -> str:
    """Return what the title of such a plan adds."""
    if at is None:
        return ""
    time = "" if (at.hour, at.minute, at.second) == (0, 0, 0) else f" {at:%H:%M} UTC"
    return f" · as of {at:%Y-%m-%d}{time}, if no `up` runs before"


def _refused(why: str, next_step: str) -> ConfigurationRefused:
    return ConfigurationRefused("cannot look ahead", where="--at", why=why, next_step=next_step)
