"""What a real node says when something is wrong, told in an operator's words: the node, the setting, the fix."""

import shutil
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest
from pydantic import SecretStr

from components.clock import SystemClock
from components.errors import CommandFailed, RolloutHalted
from components.nodes.line import LineInputs
from components.nodes.probes import LISTEN, handshake
from components.nodes.spec import Machine, Node
from components.nodes.targets import machine_of
from components.pki.issue import IssuedAuthority
from components.rollout.cluster import RolloutCluster
from components.rollout.decode import decode
from components.rollout.limits import Limits
from components.rollout.node import RolloutNode
from components.rollout.perform import Performer
from components.settings.content import Content
from components.settings.merge import merge
from components.settings.scenarios import Choices, Scenario, settings_for
from devcluster.cluster import DevCluster
from tests.cluster.by_hand import (
    KEY_FILE,
    KEY_FILE_PASSWORD,
    PASSWORD,
    add_secure_settings,
    keystore,
    put,
    put_transport_files,
    transport_authority,
    transport_leaf,
)
from tests.cluster_fixtures import cluster_spec, elasticsearch_or_skip
from tests.fakes import FakeContext

pytestmark = pytest.mark.cluster(nodes=1)
TRANSPORT = "xpack.security.transport.ssl"
MISSPELLED = "xpack.security.http.ssl.keystore.secure_passwort"
NOWHERE = "192.0.2.1"
"""An address for documents (RFC 5737): a node that publishes it is one for production."""
LOGGED_WITHIN = 60.0


@dataclass
class Breakable:
    """One node with security and TLS on its transport layer, all by hand; nothing of it runs."""

    cluster: DevCluster
    authority: IssuedAuthority
    settings: str
    entries: bytes

    @property
    def node(self):
        return self.cluster.nodes[0]

    def configure(self, absent=(), **settings):
        """Write its elasticsearch.yml: what it has when it is well, and these settings, with `__` for a dot."""
        more = {name.replace("__", "."): value for name, value in settings.items()}
        self.node.settings.write_text(merge(self.settings, more, absent, where="es-1", header=None).text)

    def mend(self):
        self.cluster.stop()
        put_transport_files(
            self.node, transport_leaf(self.authority, "es-1", "127.0.0.1"), self.authority.certificate_pem
        )
        put(self.node, "elasticsearch.keystore", self.entries)
        self.configure()

    def keystore(self, *arguments, said=""):
        keystore(self.cluster.home, self.node, *arguments, said=said)

    def rollout_node(self, secure=None):
        paths = {"home": str(self.cluster.home), "config": str(self.node.config), "pid_file": str(self.node.pid_file)}
        ports = {"http_port": self.node.spec.http_port, "transport_port": self.node.spec.transport_port}
        machine = Machine(node="es-1", **paths)
        node = Node(name="es-1", address="127.0.0.1", machine=machine, **ports)
        secure = {name: SecretStr(value) for name, value in (secure or {}).items()}
        return RolloutNode(node, machine_of(machine), Content(settings={}, secure=secure), None)

    def performer(self):
        one, clock = self.rollout_node(), SystemClock()
        context = FakeContext(clock)
        cluster = RolloutCluster(LineInputs().to((one.node,)), clock, context.progress)
        return Performer({"es-1": one}, cluster, context, Limits(join=1))


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory):
    elasticsearch_or_skip()
    cluster = DevCluster(cluster_spec(tmp_path_factory.mktemp("broken"), ("es-1",)))
    try:
        (node,) = cluster.lay_out()
        add_secure_settings(cluster, node, {KEY_FILE_PASSWORD: PASSWORD})
        wanted = settings_for(Scenario.BASIC, Choices())
        text = merge(node.settings.read_text(), wanted, (), where="es-1", header=None).text
        entries = (node.config / "elasticsearch.keystore").read_bytes()
        yield Breakable(cluster, transport_authority(cluster.spec.name), text, entries)
    finally:
        cluster.remove()


@pytest.fixture
def one(laid_out):
    laid_out.mend()
    return laid_out


def key_file_is_missing(one):
    (one.node.config / KEY_FILE).unlink()


def password_is_another(one):
    add_secure_settings(one.cluster, one.node, {KEY_FILE_PASSWORD: "another"})


def key_file_is_elsewhere(one):
    elsewhere = one.node.folder / "key.p12"
    shutil.copy(one.node.config / KEY_FILE, elsewhere)
    one.node.account.take(elsewhere, 0o640)
    one.configure(**{f"{TRANSPORT}.keystore.path": str(elsewhere)})


def keystore_entry_is_misspelled(one):
    add_secure_settings(one.cluster, one.node, {MISSPELLED: "x"})


def setting_is_misspelled(one):
    one.configure(xpack__security__enabledd=True)


def enabled_is_not_said(one):
    one.configure(absent=[f"{TRANSPORT}.enabled"])


def transport_is_plain_in_production(one):
    one.configure(**{f"{TRANSPORT}.enabled": False, "transport.publish_host": NOWHERE})


def keystore_has_a_password(one):
    one.keystore("passwd", said="of-the-keystore\nof-the-keystore\n")


@pytest.mark.parametrize(
    ("breaks", "setting", "fix"),
    [
        pytest.param(key_file_is_missing, f"{TRANSPORT}: there is no key file", "run `up` again", id="no file"),
        pytest.param(password_is_another, "`keystore.secure_password`", "run `up` again", id="wrong password"),
        pytest.param(key_file_is_elsewhere, f"{TRANSPORT}: Elasticsearch may not read", "ES_PATH_CONF", id="outside"),
        pytest.param(
            keystore_entry_is_misspelled, f"`{MISSPELLED}`", f"`elasticsearch-keystore remove {MISSPELLED}`", id="entry"
        ),
        pytest.param(setting_is_misspelled, "`xpack.security.enabledd`", "remove that line", id="setting"),
        pytest.param(enabled_is_not_said, f"`{TRANSPORT}.enabled`", f"set `{TRANSPORT}.enabled`", id="not set"),
        pytest.param(
            transport_is_plain_in_production, f"`{TRANSPORT}.enabled`", "use scenario `basic` or higher", id="plain"
        ),
        pytest.param(
            keystore_has_a_password, "elasticsearch.keystore is protected", "ES_KEYSTORE_PASSPHRASE_FILE", id="keystore"
        ),
    ],
)
def test_a_node_that_does_not_start_is_named_with_the_setting_and_the_fix(one, breaks, setting, fix):
    breaks(one)
    performer = one.performer()
    with pytest.raises(RolloutHalted) as halted:
        performer.start(performer.nodes["es-1"])
    assert halted.value.where == "es-1"
    assert setting in halted.value.why
    assert fix in halted.value.next_step


def test_a_wrong_password_of_the_keystore_is_named_with_the_fix(one, tmp_path):
    keystore_has_a_password(one)
    wrong = one.node.folder / "passphrase"
    wrong.write_text("another")
    one.node.account.take(wrong, 0o600)
    environment = {**one.node.environment(), "ES_KEYSTORE_PASSPHRASE_FILE": str(wrong)}
    target = one.rollout_node().machine.target
    done = target.run([f"{one.cluster.home}/bin/elasticsearch"], user=one.node.account.name, environment=environment)
    assert "Provided keystore password was incorrect" in done.stderr
    decoded = decode(done.stdout, done.stderr)
    assert "elasticsearch.keystore is protected by a password" in decoded.cause
    assert "ES_KEYSTORE_PASSPHRASE_FILE" in decoded.next_step


def test_a_keystore_of_another_user_is_named_with_the_setting_and_the_fix(one):
    if not one.node.account.switch:
        pytest.skip("needs to be root: a file is given to another user")
    path = one.node.config / "elasticsearch.keystore"
    path.chmod(0o666)
    shutil.chown(path, "root")
    with pytest.raises(CommandFailed) as failed:
        one.rollout_node({KEY_FILE_PASSWORD: "another"}).configure()
    assert failed.value.where == "es-1"
    assert "the keystore belongs to another user" in failed.value.why
    assert "`machine.user`" in failed.value.next_step


def test_a_keystore_with_a_password_is_named_before_anything_is_done(one):
    keystore_has_a_password(one)
    with pytest.raises(CommandFailed) as failed:
        one.rollout_node({KEY_FILE_PASSWORD: PASSWORD}).view()
    assert failed.value.where == "es-1"
    assert "elasticsearch.keystore is protected by a password" in failed.value.why
    assert "`elasticsearch-keystore passwd`" in failed.value.next_step


def started_alone(one, *seeds, **settings):
    """Start the node where it finds nobody whom it trusts, and so no master; return what started it."""
    alone = {"discovery__seed_hosts": seeds, "discovery__initial_state_timeout": "1s"}
    one.configure(absent=["cluster.initial_master_nodes"], **alone, **settings)
    performer = one.performer()
    performer.start(performer.nodes["es-1"])
    return performer


def why_not_joined(performer):
    """Return the error of a node that does not join, as soon as its log tells why."""
    clock = SystemClock()
    deadline = clock.monotonic() + LOGGED_WITHIN
    while True:
        with pytest.raises(RolloutHalted) as halted:
            performer.wait_joined(["es-1"])
        if halted.value.where == "es-1":
            return halted.value
        assert clock.monotonic() < deadline, performer.nodes["es-1"].log_since(0)[-3000:]


@contextmanager
def peer(folder, leaf):
    """Be a node that presents this leaf; yield its port."""
    path = folder / "peer.pem"
    path.write_text(f"{leaf.private_key_pem}{leaf.certificate_pem}")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=greet_all, args=(listener, context), daemon=True).start()
        yield listener.getsockname()[1]


def greet_all(listener, context):
    with suppress(OSError):  # the listener is closed
        while True:
            connection, _ = listener.accept()
            with suppress(OSError), context.wrap_socket(connection, server_side=True) as greeted:
                greeted.recv(1)


def greet_without_a_certificate(port):
    assert not handshake("127.0.0.1", port, listen=LISTEN).trusted


def speak_plain(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"ES\x00\x00\x009" + bytes(57))
        with suppress(OSError):
            connection.recv(1)


@pytest.mark.parametrize(
    ("greet", "tls", "setting"),
    [
        pytest.param(greet_without_a_certificate, True, f"`{TRANSPORT}.client_authentication`", id="no certificate"),
        pytest.param(speak_plain, True, f"TLS (`{TRANSPORT}.enabled`)", id="plain"),
        pytest.param(
            greet_without_a_certificate, False, f"plain text (`{TRANSPORT}.enabled`)", id="TLS, and it is plain"
        ),
    ],
)
def test_a_node_whose_peers_it_refuses_is_named_with_the_setting_and_the_fix(one, greet, tls, setting):
    performer = started_alone(one, **{f"{TRANSPORT}.enabled": tls})
    greet(one.node.spec.transport_port)
    error = why_not_joined(performer)
    assert (error.what, error.where) == ("the cluster did not form in time", "es-1")
    assert setting in error.why
    assert "make sure that every node of the cluster is in the stack file" in error.next_step


@pytest.mark.parametrize(
    ("signer", "ips", "setting", "fix"),
    [
        pytest.param("another", ["127.0.0.1"], f"`{TRANSPORT}.certificate_authorities`", "in the stack file", id="CA"),
        pytest.param("own", [], f"`{TRANSPORT}.verification_mode`", "add the address to `names`", id="address"),
        pytest.param("own", ["127.0.0.9"], f"`{TRANSPORT}.verification_mode`", "add the address", id="another address"),
    ],
)
def test_a_node_that_refuses_what_a_peer_presents_is_named_with_the_setting_and_the_fix(
    one, tmp_path, signer, ips, setting, fix
):
    authority = one.authority if signer == "own" else transport_authority(one.cluster.spec.name)
    with peer(tmp_path, transport_leaf(authority, "es-2", *ips)) as port:
        error = why_not_joined(started_alone(one, f"127.0.0.1:{port}"))
    assert (error.what, error.where) == ("the cluster did not form in time", "es-1")
    assert setting in error.why
    assert fix in error.next_step
