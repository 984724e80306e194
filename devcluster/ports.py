"""Which ports a node may have on this machine."""

import socket
from collections.abc import Callable, Collection, Iterable

from components.errors import ConfigurationRefused

LAST_PORT = 32767
"""Above it the operating system takes ports for outgoing connections."""


def is_free(port: int, address: str = "127.0.0.1") -> bool:
    """Tell whether a server could bind to a port now, found by binding to it."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Elasticsearch does: TIME_WAIT is no hindrance
        try:
            probe.bind((address, port))
        except OSError:
            return False
        return True


def is_open(port: int, address: str = "127.0.0.1") -> bool:
    """Tell whether a server answers on a port, whatever it speaks."""
    try:
        with socket.create_connection((address, port), timeout=2):
            return True
    except OSError:
        return False


def choose(wanted: int, taken: Collection[int], free: Callable[[int], bool] = is_free) -> int:
    """Return the port wanted, or the next one above that is free.

    Args:
        wanted: the port wanted.
        taken: ports that other nodes of the cluster will have.
        free: tells whether a port is free now.

    Raises:
        ConfigurationRefused: none up to 32767 is free.
    """
    found = next((port for port in _upwards(wanted) if port not in taken and free(port)), None)
    if found is None:
        raise ConfigurationRefused(
            f"no free port from {wanted} to {LAST_PORT}",
            where="this machine",
            why="every one of them is taken",
            next_step="end what holds them, or give the nodes lower ports in the stack file",
        )
    return found


def _upwards(wanted: int) -> Iterable[int]:
    return range(wanted, LAST_PORT + 1)
