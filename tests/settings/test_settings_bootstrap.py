"""Bootstrap checks told before a start: which mode a node is in, what fails, and in whose words."""

import pytest

from components.nodes.limits import Limits
from components.settings.bootstrap import CHECKS, Mode, Start, bootstrap_concerns, is_enforced, mode_of
from components.settings.concerns import minded, refused
from components.settings.merge import flatten

TLS = "xpack.security.transport.ssl.enabled: true\n"
SEEDS = "discovery.seed_hosts: [es-2]\n"
REACHABLE = f"network.host: 192.168.1.10\n{TLS}{SEEDS}"
LOOPBACK = f"network.host: 127.0.0.1\n{TLS}{SEEDS}"
ENFORCED = "-Des.enforce.bootstrap.checks=true"
PKI = "xpack.security.authc.realms.pki.pki1.order: 1\n"
ENOUGH = Limits("es", open_files=65_535, threads=4_096, address_space=None, file_size=None, memory_maps=262_144)


def start(text, *jvm_options, **more):
    return Start(flatten(text, where="es-1"), jvm_options=jvm_options, **more)


def told(text, *jvm_options, **more):
    return [(concern.reason, concern.refuses) for concern in bootstrap_concerns(start(text, *jvm_options, **more))]


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        pytest.param("", Mode.DEVELOPMENT, id="nothing is set: loopback"),
        pytest.param("network.host: 127.0.0.1\n", Mode.DEVELOPMENT, id="an address of this machine"),
        pytest.param("network.host: _local_\n", Mode.DEVELOPMENT, id="the special value"),
        pytest.param("network.host: ['127.0.0.1', '::1']\n", Mode.DEVELOPMENT, id="several, all of this machine"),
        pytest.param("network: {host: 10.0.0.7}\n", Mode.PRODUCTION, id="another address, nested"),
        pytest.param("network.host: es-1.example.net\n", Mode.PRODUCTION, id="a name"),
        pytest.param("network.host: 0.0.0.0\n", Mode.PRODUCTION, id="every address"),
        pytest.param("network.host: _site_\n", Mode.PRODUCTION, id="the address of the site"),
        pytest.param("network.host: [_local_, _site_]\n", Mode.PRODUCTION, id="one of them reaches beyond"),
        pytest.param("network.host: _local_,_site_\n", Mode.PRODUCTION, id="as a text with commas"),
        pytest.param("network.host: 10.0.0.7\ndiscovery.type: single-node\n", Mode.DEVELOPMENT, id="it stands alone"),
        pytest.param("network.host: 10.0.0.7\ndiscovery.type: multi-node\n", Mode.PRODUCTION, id="it says the default"),
        pytest.param("http.host: 0.0.0.0\n", Mode.DEVELOPMENT, id="only HTTP reaches beyond"),
        pytest.param("network.host: 10.0.0.7\ntransport.host: _local_\n", Mode.DEVELOPMENT, id="transport goes before"),
        pytest.param("transport.bind_host: 10.0.0.7\n", Mode.PRODUCTION, id="the narrowest key"),
        pytest.param("transport.publish_host: 10.0.0.7\n", Mode.PRODUCTION, id="published only"),
        pytest.param("network.publish_host: 10.0.0.7\n", Mode.PRODUCTION, id="published only, for all layers"),
        pytest.param("network.host: ${HOST}\n", Mode.DEVELOPMENT, id="a variable tells nothing"),
    ],
)
def test_a_node_that_others_can_join_is_in_production_mode(text, mode):
    assert mode_of(flatten(text, where="es-1")) is mode


@pytest.mark.parametrize(
    ("text", "jvm_options", "enforced"),
    [
        pytest.param(LOOPBACK, (), False, id="development"),
        pytest.param(REACHABLE, (), True, id="production"),
        pytest.param(LOOPBACK, ("-Xms1g", ENFORCED), True, id="development, and the JVM is told to enforce them"),
        pytest.param(LOOPBACK, ("-Des.enforce.bootstrap.checks=false",), False, id="told something else"),
    ],
)
def test_checks_are_enforced_in_production_mode_or_when_the_jvm_is_told_so(text, jvm_options, enforced):
    assert is_enforced(start(text, *jvm_options)) is enforced


@pytest.mark.parametrize("text", [REACHABLE, LOOPBACK], ids=["production", "development"])
def test_a_node_as_the_scenarios_make_it_passes_every_check(text):
    more = {"limits": ENOUGH, "secure": frozenset({"xpack.watcher.encryption_key"})}
    text += "xpack.security: {http.ssl.enabled: true, authc.token.enabled: true}\n"
    text += f"{PKI}xpack.watcher.encrypt_sensitive_data: true\nxpack.security.authc.api_key.enabled: true\n"
    assert told(text, "-Xms1g", "-Xmx1024m", **more) == []


@pytest.mark.parametrize(
    ("lines", "reason", "words"),
    [
        pytest.param(
            "xpack.security.transport.ssl.enabled: false\n",
            "TransportTlsOff",
            "Transport SSL must be enabled if security is enabled. Please set [xpack.security.transport.ssl.enabled] "
            "to [true] or disable security by setting [xpack.security.enabled] to [false]",
            id="no TLS between nodes",
        ),
        pytest.param(
            "discovery: {}\n",
            "DiscoveryNotConfigured",
            "the default discovery settings are unsuitable for production use; at least one of "
            "[discovery.seed_hosts, discovery.seed_providers, cluster.initial_master_nodes] must be configured",
            id="nobody to find",
        ),
        pytest.param(
            "xpack.security.authc.token.enabled: true\n",
            "TokenServiceWithoutHttps",
            "HTTPS is required in order to use the token service; please enable HTTPS using the "
            "[xpack.security.http.ssl.enabled] setting or disable the token service using the "
            "[xpack.security.authc.token.enabled] setting",
            id="tokens in clear",
        ),
    ],
)
@pytest.mark.parametrize("host", ["10.0.0.7", "127.0.0.1"])
def test_a_check_refuses_in_production_mode_and_warns_in_development_mode(host, lines, reason, words):
    base = f"network.host: {host}\n" + (TLS if "transport.ssl" not in lines else "")
    base += SEEDS if "discovery" not in lines else ""
    found = bootstrap_concerns(start(base + lines))
    assert [(each.reason, each.refuses) for each in found] == [(reason, host == "10.0.0.7")]
    verb = "would not start" if host == "10.0.0.7" else "will warn at its start"
    assert found[0].text == f'Elasticsearch {verb}: "{words}"'
    assert str(found[0]).endswith(f"; {found[0].fix}")


@pytest.mark.parametrize(
    ("lines", "passes"),
    [
        pytest.param("", True, id="transport asks for certificates by default"),
        pytest.param("xpack.security.transport.ssl.client_authentication: none\n", False, id="nobody asks"),
        pytest.param("xpack.security.transport.ssl.client_authentication: NONE\n", False, id="in capitals too"),
        pytest.param(
            "xpack.security.transport.ssl.client_authentication: none\n"
            "transport.profiles.client.xpack.security.ssl.client_authentication: None\n",
            False,
            id="a profile does not ask either",
        ),
        pytest.param("xpack.security.http.ssl.client_authentication: optional\n", True, id="but HTTP is plain, then"),
        pytest.param(
            "xpack.security.transport.ssl.client_authentication: none\n"
            "xpack.security.http.ssl: {enabled: true, client_authentication: optional}\n",
            True,
            id="HTTP asks",
        ),
        pytest.param(
            "xpack.security.transport.ssl.client_authentication: none\nxpack.security.http.ssl.enabled: true\n",
            False,
            id="HTTP does not ask by default",
        ),
        pytest.param(
            "xpack.security.transport.ssl.client_authentication: none\n"
            "transport.profiles.client.xpack.security.ssl.client_authentication: optional\n",
            True,
            id="a profile asks",
        ),
        pytest.param(
            "xpack.security.transport.ssl.client_authentication: none\n"
            "xpack.security.authc.realms.pki.pki1.enabled: false\n",
            True,
            id="the realm is off",
        ),
        pytest.param(
            "xpack.security.transport.ssl.client_authentication: none\n"
            "xpack.security.authc.realms.pki.pki1.delegation.enabled: true\n",
            True,
            id="the realm only hears of certificates",
        ),
        pytest.param(
            "xpack.security.transport.ssl.client_authentication: none\n"
            "xpack.security.authc.realms.pki.pki1.enabled: false\n"
            "xpack.security.authc.realms.pki.pki2.order: 2\n",
            False,
            id="one of two realms is on",
        ),
    ],
)
def test_a_pki_realm_needs_a_layer_that_asks_for_certificates_also_in_development_mode(lines, passes):
    assert told(LOOPBACK + PKI + lines) == ([] if passes else [("PkiRealmWithoutCertificates", True)])


def test_a_pki_realm_counts_for_nothing_while_neither_layer_speaks_tls():
    assert ("PkiRealmWithoutCertificates", True) in told(f"network.host: 127.0.0.1\n{PKI}")


def test_sensitive_data_needs_its_key_in_the_keystore_also_in_development_mode():
    text = f"{LOOPBACK}xpack.watcher.encrypt_sensitive_data: true\n"
    assert told(text) == [("EncryptionKeyMissing", True)]
    assert told(text, secure=frozenset({"xpack.watcher.encryption_key"})) == []


@pytest.mark.parametrize(
    ("options", "reasons"),
    [
        pytest.param(("-Xms1g",), [], id="one size alone"),
        pytest.param(("-Xms1g", "-Xmx1024m"), [], id="one size, written twice"),
        pytest.param(("-Xms1g", "-Xmx2g"), ["HeapSizesDiffer"], id="two sizes"),
        pytest.param(("-Xms2g", "-Xmx2g", "-Xms1g"), ["HeapSizesDiffer"], id="the last one counts"),
        pytest.param(("-XX:+UseSerialGC",), ["SerialCollector"], id="the serial collector"),
    ],
)
def test_the_jvm_options_are_checked_where_checks_are_enforced(options, reasons):
    assert told(REACHABLE, *options) == [(reason, True) for reason in reasons]
    assert told(LOOPBACK, *options) == [], "a laptop's own limits matter to nobody"


def test_sizes_of_a_heap_are_told_in_bytes():
    found = refused(bootstrap_concerns(start(REACHABLE, "-Xms512m", "-Xmx1G")))
    assert "initial heap size [536870912] not equal to maximum heap size [1073741824]" in found[0].text


def test_what_the_machine_grants_is_checked_where_checks_are_enforced():
    low = Limits("es", open_files=1_024, threads=None, address_space=None, file_size=None, memory_maps=65_530)
    assert told(REACHABLE, limits=low) == [("MachineLimits", True)]
    assert "max file descriptors [1024]" in bootstrap_concerns(start(REACHABLE, limits=low))[0].text
    assert told(LOOPBACK, limits=low) == []


def test_the_property_that_enforces_the_checks_is_true_or_nothing():
    found = refused(bootstrap_concerns(start(LOOPBACK, "-Des.enforce.bootstrap.checks=yes")))
    assert [concern.reason for concern in found] == ["EnforcementNotTrue"]
    assert "[es.enforce.bootstrap.checks] must be [true] but was [yes]" in found[0].text
    assert minded(bootstrap_concerns(start(LOOPBACK, ENFORCED))) == ()


def test_with_security_off_nobody_asks_for_tls():
    assert told("network.host: 10.0.0.7\nxpack.security.enabled: false\n" + SEEDS) == []


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.reason)
def test_every_check_says_what_to_do_and_where_it_comes_from(check):
    assert check.fix
    assert check.citation
