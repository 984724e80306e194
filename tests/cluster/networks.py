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
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from components.clock import SystemClock
from devcluster import api
from devcluster.cluster import DevCluster
from devcluster.spec import ClusterSpec, NodeSpec
from tests.cluster_fixtures import NAMES, elasticsearch_or_skip
from tests.sshd import Sshd, logins, running_sshd, sshd_or_skip

OPERATOR, BASTION, BETWEEN = "10.79.0.1", "10.79.0.2", "10.79.1.{}"
OF_THE_CLUSTER = "127.79.2.{}"
"""Elasticsearch enforces its bootstrap checks on any other than loopback addresses, and not every root may raise the
limit of open files. These are carried from namespace to namespace all the same (`route_localnet`)."""
FIRST = 254
CLIENTS, US = "clients", "operator"
HTTP_PORT, TRANSPORT_PORT = 9200, 9300
_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass
class Machines:
    """Three machines and the way to them.

    Attributes:
        mark: tells the namespaces of this run from those of another.
        bastion: the sshd of the host on the way.
        sshds: the sshd of each node's machine, by the node's name.
    """

    mark: str
    bastion: Sshd
    sshds: dict[str, Sshd] = field(default_factory=dict)

    def namespace(self, name: str) -> str:
        return f"essec-{self.mark}-{name}"

    def address(self, name: str) -> str:
        """Return where a node listens, on the cluster's own network."""
        return OF_THE_CLUSTER.format(NAMES.index(name) + 1)

    def host(self, name: str) -> str:
        """Return where a node's machine is reached by SSH, from the bastion."""
        return BETWEEN.format(NAMES.index(name) + 1)

    @contextmanager
    def within(self, name: str) -> Iterator[None]:
        """Let this thread, and what it starts, be in another namespace."""
        with Path(f"/proc/self/task/{threading.get_native_id()}/ns/net").open() as home:
            _enter(f"/var/run/netns/{self.namespace(name)}")
            try:
                yield
            finally:
                _set_namespace(home.fileno())


@contextmanager
def three_machines() -> Iterator[Machines]:
    """Make the namespaces, the logins and the sshd's; end and remove all of it afterwards."""
    sshd_or_skip()
    if shutil.which("ip") is None:
        pytest.skip("needs iproute2, for network namespaces")
    mark = secrets.token_hex(2)
    with ExitStack() as stack:
        stack.enter_context(logins())
        made = Machines(mark, bastion=Sshd(Path(), "", 0))
        for name in (US, "bastion", CLIENTS, *NAMES):
            _ip("netns", "add", made.namespace(name))
            stack.callback(_ip, "netns", "del", made.namespace(name))
            _ip("-n", made.namespace(name), "link", "set", "lo", "up")
            _carry_loopback(made.namespace(name))
        _link(made.namespace(US), OPERATOR, made.namespace("bastion"), BASTION, mark)
        _bridge(made.namespace("bastion"), BETWEEN.format(FIRST))
        _bridge(made.namespace(CLIENTS), OF_THE_CLUSTER.format(FIRST))
        for number, name in enumerate(NAMES, 1):
            for network, middle in ((BETWEEN, "bastion"), (OF_THE_CLUSTER, CLIENTS)):
                port = f"{name}-{middle[:2]}"
                _ip("link", "add", f"es{mark}{port}", "type", "veth", "peer", "name", f"{port}-n")
                _ip("link", "set", f"es{mark}{port}", "netns", made.namespace(middle), "name", port)
                _ip("link", "set", f"{port}-n", "netns", made.namespace(name))
                _ip("-n", made.namespace(middle), "link", "set", port, "master", "lan", "up")
                _ip("-n", made.namespace(name), "addr", "add", f"{network.format(number)}/24", "dev", f"{port}-n")
                _ip("-n", made.namespace(name), "link", "set", f"{port}-n", "up")
        made.bastion = stack.enter_context(running_sshd(BASTION, 22, _lead(made, "bastion")))
        for name in NAMES:
            made.sshds[name] = stack.enter_context(running_sshd(made.host(name), 22, _lead(made, name)))
        yield made


@contextmanager
def open_nodes(machines: Machines, folder: Path) -> Iterator[DevCluster]:
    """Run an open cluster, each node on its machine; stop and remove it afterwards."""
    elasticsearch_or_skip()
    nodes = tuple(NodeSpec(name, HTTP_PORT, TRANSPORT_PORT, machines.address(name)) for name in NAMES)
    cluster = DevCluster(ClusterSpec("books", folder / "cluster", folder / "cluster" / "home", nodes))

    def start(name: str) -> None:
        with machines.within(name):
            cluster.node(name).start(cluster.home)

    try:
        cluster.lay_out()
        with ThreadPoolExecutor(len(NAMES)) as pool:
            list(pool.map(start, NAMES))
        with machines.within(CLIENTS):
            api.wait_until_green(cluster.nodes, SystemClock())
        yield cluster
    finally:
        cluster.remove()


def _lead(machines: Machines, name: str) -> tuple[str, ...]:
    return ("ip", "netns", "exec", machines.namespace(name))


def _carry_loopback(namespace: str) -> None:
    """Leave `lo` one address alone, and let others of 127.0.0.0/8 be those of a network."""
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
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"


def _enter(path: str) -> None:
    with Path(path).open() as there:
        _set_namespace(there.fileno())


def _set_namespace(descriptor: int) -> None:
    """Move this thread alone. Source: setns(2)."""
    if _LIBC.setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
