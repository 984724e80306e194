"""Machines for three real nodes, each with an sshd, behind a host on the way, and the nodes on them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from components.clock import SystemClock
from devcluster import api
from devcluster.cluster import DevCluster
from devcluster.spec import ClusterSpec, NodeSpec
from tests.cluster_fixtures import NAMES, elasticsearch_or_skip
from tests.sshd import NO_PASSWORD, Sshd, running_sshd

BASTION = "bastion"
CLIENTS, US = "clients", "operator"
HTTP_PORT, TRANSPORT_PORT = 9200, 9300


@dataclass
class Machines:
    """Three machines and the way to them; here all of them are this machine, at other addresses.

    Attributes:
        way: where the host on the way is reached.
        between: where machines are reached by SSH, as `10.79.1.{}`.
        of_the_cluster: where nodes listen, likewise.
        ssh_port: the port of each sshd.
        apart: whether there is no way to the nodes but by SSH.
        bastion: the sshd of the host on the way.
        sshds: the sshd of each node's machine, by the node's name.
    """

    way: str
    between: str
    of_the_cluster: str
    ssh_port: int
    apart: bool = False
    bastion: Sshd = field(init=False)
    sshds: dict[str, Sshd] = field(default_factory=dict)

    def address(self, name: str) -> str:
        """Return where a node listens, on the cluster's own network."""
        return self.of_the_cluster.format(NAMES.index(name) + 1)

    def host(self, name: str) -> str:
        """Return where a node's machine is reached by SSH, from the bastion."""
        return self.between.format(NAMES.index(name) + 1)

    def within(self, name: str) -> AbstractContextManager[None]:
        """Let this thread, and what it starts, be on a machine, among the clients, or where the operator is."""
        return nullcontext()

    def lead(self, name: str) -> tuple[str, ...]:
        """Return what a command is started with that is to run on a machine."""
        return ()

    def start(self, stack: ExitStack) -> None:
        """Start every sshd; the stack ends them."""
        self.bastion = stack.enter_context(running_sshd(self.way, self.ssh_port, self.lead(BASTION)))
        for name in NAMES:
            self.sshds[name] = stack.enter_context(running_sshd(self.host(name), self.ssh_port, self.lead(name)))

    def jump(self, folder: Path) -> dict[str, object]:
        """Return how one goes through the bastion, as a stack file says it, with the files for it in this folder."""
        known, config, port = folder / "known_hosts", folder / "ssh_config", self.ssh_port
        known.write_text(f"{self.way if port == 22 else f'[{self.way}]:{port}'} {self.bastion.host_key}\n")
        config.write_text(f"Host *\n  UserKnownHostsFile {known}\n  IdentityFile {self.bastion.identity_file}\n")
        return {"jump": [f"{NO_PASSWORD}@{self.way}:{port}"], "config_file": str(config)}

    def ssh(self, name: str) -> dict[str, object]:
        """Return how a node's machine is reached from there, likewise, but for the login."""
        sshd = self.sshds[name]
        keys = {"identity_file": sshd.identity_file, "host_key": sshd.host_key}
        return {"host": self.host(name), "port": self.ssh_port, **keys}


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
