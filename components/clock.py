"""The only place that reads the clock; everything else gets a ``Clock`` or a ``datetime`` as an argument."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

PREVIEW_AT = "ESSECURITY_PREVIEW_AT"
"""Variable with the moment, in ISO 8601, to which a preview that looks ahead moves the plugin's clock."""


class Clock(Protocol):
    """What a rule or a rollout may ask of time."""

    def now(self) -> datetime:
        """Return the present moment, in UTC."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards, for measuring how long something took."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock, moved by ``offset`` (tests and look-ahead previews move it; nothing else does)."""

    offset: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Return the machine's time in UTC, plus the offset."""
        return datetime.now(UTC) + self.offset  # noqa: TID251 (this is the one place)

    def monotonic(self) -> float:
        """Return the machine's monotonic seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait in real time."""
        time.sleep(seconds)

    def moved_to(self, moment: datetime) -> "SystemClock":
        """Return a clock on which it is that moment now, and which goes on from there."""
        return SystemClock(self.offset + (moment - self.now()))
