"""Waiting for a cluster that comes up: an attempt is repeated while it is not ready, and somebody is told."""

from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_fixed

from components.clock import Clock
from components.errors import TargetUnreachable

Result = TypeVar("Result")

POLL = 0.5
"""Seconds between two attempts."""


def within(seconds: float, clock: Clock, waiting: Callable[[str], None], attempt: Callable[[], Result]) -> Result:
    """Repeat an attempt while the cluster is not ready; after a restart it answers 503 for a moment.

    Args:
        seconds: for how long; with 0 it is tried once.
        clock: measures it.
        waiting: told what it waits for, before each further attempt.
        attempt: what may be repeated.

    Raises:
        TargetUnreachable: it did not succeed in time; as the last attempt raised it.
    """
    began = clock.monotonic()

    def report(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        what = error.what if isinstance(error, TargetUnreachable) else "waiting for the cluster"
        waiting(f"{what} ({clock.monotonic() - began:.0f} s of at most {seconds:.0f} s)")

    retrying = Retrying(
        stop=lambda state: clock.monotonic() - began >= seconds,
        wait=wait_fixed(POLL),
        retry=retry_if_exception_type(TargetUnreachable),
        sleep=clock.sleep,
        before_sleep=report,
        reraise=True,
    )
    return retrying(attempt)
