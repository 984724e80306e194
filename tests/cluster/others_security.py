"""Clusters that somebody else secured, in the states of real ones: by auto-configuration, or with certutil's files.

`auto-configure-node` and `elasticsearch-certutil` are on no registry, so this stands in for them: the same file names,
aliases, keystore entries and settings, put together by the JDK's own keytool. The first password of `elastic`, and the
keystore entry with its hash, come from Elasticsearch's real tool.
"""

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from components.clock import SystemClock
from components.nodes.machine import NodeMachine
from components.nodes.spec import Machine
from components.nodes.targets import machine_of
from components.pki.keyfiles import file_encryption
from devcluster.cluster import DevCluster
from devcluster.node import DevNode
from tests.pki.makers import Foreign, ca, foreign, names

TRANSPORT, HTTP = "xpack.security.transport.ssl", "xpack.security.http.ssl"
IN_IT = "swordfish"
CERTUTIL_PASSWORD = f"""of "the" one: {IN_IT}, it's pa$$w0rd, $HOME `id` $(id) \\n %41 {{ }} # & ; | < > {"x" * 48}"""
"""Odd, and of 128 characters, but within ASCII: Java's own PKCS#12 takes no other (`Password is not ASCII`)."""
AUTO_CONFIGURATION = """
#----------------------- BEGIN SECURITY AUTO CONFIGURATION -----------------------
#
# The following settings, TLS certificates, and keys have been automatically
# generated to configure Elasticsearch security features on 01-09-2026 07:14:29
#
# --------------------------------------------------------------------------------

# Enable security features
xpack.security.enabled: true

xpack.security.enrollment.enabled: true

# Enable encryption for HTTP API client connections, such as Kibana, Logstash, and Agents
xpack.security.http.ssl:
  enabled: true
  keystore.path: certs/http.p12

# Enable encryption and mutual authentication between cluster nodes
xpack.security.transport.ssl:
  enabled: true
  verification_mode: certificate
  keystore.path: certs/transport.p12
  truststore.path: certs/transport.p12
#----------------------- END SECURITY AUTO CONFIGURATION -------------------------
"""
BY_CERTUTIL = """
xpack:
  security:   # as on the page, in March
    transport.ssl.verification_mode: certificate
    transport.ssl.client_authentication: required
    enabled: true
    transport:
      ssl: {keystore.path: elastic-certificates.p12, truststore.path: elastic-certificates.p12, enabled: true}
xpack.security.http.ssl.keystore.path: "http.p12"
xpack.security.http.ssl.enabled: true   # clients were told
"""
OFF = "xpack.security.enabled: false\n"


def authority(name: str) -> Foreign:
    """Return a CA of somebody else, with an RSA key as their tools make it."""
    now = SystemClock().now()
    return foreign(name, ca(), begins=now - timedelta(hours=1), ends=now + timedelta(days=1095), key=_key())


def leaf(name: str, signer: Foreign, *extensions: tuple[x509.ExtensionType, bool]) -> Foreign:
    """Return a leaf of it."""
    now = SystemClock().now()
    begins, ends = now - timedelta(hours=1), now + timedelta(days=730)
    return foreign(name, *extensions, signer=signer, begins=begins, ends=ends, key=_key())


@dataclass(frozen=True)
class Theirs:
    """The CAs of somebody else, and the password of `elastic` that they know."""

    password: str = ""
    transport: Foreign = field(default_factory=lambda: authority("Elasticsearch security auto-configuration CA"))
    http: Foreign = field(default_factory=lambda: authority("Elasticsearch security auto-configuration HTTP CA"))


def auto_configured(cluster: DevCluster) -> Theirs:
    """Secure stopped nodes as the first start of the first one, and the enrolment of the others, would have."""
    first = cluster.nodes[0]
    theirs = Theirs(_generated_password(cluster, first))
    shared = leaf(first.name, theirs.transport)
    for node in cluster.nodes:
        own = leaf(node.name, theirs.http, names("localhost", node.name))
        secret = f"of-{node.name}-itself"
        put(node, "certs/http_ca.crt", theirs.http.pem.encode())
        put(node, "certs/http.p12", key_store(secret, {"http_ca": theirs.http, "http": own}))
        stores = key_store(secret, {"transport": shared}, {"transport_ca": theirs.transport})
        put(node, "certs/transport.p12", stores)
        configure(node, AUTO_CONFIGURATION)
        entries = (f"{TRANSPORT}.keystore", f"{TRANSPORT}.truststore", f"{HTTP}.keystore")
        machine(cluster, node).set_secure_settings({f"{entry}.secure_password": secret for entry in entries})
    return theirs


def secured_with_certutil(cluster: DevCluster) -> Theirs:
    """Secure stopped nodes as the pages on basic security and HTTPS say, with one file for all nodes."""
    theirs = Theirs("chosen-by-hand")
    shared = leaf("instance", theirs.transport)
    for node in cluster.nodes:
        one = key_store(CERTUTIL_PASSWORD, {"instance": shared}, {"ca": theirs.transport})
        put(node, "elastic-certificates.p12", one)
        put(
            node,
            "http.p12",
            key_store(CERTUTIL_PASSWORD, {"http": leaf("http", theirs.http, names("localhost"))}, {"ca": theirs.http}),
        )
        configure(node, BY_CERTUTIL)
        entries = (f"{TRANSPORT}.keystore", f"{TRANSPORT}.truststore", f"{HTTP}.keystore")
        secure = {f"{entry}.secure_password": CERTUTIL_PASSWORD for entry in entries}
        machine(cluster, node).set_secure_settings({"bootstrap.password": theirs.password, **secure})
    return theirs


def configure(node: DevNode, block: str) -> None:
    """Put a block of settings in place of the line that says that security is off."""
    text = node.settings.read_text()
    assert text.count(OFF) == 1
    node.settings.write_text(text.replace(OFF, "") + block)


def put(node: DevNode, path: str, content: bytes) -> None:
    """Write a file of the node's user."""
    place = node.config / path
    place.parent.mkdir(exist_ok=True)
    node.account.take(place.parent, 0o750)
    place.write_bytes(content)
    node.account.take(place, 0o660)


def machine(cluster: DevCluster, node: DevNode) -> NodeMachine:
    """Return a node's machine, with its keystore."""
    home, config, pid_file = str(cluster.home), str(node.config), str(node.pid_file)
    return machine_of(Machine(node=node.name, home=home, config=config, pid_file=pid_file))


def key_store(password: str, keys: dict[str, Foreign], trusted: dict[str, Foreign] | None = None) -> bytes:
    """Return a PKCS#12 file as Java writes it: key entries with their aliases, and entries that are trusted."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "password").write_text(password)
        for alias, one in keys.items():
            content = pkcs12.serialize_key_and_certificates(
                alias.encode(), one.key, one.certificate, None, file_encryption(password)
            )
            (folder / "one.p12").write_bytes(content)
            source = ["-srckeystore", "one.p12", "-srcstorepass:file", "password"]
            _keytool(folder, "-importkeystore", *source, "-destkeystore", "all.p12", "-deststorepass:file", "password")
        for alias, one in (trusted or {}).items():
            (folder / "one.crt").write_text(one.pem)
            store = ["-keystore", "all.p12", "-storepass:file", "password"]
            _keytool(folder, "-importcert", "-alias", alias, "-file", "one.crt", *store)
        return (folder / "all.p12").read_bytes()


def _keytool(folder: Path, *arguments: str) -> None:
    command = ["keytool", *arguments, "-noprompt"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def _generated_password(cluster: DevCluster, node: DevNode) -> str:
    """Let Elasticsearch's own tool choose the password of `elastic`, and put its hash into the keystore."""
    with tempfile.TemporaryDirectory() as name:
        tool = Path(name) / "elasticsearch-auto-config-gen-passwd"
        tool.symlink_to(cluster.home / "bin" / "elasticsearch-tool")
        Path(name).chmod(0o755)
        done = as_the_node(node, [str(tool)])
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def as_the_node(node: DevNode, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command of Elasticsearch as the node's user."""
    user = {"user": node.account.uid, "group": node.account.gid, "extra_groups": []} if node.account.switch else {}
    return subprocess.run(command, env=node.environment(), cwd="/", capture_output=True, text=True, timeout=120, **user)


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)
