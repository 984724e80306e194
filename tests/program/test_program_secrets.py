"""What the program sends: every key, password and key file as a secret, and never one of them in clear."""

import pytest

from tests.program.running import MARKED, texts_in
from tests.program.stackfiles import BASIC, HTTPS, program

KEYSTORE = "xpack.security.transport.ssl.keystore.secure_password"
HTTP_KEYSTORE = "xpack.security.http.ssl.keystore.secure_password"
TRUSTSTORE = "xpack.security.transport.ssl.truststore.secure_password"
TRANSPORT_SECRETS = {
    "CertificateAuthority": set(),
    "Certificate": {"signerCertificatePem", "signerKeyPem", "chainPem"},
    "NodeTrust": {"authoritiesPem"},
    "NodeIdentity": {"keyFile"},
    "NodeTrustExclusive": {"authoritiesPem"},
    "NodeSettings": {"content.secure.bootstrap.password", f"content.secure.{KEYSTORE}"},
    "ClusterRestart": {
        "nodes[].content.secure.bootstrap.password",
        f"nodes[].content.secure.{KEYSTORE}",
        "line.logins[].password",
        "line.logins[].formers[]",
    },
    "GeneratedPassword": set(),
    "UserPassword": {"password", "line.logins[].password", "line.logins[].formers[]"},
    "ClusterVerification": {"transportCertificatePem", "transportKeyPem"},
}
HTTP_SECRETS = {
    "NodeSettings": {f"content.secure.{HTTP_KEYSTORE}"},
    "ClusterRestart": {f"nodes[].content.secure.{HTTP_KEYSTORE}", "line.authoritiesPem", "retiredAuthoritiesPem"},
    "UserPassword": {"line.authoritiesPem"},
    "ClusterVerification": {"httpCertificatePem", "httpAuthoritiesPem"},
}
TRUST_STORE_SECRETS = {
    "NodeTrust": {"password"},
    "NodeTrustExclusive": {"password"},
    "NodeSettings": {f"content.secure.{TRUSTSTORE}"},
    "ClusterRestart": {f"nodes[].content.secure.{TRUSTSTORE}"},
}
PKCS12 = {"certificates": {"trust_format": "pkcs12"}}


def secrets_of(one):
    """Return the paths of a resource's inputs that travel as secrets."""
    return {path for path, _, secret in texts_in(one.inputs) if secret}


def together(*tables):
    """Return tables of secrets as one."""
    return {kind: set().union(*(table.get(kind, set()) for table in tables)) for kind in TRANSPORT_SECRETS}


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        pytest.param((BASIC, {}), together(TRANSPORT_SECRETS), id="basic"),
        pytest.param((HTTPS, {}), together(TRANSPORT_SECRETS, HTTP_SECRETS), id="basic-https"),
        pytest.param(
            (HTTPS, PKCS12), together(TRANSPORT_SECRETS, HTTP_SECRETS, TRUST_STORE_SECRETS), id="with a trust store"
        ),
    ],
)
def test_exactly_these_inputs_travel_as_secrets(made, expected):
    scenario, sections = made
    for one in program(scenario, 3, **sections).resources.values():
        if one.kind == "Certificate" and one.name.endswith("-leaf"):
            assert secrets_of(one) == expected["Certificate"], one.name
        elif one.kind in expected:
            assert secrets_of(one) == expected[one.kind], one.name


@pytest.mark.parametrize("running", [True, False])
@pytest.mark.parametrize("sections", [pytest.param({}, id="PEM"), pytest.param(PKCS12, id="PKCS#12")])
def test_no_secret_of_any_resource_reaches_another_in_clear(sections, running):
    made = program(HTTPS, 3, running=running, **sections)
    texts = [(one.name, *text) for one in made.resources.values() for text in texts_in(one.inputs)]
    assert [text for text in texts if text[2].startswith(MARKED) and not text[3]] == []
    assert len([text for text in texts if text[3]]) > 30


def test_what_travels_as_a_secret_is_what_its_resource_made():
    made = program(HTTPS, 1)
    sent = {
        (one.name, path): value.removeprefix(MARKED)
        for one in made.resources.values()
        for path, value, secret in texts_in(one.inputs)
        if secret
    }
    assert sent["es-1-transport-leaf", "signerKeyPem"] == "transport-ca signerKeyPem"
    assert sent["es-1-http-leaf", "signerKeyPem"] == "http-ca signerKeyPem"
    assert sent["es-1-transport-trust", "authoritiesPem"] == "transport-ca bundlePem"
    assert sent["es-1-transport-trust-exclusive", "authoritiesPem"] == "transport-ca bundlePem"
    assert sent["es-1-transport-identity", "keyFile"] == "es-1-transport-leaf keyFile"
    assert sent["es-1-http-identity", "keyFile"] == "es-1-http-leaf keyFile"
    assert sent["es-1-settings", f"content.secure.{KEYSTORE}"] == "es-1-transport-leaf keyFilePassword"
    assert sent["es-1-settings", f"content.secure.{HTTP_KEYSTORE}"] == "es-1-http-leaf keyFilePassword"
    assert sent["es-1-settings", "content.secure.bootstrap.password"] == "bootstrap-password value"
    assert sent["restart", "line.authoritiesPem"] == "http-ca bundlePem"
    assert sent["elastic-user", "password"] == "elastic-password value"
    assert sent["kibana_system-user", "password"] == "kibana_system-password value"
    assert sent["verification", "transportKeyPem"] == "transport-ca signerKeyPem"
    assert sent["verification", "httpCertificatePem"] == "http-ca signerCertificatePem"
    assert sent["verification", "httpAuthoritiesPem"] == "http-ca bundlePem"


def test_key_files_in_pem_travel_as_secrets_and_name_one_entry_of_the_keystore_only():
    made = program(HTTPS, 1, certificates={"key_format": "pem"})
    for layer in ("transport", "http"):
        identity, prefix = made[f"es-1-{layer}-identity"], f"xpack.security.{layer}.ssl."
        assert (identity.inputs["file"], identity.inputs["leafFile"]) == (
            f"certs/{layer}-key.pem",
            f"certs/{layer}-leaf.pem",
        )
        assert secrets_of(identity) == {"keyFile", "certificatePem"}
        assert made[f"es-1-{layer}-leaf"].inputs["keyFormat"] == "pem"
        content = made["es-1-settings"].inputs["content"]
        assert f"{prefix}secure_key_passphrase" in content["secure"]
        assert f"{prefix}keystore.secure_password" not in content["secure"]
        assert f"{prefix}keystore.path" in content["absent"]
        assert content["settings"][f"{prefix}key"] == f"certs/{layer}-key.pem"


def test_the_cluster_is_called_as_elastic_with_its_own_password_or_else_the_bootstrap_password():
    made = program(BASIC, 1)
    for name in ("restart", "elastic-user", "kibana_system-user"):
        logins = made[name].inputs["line"]["logins"]
        assert [login["user"] for login in logins] == ["elastic", "elastic"]
        assert [login["password"]["value"].removeprefix(MARKED) for login in logins] == [
            "elastic-password value",
            "bootstrap-password value",
        ]
    assert made["restart"].inputs["line"].get("authoritiesPem") is None


def test_the_key_of_an_authority_reaches_only_leaves_and_those_who_knock_with_one():
    made = program(HTTPS, 3)
    holders = {
        one.kind
        for one in made.resources.values()
        for _, value, _ in texts_in(one.inputs)
        if value.startswith(MARKED) and value.endswith(("signerKeyPem", "privateKeyPem"))
    }
    assert holders == {"Certificate", "Wave", "ClusterVerification"}
