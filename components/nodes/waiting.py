"""Waiting for a cluster that comes up: an attempt is repeated while it is not ready, and somebody is told."""

from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_fixed

from components.clock import Clock
from components.errors import HttpsMissing, LoginsRefused, TargetUnreachable

Result = TypeVar("Result")

POLL = 0.5
"""Seconds between two attempts."""
REFUSED_FOR = 10.0
"""Seconds in which refused logins may be taken yet: a node that has just started refuses right ones, too, until it can
read the index of its users (Elasticsearch, x-pack/plugin/security, authc/esnative/ReservedRealm.java). Longer than
that, a password does not come right by waiting."""


def within(seconds: float, clock: Clock, waiting: Callable[[str], None], attempt: Callable[[], Result]) -> Result:
    """Repeat an attempt while the cluster is not ready; after a restart it answers 503 for a moment.

    Args:
        seconds: for how long; with 0 it is tried once.
        clock: measures it.
        waiting: told what it waits for, before each further attempt.
        attempt: what may be repeated.

    Raises:
        TargetUnreachable: it did not succeed in time; as the last attempt raised it. `LoginsRefused` or
            `HttpsMissing` when nothing else came for 10 s.
    """
    patience = _Patience(seconds, clock)

    def report(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        what = error.what if isinstance(error, TargetUnreachable) else "waiting for the cluster"
        waiting(f"{what} ({clock.monotonic() - patience.began:.0f} s of at most {patience.at_most:.0f} s)")

    retrying = Retrying(
        stop=patience.is_over,
        wait=wait_fixed(POLL),
        retry=retry_if_exception_type(TargetUnreachable),
        sleep=clock.sleep,
        before_sleep=report,
        reraise=True,
    )
    return retrying(attempt)


class _Patience:
    """Until when it is waited: for a shorter while since every login has been refused, one attempt after the other."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        self.seconds, self.clock = seconds, clock
        self.began = clock.monotonic()
        self.refused_since: float | None = None

    @property
    def at_most(self) -> float:
        """Seconds from the first attempt on."""
        if self.refused_since is None:
            return self.seconds
        return min(self.seconds, self.refused_since - self.began + REFUSED_FOR)

    def is_over(self, state: RetryCallState) -> bool:
        """Note how an attempt ended, and tell whether it was the last one."""
        now, error = self.clock.monotonic(), state.outcome.exception() if state.outcome else None
        if not isinstance(error, (LoginsRefused, HttpsMissing)):
            self.refused_since = None
        elif self.refused_since is None:
            self.refused_since = now
        return now - self.began >= self.at_most
