"""Settings of the operator's own that are unwise: what is only said, and what is refused."""

import pytest

from components.settings.merge import flatten
from components.settings.risks import RISKS, RULES, risk_concerns

SECURED = (
    "network.host: 10.0.0.7\nxpack.security: {enabled: true, transport.ssl.enabled: true, http.ssl.enabled: true}\n"
)


def told(lines, base=SECURED):
    return [(each.reason, each.refuses) for each in risk_concerns(flatten(base + lines, where="es-1"))]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        pytest.param("xpack.security.authc.anonymous.roles: monitor\n", "AnonymousAccess", id="anonymous access"),
        pytest.param("xpack.security.authc: {anonymous: {username: a}}\n", "AnonymousAccess", id="the same, nested"),
        pytest.param("xpack.http.ssl.verification_mode: none\n", "PeersNotVerified", id="Watcher believes anybody"),
        pytest.param(
            "xpack.security.authc.realms.ldap.ad.ssl.verification_mode: none\n", "PeersNotVerified", id="a realm does"
        ),
        pytest.param("xpack.security.http.ssl.verification_mode: none\n", "PeersNotVerified", id="the HTTP layer does"),
        pytest.param("xpack.http.ssl.supported_protocols: [TLSv1.2, TLSv1.1]\n", "OldProtocols", id="an old protocol"),
        pytest.param("xpack.http.ssl.supported_protocols: SSLv3,TLSv1.2\n", "OldProtocols", id="in a text with commas"),
        pytest.param("xpack.http.ssl.supported_protocols.0: TLSv1\n", "OldProtocols", id="as a numbered list"),
        pytest.param("xpack.security.http.ssl.truststore.password: x\n", "SecretInClear", id="a password"),
        pytest.param("xpack.http.ssl.key_passphrase: x\n", "SecretInClear", id="a passphrase"),
        pytest.param("xpack.http.ssl.keystore.key_password: x\n", "SecretInClear", id="a key's password"),
        pytest.param("xpack.security.authc.realms.ldap.ad.bind_password: x\n", "SecretInClear", id="a realm's"),
        pytest.param("xpack.http.ssl.verification_mode: NONE\n", "PeersNotVerified", id="in capitals"),
        pytest.param("xpack.security.http.ssl.verification_mode: None\n", "PeersNotVerified", id="in some"),
        pytest.param("http.cors: {enabled: true, allow-origin: '*'}\n", "EveryOriginAllowed", id="any origin"),
        pytest.param("http.cors.allow-origin: /.*/\n", "EveryOriginAllowed", id="any origin, by a pattern"),
        pytest.param(
            "transport.profiles.apps.xpack.security.ssl.client_authentication: none\n", "PeersNotAsked", id="a profile"
        ),
        pytest.param(
            "transport.profiles.apps.xpack.security.ssl.client_authentication: optional\n",
            "PeersNotAsked",
            id="a profile that asks, and takes no for an answer",
        ),
        pytest.param(
            "transport.profiles.apps.xpack.security.ssl.client_authentication: Optional\n",
            "PeersNotAsked",
            id="Optional",
        ),
        pytest.param("xpack.security.http.ssl.client_authentication: optional\n", "ClientsOfAnyCa", id="of any CA"),
        pytest.param("cluster.initial_master_nodes: [es-1]\n", "BootstrappingGoesOn", id="a new cluster for ever"),
    ],
)
def test_what_is_unwise_is_said_and_not_refused(lines, reason):
    assert told(lines) == [(reason, False)]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param("", id="nothing else"),
        pytest.param("xpack.security.authc.reserved_realm.enabled: true\n", id="the default, written out"),
        pytest.param("xpack.http.ssl.verification_mode: certificate\n", id="a certificate that is verified"),
        pytest.param("xpack.http.ssl.supported_protocols: [TLSv1.3, TLSv1.2]\n", id="the protocols of today"),
        pytest.param("http.cors.allow-origin: https://kibana.example.net\n", id="one origin"),
        pytest.param("xpack.security.http.ssl.client_authentication: none\n", id="nobody is asked"),
        pytest.param("xpack.security.http.ssl.client_authentication: NONE\n", id="nobody is asked, in capitals"),
        pytest.param(
            "xpack.security.http.ssl: {client_authentication: required, certificate_authorities: [ca.pem]}\n",
            id="clients of one CA",
        ),
        pytest.param(
            "xpack.security.http.ssl: {client_authentication: required, truststore.path: ca.p12}\n",
            id="clients of one trust file",
        ),
        pytest.param("xpack.security.http.ssl.truststore.path: ca.p12\n", id="a path is no password"),
        pytest.param(
            "transport.profiles.apps.xpack.security.ssl.client_authentication: required\n", id="a profile that asks"
        ),
    ],
)
def test_what_is_well_is_not_spoken_of(lines):
    assert told(lines) == []


def test_initial_master_nodes_are_nobodys_concern_on_a_laptop():
    assert told("cluster.initial_master_nodes: [es-1]\n", "network.host: 127.0.0.1\n") == []


def test_built_in_users_that_cannot_log_in_are_refused():
    assert told("xpack.security.authc.reserved_realm.enabled: false\n") == [("ReservedRealmOff", True)]


@pytest.mark.parametrize(
    ("lines", "layers"),
    [
        pytest.param("network.host: 127.0.0.1\n", "", id="this machine alone"),
        pytest.param("network.host: 10.0.0.7\n", "transport and the http", id="both layers"),
        pytest.param("http.host: 0.0.0.0\n", "http", id="HTTP"),
        pytest.param("network.host: 10.0.0.7\nhttp.host: _local_\n", "transport", id="transport"),
    ],
)
def test_a_node_without_tls_that_other_machines_reach_is_refused(lines, layers):
    found = risk_concerns(flatten(f"discovery.type: single-node\n{lines}", where="es-1"))
    assert [(each.reason, each.refuses) for each in found] == ([("ReachableWithoutTls", True)] if layers else [])
    assert [each for each in found if f"reach the {layers} layer (" not in each.text] == []


def test_a_concern_names_every_setting_and_shows_no_secret():
    text = "xpack.http.ssl.key_passphrase: hunter2\nxpack.http.ssl.keystore.password: hunter3\n"
    (found,) = risk_concerns(flatten(SECURED + text, where="es-1"))
    assert "`xpack.http.ssl.key_passphrase: ***`, `xpack.http.ssl.keystore.password: ***`" in found.text
    assert "hunter" not in str(found)


def test_a_concern_shows_the_value_that_counts():
    (found,) = risk_concerns(flatten(f"{SECURED}xpack.http.ssl.supported_protocols: [TLSv1.2, TLSv1]\n", where="es-1"))
    assert str(found) == (
        "`xpack.http.ssl.supported_protocols: [TLSv1.2, TLSv1]`: protocols older than TLSv1.2 are broken; "
        "leave TLSv1.3 and TLSv1.2 in it"
    )


@pytest.mark.parametrize("risk", RISKS, ids=lambda risk: risk.reason)
def test_every_row_has_its_source(risk):
    assert risk.citation


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_has_its_source(rule):
    assert "Source: " in rule.__doc__
