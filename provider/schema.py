"""The package schema, made from the handlers' models, so that an SDK for any language can be generated.

Source: the Pulumi package schema (pkg/codegen/schema), read at v3.259.0.
"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from components.handling import Handler
from provider import PACKAGE, PACKAGE_VERSION
from provider.reading import Drifted

JsonSchema = dict[str, Any]
TYPES = {"string": "string", "integer": "integer", "number": "number", "boolean": "boolean"}


def package_schema(handlers: Mapping[str, Handler[Any, Any]]) -> str:
    """Return the schema of the package, as JSON."""
    maker = _Maker()
    resources = {token: maker.resource(handler) for token, handler in sorted(handlers.items())}
    return json.dumps(
        {
            "name": PACKAGE,
            "version": PACKAGE_VERSION,
            "description": "Secures self-managed Elasticsearch clusters.",
            "types": dict(sorted(maker.types.items())),
            "resources": resources,
            "provider": {},
        }
    )


class _Maker:
    """Collects the types that several resources share."""

    def __init__(self) -> None:
        self.types: dict[str, JsonSchema] = {}

    def resource(self, handler: Handler[Any, Any]) -> JsonSchema:
        inputs = self._members(handler.inputs)
        outputs = self._members(handler.outputs)
        return {
            "description": handler.summary,
            "inputProperties": inputs["properties"],
            "requiredInputs": inputs["required"],
            "properties": {**outputs["properties"], **self._members(Drifted)["properties"]},
            "required": sorted(outputs["properties"]),
        }

    def _members(self, model: type[BaseModel]) -> JsonSchema:
        schema = model.model_json_schema(by_alias=True, mode="validation")
        for name, definition in schema.get("$defs", {}).items():
            self.types[_token(name)] = self._definition(definition)
        return self._object(schema)

    def _definition(self, definition: JsonSchema) -> JsonSchema:
        if "enum" in definition:
            return {"type": "string", "enum": [{"value": value} for value in definition["enum"]]}
        return self._object(definition)

    def _object(self, schema: JsonSchema) -> JsonSchema:
        properties = {name: self._property(value) for name, value in schema.get("properties", {}).items()}
        return {"type": "object", "properties": properties, "required": sorted(schema.get("required", []))}

    def _property(self, schema: JsonSchema) -> JsonSchema:
        described = self._type(schema)
        if _is_secret(schema):
            described["secret"] = True
        return described

    def _type(self, schema: JsonSchema) -> JsonSchema:
        if "$ref" in schema:
            return {"$ref": f"#/types/{_token(schema['$ref'].rsplit('/', 1)[-1])}"}
        if "anyOf" in schema:
            members = [self._type(member) for member in schema["anyOf"] if member.get("type") != "null"]
            return members[0] if len(members) == 1 else {"oneOf": members}
        if schema.get("type") == "array":
            return {"type": "array", "items": self._type(schema.get("items", {"type": "string"}))}
        if schema.get("type") == "object":
            return {"type": "object", "additionalProperties": self._type(schema["additionalProperties"])}
        return {"type": TYPES[schema["type"]]}


def _token(name: str) -> str:
    return f"{PACKAGE}:index:{name}"


def _is_secret(schema: JsonSchema) -> bool:
    """Tell whether a value, or any entry of a list or a map, is a secret; the schema marks whole properties only."""
    inner = [*schema.get("anyOf", []), schema.get("items"), schema.get("additionalProperties")]
    return schema.get("format") == "password" or any(isinstance(one, dict) and _is_secret(one) for one in inner)
