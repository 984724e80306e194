"""Dates as a person reads them in a preview."""

from datetime import UTC, datetime, timedelta

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


def day(moment: datetime) -> str:
    """Return the day of a moment in UTC, such as ``2027-03-24``."""
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def day_and_distance(moment: datetime, now: datetime) -> str:
    """Return a day and how far it is, such as ``2027-03-24 (in 38 days)``; whole days or hours, rounded down."""
    return f"{day(moment)} ({_distance(moment - now)})"


def _distance(ahead: timedelta) -> str:
    far = _amount(abs(ahead))
    return f"in {far}" if ahead > timedelta(0) else f"{far} ago"


def _amount(length: timedelta) -> str:
    if length < _HOUR:
        return "less than an hour"
    count, unit = (length // _DAY, "day") if length >= _DAY else (length // _HOUR, "hour")
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def iso(moment: datetime) -> str:
    """Return a moment in ISO 8601, to the second."""
    return moment.isoformat(timespec="seconds")
