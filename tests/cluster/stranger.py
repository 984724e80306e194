"""A node that wants to join a secured cluster with a leaf of another authority, of the same name."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.clock import SystemClock
from components.pki.inspect import parse_bundle
from components.pki.issue import LeafRequest, issue_leaf, new_authority
from components.pki.keyfiles import ALIASES, key_file_p12
from components.pki.profiles import TRANSPORT
from components.pki.sans import Sans
from components.pki.spec import KeyType, Layer
from components.pki.trustfiles import trust_file_pem
from components.settings.merge import merge
from components.settings.scenarios import Choices, Scenario, settings_for
from devcluster.cluster import DevCluster
from devcluster.node import DevNode
from tests.cluster_fixtures import cluster_spec

PASSWORD = "of-the-stranger"
KEY_FILE_PASSWORD = "xpack.security.transport.ssl.keystore.secure_password"


class Stranger:
    """A fourth node, configured like the others by somebody who does not have their authority."""

    def __init__(self, folder: Path, cluster: DevCluster, trusted_pem: str) -> None:
        self.cluster = DevCluster(cluster_spec(folder, ["es-4"], cluster.spec.name))
        (self.node,) = self.cluster.lay_out()
        seeds = [f"127.0.0.1:{node.spec.transport_port}" for node in cluster.nodes]
        self._configure(seeds, trusted_pem)

    def _configure(self, seeds: list[str], trusted_pem: str) -> None:
        now, node = SystemClock().now(), self.node
        authority = new_authority(
            cluster=node.cluster,
            layer=Layer.TRANSPORT,
            generation=1,
            key_type=KeyType.EC_P256,
            valid_for="1y",
            now=now,
        )
        request = LeafRequest("es-4", Sans(ips=("127.0.0.1",)), TRANSPORT, KeyType.EC_P256, "90D")
        leaf = issue_leaf(request, authority, now)
        alias = ALIASES[Layer.TRANSPORT]
        key_file = key_file_p12(leaf.private_key_pem, leaf.certificate_pem, (), PASSWORD, alias)
        trust = [cert for pem in (authority.certificate_pem, trusted_pem) for cert in parse_bundle(pem)]
        self._put("certs/transport-key.p12", key_file)
        self._put("certs/transport-trust.pem", trust_file_pem(trust).encode())
        wanted = {**settings_for(Scenario.BASIC, Choices()), "discovery.seed_hosts": tuple(seeds)}
        merged = merge(node.settings.read_text(), wanted, ["cluster.initial_master_nodes"], where="es-4", header=None)
        node.settings.write_text(merged.text)
        subprocess.run(
            [self.cluster.home / "bin" / "elasticsearch-keystore", "add", "-f", "-x", KEY_FILE_PASSWORD],
            input=f"{PASSWORD}\n",
            text=True,
            check=True,
            capture_output=True,
            env=node.environment(),
            user=node.account.uid if node.account.switch else None,
            group=node.account.gid if node.account.switch else None,
        )

    def _put(self, name: str, content: bytes) -> None:
        path = self.node.config / name
        path.parent.mkdir(exist_ok=True)
        self.node.account.take(path.parent, 0o750)
        path.write_bytes(content)
        self.node.account.take(path, 0o640)

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
