"""Three machines that are reached by SSH: in network namespaces, or on loopback addresses where none can be made."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.cluster.machines import Machines
from tests.cluster.networks import namespaces, why_none
from tests.figures import MACHINES
from tests.sshd import logins, sshd_or_skip

ASKED_FOR = "TEST_MACHINES"
"""Says `loopback` where these are to be taken, although namespaces could be made."""
SSH_PORT = 2279
"""Not 22, which an sshd of this machine may have at every address."""
BLOCKS = range(0, 255, 3)
"""Three numbers for each run: those of the three networks."""


@contextmanager
def three_machines() -> Iterator[Machines]:
    """Make the machines, the logins and the sshd's, and say which; end and remove all of it afterwards."""
    sshd_or_skip()
    why = f"{ASKED_FOR} asks for it" if os.environ.get(ASKED_FOR) == "loopback" else why_none()
    with ExitStack() as stack:
        stack.enter_context(logins())
        made = on_loopback(stack) if why else namespaces(stack)
        sys.stdout.write(f"\n{MACHINES}{described(why)}\n")
        made.start(stack)
        yield made


def described(why: str) -> str:
    """Return which machines they are, in one line.

    Args:
        why: why they are not in namespaces; empty where they are.
    """
    return (
        f"on loopback addresses, without network namespaces: {' '.join(why.split())}" if why else "network namespaces"
    )


def on_loopback(stack: ExitStack) -> Machines:
    """Return machines at loopback addresses that no other run has, as long as the stack is not closed."""
    for block in BLOCKS:
        ours = stack.enter_context(socket.socket())
        try:
            ours.bind((f"127.79.{block}.254", SSH_PORT))
        except OSError:
            continue
        of_this_run = [f"127.79.{block + network}" for network in range(3)]
        return Machines(f"{of_this_run[0]}.2", f"{of_this_run[1]}.{{}}", f"{of_this_run[2]}.{{}}", SSH_PORT)
    raise AssertionError("other runs have every loopback address that may be taken")
