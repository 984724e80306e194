"""Machines of their own for three real nodes: network namespaces, each with an sshd, behind a host on the way.

operator ── bastion ── es-1, es-2, es-3     by SSH alone
            clients ── es-1, es-2, es-3     the network of the cluster, which the operator has no way into
"""

import ctypes
import os
import secrets
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.machines import BASTION, CLIENTS, US, Machines
from tests.cluster_fixtures import NAMES

OPERATOR, WAY, BETWEEN = "10.79.0.1", "10.79.0.2", "10.79.1.{}"
OF_THE_CLUSTER = "127.79.2.{}"
"""Elasticsearch enforces its bootstrap checks on any other than loopback addresses, and not every root may raise the
limit of open files. These are carried from namespace to namespace all the same (`route_localnet`)."""
FIRST = 254
_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


class NotMade(Exception):
    """A command of iproute2 did not do its work."""


@dataclass
class Namespaces(Machines):
    """Three machines in network namespaces.

    Attributes:
        mark: tells the namespaces of this run from those of another.
    """

    mark: str = ""

    def namespace(self, name: str) -> str:
        return f"essec-{self.mark}-{name}"

    def lead(self, name: str) -> tuple[str, ...]:
        return ("ip", "netns", "exec", self.namespace(name))

    @contextmanager
    def within(self, name: str) -> Iterator[None]:
        with Path(f"/proc/self/task/{threading.get_native_id()}/ns/net").open() as home:
            _enter(f"/var/run/netns/{self.namespace(name)}")
            try:
                yield
            finally:
                _set_namespace(home.fileno())


def why_none() -> str:
    """Return why no network namespaces can be made as they are needed here, and nothing where they can: by trying."""
    if shutil.which("ip") is None:
        return "iproute2 is not installed"
    trial = f"essec-{secrets.token_hex(2)}-trial"
    try:
        _ip("netns", "add", trial)
        _carry_loopback(trial)
        _bridge(trial, BETWEEN.format(FIRST))
        _ip("-n", trial, "link", "add", "one", "type", "veth", "peer", "name", "other")
    except NotMade as error:
        return str(error)
    finally:
        with suppress(NotMade):
            _ip("netns", "del", trial)
    return ""


def namespaces(stack: ExitStack) -> Namespaces:
    """Make the namespaces and what connects them; the stack removes all of it."""
    mark = secrets.token_hex(2)
    made = Namespaces(WAY, BETWEEN, OF_THE_CLUSTER, 22, apart=True, mark=mark)
    for name in (US, BASTION, CLIENTS, *NAMES):
        _ip("netns", "add", made.namespace(name))
        stack.callback(_ip, "netns", "del", made.namespace(name))
        _carry_loopback(made.namespace(name))
    _link(made.namespace(US), OPERATOR, made.namespace(BASTION), WAY, mark)
    _bridge(made.namespace(BASTION), BETWEEN.format(FIRST))
    _bridge(made.namespace(CLIENTS), OF_THE_CLUSTER.format(FIRST))
    for number, name in enumerate(NAMES, 1):
        for network, middle in ((BETWEEN, BASTION), (OF_THE_CLUSTER, CLIENTS)):
            port = f"{name}-{middle[:2]}"
            _ip("link", "add", f"es{mark}{port}", "type", "veth", "peer", "name", f"{port}-n")
            _ip("link", "set", f"es{mark}{port}", "netns", made.namespace(middle), "name", port)
            _ip("link", "set", f"{port}-n", "netns", made.namespace(name))
            _ip("-n", made.namespace(middle), "link", "set", port, "master", "lan", "up")
            _ip("-n", made.namespace(name), "addr", "add", f"{network.format(number)}/24", "dev", f"{port}-n")
            _ip("-n", made.namespace(name), "link", "set", f"{port}-n", "up")
    return made


def _carry_loopback(namespace: str) -> None:
    """Leave `lo` one address alone, and let others of 127.0.0.0/8 be those of a network."""
    _ip("-n", namespace, "link", "set", "lo", "up")
    _ip("-n", namespace, "addr", "del", "127.0.0.1/8", "dev", "lo")
    _ip("-n", namespace, "addr", "add", "127.0.0.1/32", "dev", "lo")
    for scope in ("all", "default"):
        _ip("netns", "exec", namespace, "sysctl", "-q", "-w", f"net.ipv4.conf.{scope}.route_localnet=1")


def _bridge(namespace: str, address: str) -> None:
    _ip("-n", namespace, "link", "add", "lan", "type", "bridge")
    _ip("-n", namespace, "addr", "add", f"{address}/24", "dev", "lan")
    _ip("-n", namespace, "link", "set", "lan", "up")


def _link(one: str, address: str, other: str, there: str, mark: str) -> None:
    _ip("link", "add", f"es{mark}a", "type", "veth", "peer", "name", f"es{mark}b")
    for end, at, within in ((f"es{mark}a", address, one), (f"es{mark}b", there, other)):
        _ip("link", "set", end, "netns", within)
        _ip("-n", within, "addr", "add", f"{at}/24", "dev", end)
        _ip("-n", within, "link", "set", end, "up")


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotMade(f"`ip {' '.join(words)}`: {done.stderr.strip()}")


def _enter(path: str) -> None:
    with Path(path).open() as there:
        _set_namespace(there.fileno())


def _set_namespace(descriptor: int) -> None:
    """Move this thread alone. Source: setns(2)."""
    if _LIBC.setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
