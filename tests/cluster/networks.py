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

OPERATOR, BASTION = "10.79.0.1", "10.79.0.2"
BETWEEN, OF_THE_CLUSTER = "10.79.1.{}", "10.79.2.{}"
FIRST = 254
CLIENTS = "clients"
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
        for name in ("bastion", CLIENTS, *NAMES):
            _ip("netns", "add", made.namespace(name))
            stack.callback(_ip, "netns", "del", made.namespace(name))
            _ip("-n", made.namespace(name), "link", "set", "lo", "up")
        _link(f"es{mark}op", None, OPERATOR, f"es{mark}ba", made.namespace("bastion"), BASTION)
        stack.callback(_ip, "link", "del", f"es{mark}op")
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


def _bridge(namespace: str, address: str) -> None:
    _ip("-n", namespace, "link", "add", "lan", "type", "bridge")
    _ip("-n", namespace, "addr", "add", f"{address}/24", "dev", "lan")
    _ip("-n", namespace, "link", "set", "lan", "up")


def _link(ours: str, space: str | None, address: str, theirs: str, other: str, there: str) -> None:
    _ip("link", "add", ours, "type", "veth", "peer", "name", theirs)
    _ip("link", "set", theirs, "netns", other)
    for end, at, within in ((ours, address, space), (theirs, there, other)):
        lead = ("-n", within) if within else ()
        _ip(*lead, "addr", "add", f"{at}/24", "dev", end)
        _ip(*lead, "link", "set", end, "up")


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
