"""The package schema, as a generator of SDKs reads it: types that are whole, secrets that are marked."""

import json
from collections.abc import Iterator
from types import NoneType
from typing import Any, get_args

import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2
from pydantic import SecretStr

from components.hooks.handler import AnnouncementHandler
from components.pki.spec import FileFormat, KeyType, Layer
from provider import PACKAGE, PACKAGE_VERSION
from provider.registry import HANDLERS
from provider.schema import package_schema
from tests.wire import asking
from tests.wire.small_handlers import BOX
from tests.wire.talking import PATIENCE

SCHEMA = json.loads(package_schema(HANDLERS))
RESOURCES, TYPES = SCHEMA["resources"], SCHEMA["types"]
EVERY_RESOURCE = pytest.mark.parametrize("token", sorted(HANDLERS))
REQUIRED = {
    AnnouncementHandler.token: {"cluster", "content", "hooks", "commands", "folder"},
    asking.AUTHORITY: {"cluster", "layer", "generation", "keyType", "validFor", "leafValidFor", "renewInLast"},
    asking.REQUEST: {"node", "layer", "keyType"},
    asking.CERTIFICATE: {
        "subject",
        "node",
        "layer",
        "keyType",
        "validFor",
        "renewInLast",
        "generation",
        "signerCertificatePem",
        "signerKeyPem",
    },
    asking.TRUST: {"node", "layer", "file", "authoritiesPem", "generations"},
    asking.EXCLUSIVE: {"node", "layer", "file", "authoritiesPem", "generations"},
    asking.ADOPTION: {"node", "layer", "file", "keyFile", "password"},
    asking.IDENTITY: {"node", "layer", "file", "keyFile", "serial", "notAfter", "generation"},
    asking.WAVE: {"layer", "wave", "nodes"},
    asking.SETTINGS: {"node", "content"},
    asking.RESTART: {"cluster", "nodes", "line"},
    asking.PASSWORD: {"purpose"},
    asking.USER: {"user", "password", "nodes", "line"},
    asking.KIBANA_TRUST: {"kibana", "authoritiesPem", "generation"},
    asking.KIBANA_SETTINGS: {"kibana", "content"},
    asking.KIBANA_RESTART: {"kibana", "startFiles"},
    asking.VERIFICATION: {"cluster", "scenario", "nodes"},
}
SECRETS = {
    AnnouncementHandler.token: set(),
    asking.AUTHORITY: {"signerCertificatePem", "signerKeyPem", "bundlePem", "signerChain"}
    | {"coveringCertificatePem", "coveringKeyPem"}
    | {"ownCertificatePem", "ownChainPem", "ownKeyPem", "remoteAuthoritiesPem", "samplePem"},
    asking.REQUEST: {"keyPem"},
    asking.CERTIFICATE: {"signerCertificatePem", "signerKeyPem", "chainPem"}
    | {"givenCertificatePem", "givenKeyPem", "givenTrustPem"}
    | {"certificatePem", "keyFile", "keyFilePassword"},
    asking.TRUST: {"authoritiesPem", "remoteAuthoritiesPem", "password"},
    asking.EXCLUSIVE: {"authoritiesPem", "remoteAuthoritiesPem", "password"},
    asking.ADOPTION: {"keyFile", "password"},
    asking.IDENTITY: {"keyFile", "certificatePem"},
    asking.WAVE: {"signerCertificatePem", "signerKeyPem", "signerSamplePem", "remoteAuthoritiesPem"},
    asking.SETTINGS: set(),
    asking.RESTART: {"retiredAuthoritiesPem"},
    asking.PASSWORD: {"value", "formers", "given"},
    asking.USER: {"password"},
    asking.KIBANA_TRUST: {"authoritiesPem"},
    asking.KIBANA_SETTINGS: {"authoritiesPem", "certificatePem", "keyFile"},
    asking.KIBANA_RESTART: {"authoritiesPem"},
    asking.VERIFICATION: {"transportCertificatePem", "transportKeyPem", "transportSamplePem"}
    | {"httpCertificatePem", "httpAuthoritiesPem"},
}
SECRETS_IN_TYPES = {
    "Content": {"secure"},
    "Generation": {"certificatePem", "privateKeyPem", "chainPem", "samplePem"},
    "KibanaContent": {"secure", "secureDefaults"},
    "LineInputs": {"authoritiesPem"},
    "LoginInputs": {"password", "formers"},
    "RecordedNode": {"secureDigest"},
}


def nodes_of(value: Any) -> Iterator[dict[str, Any]]:
    """Return every object in a JSON document."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from nodes_of(item)
    if isinstance(value, list):
        for item in value:
            yield from nodes_of(item)


def secrets_in(properties):
    """Return the names of the properties that are marked as secret."""
    return {name for name, one in properties.items() if one.get("secret")}


def holds(annotation, kind):
    """Tell whether a type is, or has in it, a kind."""
    return annotation is kind or any(holds(part, kind) for part in get_args(annotation))


def wire_name(model, name):
    """Return a field's name on the wire."""
    return model.model_fields[name].alias


def test_the_package_says_its_name_and_version():
    assert (SCHEMA["name"], SCHEMA["version"]) == (PACKAGE, PACKAGE_VERSION) == ("essecurity", "0.1.0")
    assert SCHEMA["description"]


def test_every_handler_is_a_resource_of_the_package_and_nothing_else_is():
    assert set(RESOURCES) == set(HANDLERS)
    assert all(token.split(":")[0] == PACKAGE for token in [*RESOURCES, *TYPES])


def test_the_schema_is_the_same_whatever_the_order_of_the_handlers():
    assert json.loads(package_schema(dict(reversed(HANDLERS.items())))) == SCHEMA


def test_every_reference_leads_to_a_type_of_the_package_and_every_type_is_used():
    references = {node["$ref"] for node in nodes_of(SCHEMA) if "$ref" in node}
    assert references == {f"#/types/{token}" for token in TYPES}


def test_every_type_that_is_described_is_one_that_generators_know():
    known = {"string", "integer", "number", "boolean", "array", "object"}
    described = [node["type"] for node in nodes_of(SCHEMA) if isinstance(node.get("type"), str)]
    assert set(described) <= known
    for node in nodes_of(SCHEMA):
        assert node.get("type") != "array" or node["items"]
        assert "oneOf" not in node or len(node["oneOf"]) > 1


@EVERY_RESOURCE
def test_a_resource_has_every_field_of_its_handler_and_says_what_it_is(token):
    handler, resource = HANDLERS[token], RESOURCES[token]
    inputs = {wire_name(handler.inputs, name) for name in handler.inputs.model_fields}
    outputs = {wire_name(handler.outputs, name) for name in handler.outputs.model_fields}
    assert set(resource["inputProperties"]) == inputs
    assert set(resource["properties"]) == outputs | {"drift"}, "a refresh adds that to any resource"
    assert "drift" not in resource["required"]
    assert resource["description"] == handler.summary
    assert not {"id", "urn"} & (inputs | outputs), "these are the engine's own"


@EVERY_RESOURCE
def test_exactly_these_inputs_are_required(token):
    resource = RESOURCES[token]
    assert set(resource["requiredInputs"]) == REQUIRED[token]
    assert set(resource["required"]) <= set(resource["properties"])
    assert set(resource["requiredInputs"]) <= set(resource["inputProperties"])


@EVERY_RESOURCE
def test_an_output_that_may_be_missing_is_not_promised(token):
    fields = HANDLERS[token].outputs.model_fields
    nullable = {field.alias for field in fields.values() if holds(field.annotation, NoneType)}
    assert not nullable & set(RESOURCES[token]["required"])


@EVERY_RESOURCE
def test_exactly_these_properties_are_marked_as_secret(token):
    resource = RESOURCES[token]
    for kept in (resource["properties"], resource["inputProperties"]):
        assert secrets_in(kept) == SECRETS[token] & kept.keys()
    assert SECRETS[token] <= resource["properties"].keys() | resource["inputProperties"].keys()


@pytest.mark.parametrize(("name", "expected"), SECRETS_IN_TYPES.items(), ids=list(SECRETS_IN_TYPES))
def test_secrets_within_a_type_are_marked_there(name, expected):
    assert expected <= secrets_in(TYPES[f"{PACKAGE}:index:{name}"]["properties"])


def models_in(annotation):
    """Return every model that a type has in it."""
    if hasattr(annotation, "model_fields"):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models_in(field.annotation)
    for part in get_args(annotation):
        yield from models_in(part)


def test_every_field_that_holds_a_secret_is_marked_wherever_it_is():
    marked, expected = set(), set()
    for token, handler in HANDLERS.items():
        for model, kept in ((handler.inputs, "inputProperties"), (handler.outputs, "properties")):
            for inner in set(models_in(model)):
                place = token if inner is model else f"{PACKAGE}:index:{inner.__name__}"
                found = RESOURCES[token][kept] if inner is model else TYPES[place]["properties"]
                own = {field.alias for field in inner.model_fields.values() if holds(field.annotation, SecretStr)}
                expected |= {(place, name) for name in own}
                aliases = {field.alias for field in inner.model_fields.values()}
                marked |= {(place, name) for name in secrets_in(found) & aliases}
    assert marked == expected


@pytest.mark.parametrize(
    ("name", "kind"), [("Layer", Layer), ("KeyType", KeyType), ("FileFormat", FileFormat)], ids=lambda one: str(one)
)
def test_a_choice_lists_every_value_of_ours(name, kind):
    described = TYPES[f"{PACKAGE}:index:{name}"]
    assert described == {"type": "string", "enum": [{"value": str(value)} for value in kind]}


def test_a_choice_of_types_is_told_as_one():
    settings = TYPES[f"{PACKAGE}:index:Content"]["properties"]["settings"]
    assert settings["type"] == "object"
    assert {one["type"] for one in settings["additionalProperties"]["oneOf"]} == {
        "string",
        "boolean",
        "integer",
        "array",
    }


def test_the_plugin_hands_out_the_schema_of_all_that_it_serves(talk):
    answer = talk.stub.GetSchema(provider_pb2.GetSchemaRequest(version=0), timeout=PATIENCE)
    served = json.loads(answer.schema)
    assert set(served["resources"]) == {*HANDLERS, BOX}
    assert {token: served["resources"][token] for token in HANDLERS} == RESOURCES


def test_the_plugin_says_its_version(talk):
    assert talk.stub.GetPluginInfo(empty_pb2.Empty(), timeout=PATIENCE).version == PACKAGE_VERSION


def test_the_plugin_takes_secrets_as_secrets_and_takes_part_in_previews(talk):
    answer = talk.stub.Configure(provider_pb2.ConfigureRequest(), timeout=PATIENCE)
    assert (answer.acceptSecrets, answer.supportsPreview) == (True, True)
