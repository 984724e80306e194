"""What somebody does by hand to give a node TLS on its transport layer: a CA, a leaf, files, keystore entries."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from components.clock import SystemClock
from components.pki.inspect import parse_bundle
from components.pki.issue import IssuedAuthority, IssuedLeaf, LeafRequest, issue_leaf, new_authority
from components.pki.keyfiles import ALIASES, key_file_p12
from components.pki.profiles import TRANSPORT
from components.pki.sans import Sans
from components.pki.spec import KeyType, Layer
from components.pki.trustfiles import trust_file_pem
from devcluster.cluster import DevCluster
from devcluster.node import DevNode

PASSWORD = "of-a-key-file"
KEY_FILE_PASSWORD = "xpack.security.transport.ssl.keystore.secure_password"
KEY_FILE, TRUST_FILE = "certs/transport-key.p12", "certs/transport-trust.pem"


def transport_authority(cluster: str) -> IssuedAuthority:
    """Make a CA for the transport layer of a cluster."""
    return new_authority(
        cluster=cluster,
        layer=Layer.TRANSPORT,
        generation=1,
        key_type=KeyType.EC_P256,
        valid_for="1y",
        now=SystemClock().now(),
    )


def transport_leaf(authority: IssuedAuthority, name: str, *ips: str) -> IssuedLeaf:
    """Issue a leaf for a node at these addresses."""
    sans = Sans(ips=ips) if ips else Sans(dns=(name,))
    return issue_leaf(LeafRequest(name, sans, TRANSPORT, KeyType.EC_P256, "90D"), authority, SystemClock().now())


def put(node: DevNode, name: str, content: bytes) -> None:
    """Put a file into a node's config folder, as its user's."""
    path = node.config / name
    path.parent.mkdir(exist_ok=True)
    node.account.take(path.parent, 0o750)
    path.write_bytes(content)
    node.account.take(path, 0o640)


def put_unnoticed(node: DevNode, name: str, content: bytes) -> None:
    """Replace a file by one of the same size and time: Elasticsearch looks at no more, and goes on with the old one."""
    path = node.config / name
    new, before = path.with_name(f"{path.name}.new"), path.stat()
    new.write_bytes(content)
    node.account.take(new, 0o640)
    os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert new.stat().st_size == before.st_size
    new.replace(path)


def put_transport_files(node: DevNode, leaf: IssuedLeaf, *trusted_pem: str) -> None:
    """Put the key file and the trust file of the transport layer into a node's config folder."""
    key_file = key_file_p12(leaf.private_key_pem, leaf.certificate_pem, (), PASSWORD, ALIASES[Layer.TRANSPORT])
    put(node, KEY_FILE, key_file)
    put(node, TRUST_FILE, trust_file_pem([cert for pem in trusted_pem for cert in parse_bundle(pem)]).encode())


def add_secure_settings(cluster: DevCluster, node: DevNode, values: Mapping[str, str]) -> None:
    """Add entries to a node's keystore, as its user."""
    keystore(cluster.home, node, "add", "-f", "-x", *values, said="".join(f"{value}\n" for value in values.values()))


def keystore(home: Path, node: DevNode, *arguments: str, said: str = "") -> None:
    """Run the keystore's command on a node, as its user."""
    subprocess.run(
        [home / "bin" / "elasticsearch-keystore", *arguments],
        input=said,
        text=True,
        check=True,
        capture_output=True,
        env=node.environment(),
        user=node.account.uid if node.account.switch else None,
        group=node.account.gid if node.account.switch else None,
    )
