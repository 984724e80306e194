"""A preview says why a node would not start, in the words in which a real node then says it."""

from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from components.errors import CommandFailed
from components.nodes.local import LocalTarget
from components.nodes.machine import NodeMachine
from components.nodes.spec import Machine
from components.settings.concerns import minded, refused
from components.settings.content import Content
from components.settings.operator_file import merged_on
from components.settings.starting import concerns_on
from devcluster.cluster import DevCluster
from tests.cluster_fixtures import cluster_spec, elasticsearch_or_skip

pytestmark = pytest.mark.cluster(nodes=1)
SECURITY = Content(settings={"xpack.security.enabled": True}, absent=("cluster.initial_master_nodes",))
TOKENS = "xpack.security.authc.token.enabled: true\n"
ENFORCED = "-Des.enforce.bootstrap.checks=true\n"


@dataclass
class LaidOut:
    """One node that was never started, and its files as they were laid out."""

    cluster: DevCluster
    settings: str

    @property
    def machine(self) -> NodeMachine:
        node = self.cluster.node("es-1")
        paths = {"home": str(self.cluster.home), "config": str(node.config), "pid_file": str(node.pid_file)}
        return NodeMachine(Machine(node="es-1", **paths), LocalTarget("es-1"))

    def judged(self, lines: str, jvm_options: str = "", content: Content = SECURITY):
        """Write an operator's lines, put ours into them, and return what speaks against it."""
        node = self.cluster.node("es-1")
        node.settings.write_text(self.settings + lines)
        (node.config / "jvm.options.d" / "more.options").write_text(jvm_options)
        found = concerns_on(self.machine, content)
        node.settings.write_text(merged_on(self.machine, content).text)
        return found

    def says_when_it_does_not_start(self) -> str:
        with pytest.raises(CommandFailed):
            self.cluster.start("es-1")
        return self.cluster.node("es-1").log.read_text()

    @contextmanager
    def started(self):
        """Start it all the same, and yield what it logged."""
        self.cluster.start("es-1")
        try:
            yield self.cluster.node("es-1").log.read_text()
        finally:
            self.cluster.stop()


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory):
    elasticsearch_or_skip()
    cluster = DevCluster(cluster_spec(tmp_path_factory.mktemp("refused"), ("es-1",)))
    try:
        cluster.lay_out()
        yield LaidOut(cluster, cluster.node("es-1").settings.read_text())
    finally:
        cluster.remove()


def quoted(concern) -> list[str]:
    """Return Elasticsearch's words in a concern, one for each of several checks."""
    return concern.text.partition('"')[2].removesuffix('"').split("; max ")


def test_a_node_that_enforces_its_checks_says_what_the_preview_said(laid_out):
    found = laid_out.judged(TOKENS, f"{ENFORCED}-Xms64m\n")
    reasons = {concern.reason for concern in refused(found)}
    assert {"TransportTlsOff", "TokenServiceWithoutHttps", "HeapSizesDiffer", "SerialCollector"} <= reasons
    log = laid_out.says_when_it_does_not_start()
    for words in [words for concern in refused(found) for words in quoted(concern)]:
        assert words in log
    said = log.partition("bootstrap check failure [1] of [")[2]
    assert int(said.partition("]")[0]) == sum(len(quoted(concern)) for concern in refused(found)), said[:3000]


def test_in_development_mode_the_same_is_a_warning_and_the_node_starts(laid_out):
    found = laid_out.judged(TOKENS)
    assert refused(found) == ()
    assert {concern.reason for concern in minded(found)} == {"TransportTlsOff", "TokenServiceWithoutHttps"}
    with laid_out.started() as log:
        warnings = [line for line in log.splitlines() if "][WARN ]" in line and "BootstrapChecks" in line]
        for concern in minded(found):
            assert any(quoted(concern)[0] in line for line in warnings), warnings


def test_a_pki_realm_that_nobody_asks_certificates_for_keeps_a_node_from_starting_in_development_mode_too(laid_out):
    found = laid_out.judged("xpack.security.authc.realms.pki.pki1.order: 7\n")
    assert [concern.reason for concern in refused(found)] == ["PkiRealmWithoutCertificates"]
    assert quoted(refused(found)[0])[0] in laid_out.says_when_it_does_not_start()


def test_the_property_that_enforces_the_checks_takes_one_value(laid_out):
    found = laid_out.judged("", "-Des.enforce.bootstrap.checks=yes\n")
    assert [concern.reason for concern in refused(found)] == ["EnforcementNotTrue"]
    assert quoted(refused(found)[0])[0] in laid_out.says_when_it_does_not_start()


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        pytest.param("xpack.security.http.ssl.verification_mode: full\n", "TlsSwitchMissing", id="no switch"),
        pytest.param(
            "xpack.security.http.ssl: {enabled: false, certificate_authorities: [a.crt], truststore.path: a.p12}\n",
            "OneOfTwo",
            id="two kinds of trust",
        ),
        pytest.param(
            "xpack.security.http.ssl: {enabled: false, certificate: a.crt}\n",
            "HalfAPair",
            id="a certificate without its key",
        ),
        pytest.param(
            "xpack.security.http.ssl: {enabled: false, key: a.key}\n", "HalfAPair", id="a key without its certificate"
        ),
    ],
)
def test_tls_settings_that_contradict_each_other_keep_a_node_from_starting(laid_out, lines, reason):
    found = refused(laid_out.judged(lines))
    assert [concern.reason for concern in found] == [reason]
    assert quoted(found[0])[0] in laid_out.says_when_it_does_not_start()


def test_a_tls_entry_that_is_left_in_the_keystore_keeps_a_node_from_starting_where_tls_has_no_switch(laid_out):
    laid_out.machine.set_secure_settings({"xpack.security.http.ssl.keystore.secure_password": "left-over"})
    found = refused(laid_out.judged(""))
    log = laid_out.says_when_it_does_not_start()
    laid_out.machine.remove_secure_settings(["xpack.security.http.ssl.keystore.secure_password"])
    assert [concern.reason for concern in found] == ["TlsSwitchMissing"]
    assert quoted(found[0])[0] in log
