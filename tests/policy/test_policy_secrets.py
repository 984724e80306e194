"""No secret in clear: what must be marked is what the plugin's schema calls a secret, certificates aside."""

import json

import pytest
from policies.secrets import is_secret
from policies.view import UNKNOWN, SecretText

from provider.registry import HANDLERS
from provider.schema import package_schema
from tests.pki.makers import authority
from tests.policy.asked import KIBANA, found, node_settings, places, resource

CLEAR = "no-secrets-in-clear"
PASSWORD = "essecurity:users:GeneratedPassword"
PUBLIC = ("CertificatePem", "certificatePem", "chainPem", "ChainPem", "authoritiesPem", "AuthoritiesPem", "TrustPem")
"""How inputs end that are kept out of sight in a plan, and that anybody may read."""


def secret_inputs():
    """Return every input that the schema calls a secret, also deep inside of one, by its name alone."""
    schema = json.loads(package_schema(HANDLERS))
    waiting = [each["inputProperties"] for each in schema["resources"].values()]
    named, seen = set(), set()
    while waiting:
        for name, described in waiting.pop().items():
            inner = [described, described.get("items", {}), described.get("additionalProperties", {})]
            if described.get("secret"):
                named.add(name)
            for reference in {each["$ref"].rpartition("/")[2] for each in inner if "$ref" in each} - seen:
                seen.add(reference)
                waiting.append(schema["types"][reference].get("properties", {}))
    return named


def test_every_input_that_the_schema_calls_a_secret_must_be_one_or_is_a_certificate():
    named = secret_inputs()
    assert {"keyFile", "signerKeyPem", "password", "formers", "secure", "given", "privateKeyPem"} <= named
    assert {name for name in named if not is_secret(name) and not name.endswith(PUBLIC)} == set()
    assert {name for name in named if is_secret(name) and name.endswith(PUBLIC)} == set()


@pytest.mark.parametrize("name", ["steps", "keystorePasswordFile", "file", "keyType", "keyFormat", "version", "user"])
def test_other_inputs_need_no_mark(name):
    assert not is_secret(name)


@pytest.mark.parametrize("given", [SecretText("hunter2 or so"), UNKNOWN, None, ""], ids=repr)
def test_a_secret_with_its_mark_or_that_is_not_known_meets_the_policy(given):
    assert found(CLEAR, resource(PASSWORD, given=given, purpose="elastic", version=1)) == []


def test_a_secret_without_its_mark_violates_it_and_is_not_shown():
    [violation] = found(CLEAR, resource(PASSWORD, name="elastic-password", given="hunter2 or so", version=1))
    assert violation.where == "elastic-password"
    assert violation.what == "its input given is not encrypted"
    assert "hunter2" not in str(violation)


def test_secrets_deep_inside_an_input_are_found_once_each():
    logins = [{"user": "elastic", "password": "in clear"}, {"user": "elastic", "password": SecretText("marked")}]
    content = {"secure": {"bootstrap.password": "in clear", "another": SecretText("marked")}}
    asked = resource("essecurity:rollout:ClusterRestart", line={"logins": logins}, nodes=[{"content": content}] * 2)
    assert [violation.what for violation in found(CLEAR, asked)] == [
        "its input line.logins[*].password is not encrypted",
        "its input nodes[*].content.secure.bootstrap.password is not encrypted",
    ]


def test_a_private_key_is_a_secret_whatever_its_input_is_called():
    pem = authority().private_key_pem
    assert len(found(CLEAR, resource("essecurity:any:Thing", note=pem))) == 1
    assert found(CLEAR, resource("essecurity:any:Thing", note=SecretText(pem))) == []
    assert found(CLEAR, resource("essecurity:any:Thing", note=authority().certificate_pem)) == []


def test_resources_of_others_are_left_alone():
    assert found(CLEAR, resource("command:local:Command", password="in clear")) == []


@pytest.mark.parametrize(
    "key",
    [
        "xpack.security.http.ssl.keystore.secure_password",
        "xpack.security.http.ssl.keystore.password",
        "xpack.security.authc.realms.ldap.ldap1.bind_password",
    ],
)
def test_a_secure_setting_in_elasticsearch_yml_violates_the_policy(key):
    assert places(CLEAR, node_settings(**{key: SecretText("any")})) == [f"es-1-settings ({key})"]


@pytest.mark.parametrize("key", ["elasticsearch.password", "server.ssl.keyPassphrase", "xpack.security.encryptionKey"])
def test_a_secret_in_kibana_yml_violates_it(key):
    assert len(found(CLEAR, resource(KIBANA, content={"settings": {key: SecretText("any")}}))) == 1
    assert found(CLEAR, resource(KIBANA, content={"secure": {key: SecretText("any")}})) == []


@pytest.mark.parametrize("key", ["xpack.security.authc.password_hashing.algorithm", "xpack.security.enabled"])
def test_other_settings_meet_it(key):
    assert found(CLEAR, node_settings(**{key: "any"})) == []
