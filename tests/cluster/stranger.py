"""A node that wants to join a secured cluster with a leaf of another authority, of the same name."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.clock import SystemClock
from components.settings.merge import merge
from components.settings.scenarios import Choices, Scenario, settings_for
from devcluster.cluster import DevCluster
from devcluster.node import DevNode
from tests.cluster.by_hand import (
    KEY_FILE_PASSWORD,
    PASSWORD,
    add_secure_settings,
    put_transport_files,
    transport_authority,
    transport_leaf,
)
from tests.cluster_fixtures import cluster_spec


class Stranger:
    """A fourth node, configured like the others by somebody who does not have their authority."""

    def __init__(self, folder: Path, cluster: DevCluster, trusted_pem: str) -> None:
        self.cluster = DevCluster(cluster_spec(folder, ["es-4"], cluster.spec.name))
        (self.node,) = self.cluster.lay_out()
        seeds = [f"127.0.0.1:{node.spec.transport_port}" for node in cluster.nodes]
        self._configure(seeds, trusted_pem)

    def _configure(self, seeds: list[str], trusted_pem: str) -> None:
        node, authority = self.node, transport_authority(self.node.cluster)
        put_transport_files(
            node, transport_leaf(authority, "es-4", "127.0.0.1"), authority.certificate_pem, trusted_pem
        )
        wanted = {**settings_for(Scenario.BASIC, Choices()), "discovery.seed_hosts": tuple(seeds)}
        merged = merge(node.settings.read_text(), wanted, ["cluster.initial_master_nodes"], where="es-4", header=None)
        node.settings.write_text(merged.text)
        add_secure_settings(self.cluster, node, {KEY_FILE_PASSWORD: PASSWORD})

    @contextmanager
    def running(self) -> Iterator["Stranger"]:
        """Run the node in the background; it is not waited for, since it never becomes ready."""
        node: DevNode = self.node
        starting = subprocess.Popen(
            [self.cluster.home / "bin" / "elasticsearch", "-d", "-p", node.pid_file],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **node.environment()},
            start_new_session=True,
            user=node.account.uid if node.account.switch else None,
            group=node.account.gid if node.account.switch else None,
            extra_groups=[] if node.account.switch else None,
        )
        try:
            yield self
        finally:
            node.kill(SystemClock())
            starting.wait(60)
            self.cluster.remove()

    def log(self) -> str:
        """Return what the node has logged so far."""
        return self.node.log.read_text(errors="replace") if self.node.log.exists() else ""
