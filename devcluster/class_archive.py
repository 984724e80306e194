"""Makes an archive of the classes that a node loads, so that every node of a home starts with less work.

The JVM writes it at the end of a run (``-XX:ArchiveClassesAtExit``). So a lone node is run once, secured, that it loads
what secured nodes do; from the home at its final place, that the paths in the archive are the true ones.
"""

import secrets
import shutil
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID
from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from components.clock import SystemClock
from components.errors import CommandFailed, SecurityError
from devcluster import keystore, laying_out, layout, ports, seed
from devcluster.accounts import Account, node_account
from devcluster.node import DevNode, is_node_of, signal_quietly, wait_until_gone
from devcluster.spec import NodeSpec
from toolchain import console
from toolchain.cache import publish

NAME = "archived"
FIRST_PORT = 19_200
END_TIMEOUT = 180.0
"""Seconds the node gets to end; writing the archive is a part of it."""
OFF = "xpack.security.enabled: false\n"
SECURED = """\
xpack.security.enabled: true
xpack.security.transport.ssl: {enabled: true, verification_mode: certificate, keystore.path: node.p12}
xpack.security.transport.ssl.truststore.path: trust.p12
xpack.security.http.ssl: {enabled: true, keystore.path: node.p12}
"""
PASSWORDS = (
    "bootstrap.password",
    "xpack.security.transport.ssl.keystore.secure_password",
    "xpack.security.transport.ssl.truststore.secure_password",
    "xpack.security.http.ssl.keystore.secure_password",
)
OPTIONS = """\
-XX:ArchiveClassesAtExit={archive}
-XX:+BytecodeVerificationRemote
"""
"""Where a node verifies classes, the JVM passes over an archive of classes that were not verified."""


def make(home: Path) -> None:
    """Put the archive into a home, or leave the home as it is where the node does not run.

    Where the JVM makes none, the file is empty, so that this is not tried again.
    """
    account = node_account()
    if not account.may_reach(home / "jdk" / "bin"):
        return  # no node will start; whoever wants one is told
    try:
        with console.task("archive the classes of a node") as task, _laid_out(home, account) as node:
            made = node.folder / "tmp" / "classes.jsa"
            _run(node, home, made)
            size = _keep(made, home / layout.CLASS_ARCHIVE)
            task.done(f"{size / 1e6:.0f} MB" if size else "this JVM makes none")
    except (SecurityError, ApiError, TransportError, OSError) as error:
        console.say(f"nodes start without an archive of classes, and take longer: {error}")


@contextmanager
def _laid_out(home: Path, account: Account) -> Iterator[DevNode]:
    """Give a node in a folder of its own, of which nothing is left afterwards, nor of one whose run was killed."""
    folder = home.with_name(f"{home.name}.archiving")
    for left in home.parent.glob("*.archiving"):  # also of another home, which this one came after
        _remove(left)
    try:
        http_port = ports.choose(FIRST_PORT, ())
        spec = NodeSpec(NAME, http_port, ports.choose(http_port + 1, ()))
        node = DevNode(spec, folder / NAME, NAME, account)
        laying_out.write_node(node, [spec], bootstrap=True)
        folder.chmod(0o755)  # whatever our umask made of it
        yield node
    finally:
        _remove(folder)


def _run(node: DevNode, home: Path, archive: Path) -> None:
    """Secure the node, run it, have it load what nodes in use do, and end it."""
    password = secrets.token_hex(20)
    _secure(node, home, password)
    options = node.config / "jvm.options.d" / "later-than-heap.options"
    options.write_text(OPTIONS.format(archive=archive))
    node.account.take(options, 0o660)
    node.start(home)
    _use(node, password)
    process = node.process()
    if process is None:
        raise _failed(node, "it ended by itself")
    signal_quietly(process, signal.SIGTERM)
    if not wait_until_gone(process, SystemClock(), END_TIMEOUT):
        raise _failed(node, f"it did not end in {END_TIMEOUT:.0f} s")


def _secure(node: DevNode, home: Path, password: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _self_signed(key)
    locked = BestAvailableEncryption(password.encode())
    trusted = [pkcs12.PKCS12Certificate(certificate, b"ca")]
    (node.config / "node.p12").write_bytes(pkcs12.serialize_key_and_certificates(b"n", key, certificate, None, locked))
    (node.config / "trust.p12").write_bytes(pkcs12.serialize_java_truststore(trusted, locked))
    keystore.run(home, node.config, ("create",))
    keystore.run(home, node.config, ("add", "-x", *PASSWORDS), f"{password}\n" * len(PASSWORDS))
    for name in ("node.p12", "trust.p12", "elasticsearch.keystore"):
        node.account.take(node.config / name, 0o660)
    node.settings.write_text(node.settings.read_text().replace(OFF, SECURED))


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = SystemClock().now()
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )


def _use(node: DevNode, password: str) -> None:
    """Log in, and write into two indices: that of users, and one of documents."""
    url = node.url.replace("http:", "https:")
    with closing(
        Elasticsearch(
            url,
            basic_auth=("elastic", password),
            verify_certs=False,
            ssl_show_warn=False,
            request_timeout=90,
            max_retries=0,
        )
    ) as elasticsearch:
        elasticsearch.cluster.health(wait_for_status="yellow", timeout="60s")
        elasticsearch.security.put_user(username=NAME, password=password, roles=["superuser"])
        elasticsearch.index(index=seed.INDEX, document={"title": NAME}, refresh=True)
        elasticsearch.search(index=seed.INDEX, query={"match": {"title": NAME}})


def _keep(made: Path, archive: Path) -> int:
    """Put the archive in its place, readable for all, and return its size."""
    archive.parent.mkdir(exist_ok=True)
    temporary = archive.with_name(f"{archive.name}.new")
    temporary.write_bytes(made.read_bytes() if made.is_file() else b"")
    publish(archive.parent)
    temporary.rename(archive)
    return archive.stat().st_size


def _remove(folder: Path) -> None:
    for process in psutil.process_iter():
        if is_node_of(process, folder / NAME / "config"):
            signal_quietly(process, signal.SIGKILL)
            wait_until_gone(process, SystemClock(), END_TIMEOUT)
    shutil.rmtree(folder, ignore_errors=True)


def _failed(node: DevNode, why: str) -> CommandFailed:
    return CommandFailed(
        "the classes were not archived", where=node.name, why=why, next_step="nothing; it is tried again the next time"
    )
