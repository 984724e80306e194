"""Plain values into the typed models of a handler and back, with failures as property paths."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from components.handling import Handler, Recorded, Refusal
from provider.differences import child
from provider.wire import Plain, unwrap, wrap

Model = TypeVar("Model", bound=BaseModel)

WORDS = {
    "missing": "is required",
    "extra_forbidden": "is not a property of this resource",
}
"""Pydantic's error kinds that read better in our words."""


def refusals_of(error: ValidationError) -> tuple[Refusal, ...]:
    """Return a validation error as refusals, one for each property, without ever quoting a value."""
    found = []
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        path = ""
        for part in problem["loc"]:
            path = child(path, part) if path else str(part)
        found.append(Refusal(path, WORDS.get(problem["type"], problem["msg"])))
    return tuple(found)


def parse(model: type[Model], raw: Mapping[str, Plain]) -> Model:
    """Return unwrapped wire properties as a typed model.

    Raises:
        ValidationError: a property is missing, unknown or of the wrong type.
    """
    return model.model_validate(unwrap(raw))


def parse_recorded(
    handler: Handler[Any, Any], inputs: Mapping[str, Plain], outputs: Mapping[str, Plain]
) -> Recorded[Any, Any] | None:
    """Return a state file's record as typed models, or None when another version wrote it in another shape.

    Properties that this version does not know are dropped, so that a state of any released version loads.
    """
    try:
        return Recorded(
            parse(handler.inputs, _only(handler.inputs, inputs)),
            parse(handler.outputs, _only(handler.outputs, outputs)),
        )
    except ValidationError:
        return None


def dump_outputs(inputs: Mapping[str, Plain], outputs: BaseModel) -> dict[str, Plain]:
    """Return what is saved of a resource: inputs as they came, secrets still wrapped, and outputs."""
    return {**inputs, **wrap(outputs.model_dump(by_alias=True))}


def _only(model: type[BaseModel], raw: Mapping[str, Plain]) -> dict[str, Plain]:
    names = {field.alias or name for name, field in model.model_fields.items()}
    return {key: value for key, value in raw.items() if key in names}
