"""A node's own clock, asked of its machine: the cluster's API, which tells it too, need not answer yet.

What is made now is not valid on a machine whose clock is behind, nor on one whose clock is past its end. So it is asked
before a file for it is written.
"""

from datetime import datetime, timedelta

from components.errors import ClockDiffers, CommandFailed
from components.handling import Context
from components.nodes.machine import NodeMachine
from components.pki.issue import CLOCK_SKEW

WARNS = 30.0
"""Seconds from which a clock that is ahead is told; certificates are valid there."""
QUICK = 5.0
"""Seconds in which an answer tells enough; one that waited for its turn is asked for again."""
REFUSES = CLOCK_SKEW.total_seconds()
"""Seconds behind from which a certificate that is made now is not valid there yet."""
NEXT_STEP = (
    "set it by NTP (chrony, systemd-timesyncd), or set this machine's where that is the wrong one; no file was written "
    "there by it; then run again"
)
"""What to do about a clock that is off."""


def refuse_a_clock_that_is_off(machine: NodeMachine, context: Context, until: datetime | None = None) -> None:
    """Compare a machine's clock with ours, which is the same one where the machine is this one.

    Args:
        machine: the node's machine.
        context: our clock, and a voice.
        until: when what it is to present ends; None where it is to present nothing, or that is not known.

    Raises:
        ClockDiffers: certificates that are made now would not be valid there.
    """
    if machine.machine.ssh is None:
        return
    ahead = _seconds_ahead(machine, context)
    if ahead <= -REFUSES:
        raise ClockDiffers(
            f"its clock is {_told(ahead)} s behind this machine's",
            where=machine.name,
            why="certificates that are made now are not valid there yet, so it could talk to no other node",
            next_step=NEXT_STEP,
        )
    if until is not None and ahead >= WARNS and context.clock.now() + timedelta(seconds=ahead) >= until:
        raise ClockDiffers(
            f"its clock is {_told(ahead)} s ahead of this machine's",
            where=machine.name,
            why=f"the certificate that it is to present is good until {until:%Y-%m-%d}, which is over there, so it "
            "could talk to no other node",
            next_step=NEXT_STEP,
        )
    if abs(ahead) >= WARNS:
        way = "ahead of" if ahead > 0 else "behind"
        context.warn(f"{machine.name}: its clock is {_told(ahead)} s {way} this machine's: let NTP set it")


def _seconds_ahead(machine: NodeMachine, context: Context) -> float:
    """Return by how much its clock is ahead of ours at least; below 0 where it is behind."""
    for _ in range(2):
        before = context.clock.now().timestamp()
        done = machine.target.run(["date", "-u", "+%s"])
        after = context.clock.now().timestamp()
        if after - before <= QUICK:
            break
    try:
        there = int(done.stdout)
    except ValueError:
        raise CommandFailed(
            "its clock could not be read",
            where=machine.name,
            why=f"`date -u +%s` says `{done.stdout.strip() or done.stderr.strip()}`",
            next_step="see what `date` is on that machine; mend it, then run again",
        ) from None
    return max(there - after, 0.0) + min(there + 1 - before, 0.0)  # it tells whole seconds


def _told(seconds: float) -> str:
    """Return seconds as they are told: what is asked twice is told in the same words, and so only once."""
    return f"{round(abs(seconds), -1):.0f}"
