"""Plain values into the typed models of a handler and back, with failures as property paths."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from components.handling import Handler, Recorded, Refusal
from components.values import Unknown
from provider.differences import child
from provider.wire import Plain, unwrap, wrap

Model = TypeVar("Model", bound=BaseModel)

MISSING = "missing"
WORDS = {
    MISSING: "is required",
    "extra_forbidden": "is not a property of this resource",
    "tuple_type": "must be a list",
    "model_type": "must be an object",
}
"""Pydantic's error kinds that read better in our words."""
NOT_KNOWN = "must be known before anything is made"


def refusals_of(error: ValidationError, raw: Mapping[str, Plain]) -> tuple[Refusal, ...]:
    """Return a validation error as refusals, one for each property, without quoting what was given."""
    values = unwrap(raw)
    reasons: dict[str, dict[str, None]] = {}
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        path, value = _place(problem["loc"], values, missing=problem["type"] == MISSING)
        reason = WORDS.get(problem["type"], problem["msg"].removeprefix("Value error, "))
        reasons.setdefault(path, {})[NOT_KNOWN if isinstance(value, Unknown) else reason] = None
    return tuple(Refusal(path, "; or ".join(found)) for path, found in reasons.items())


def _place(location: Sequence[str | int], value: Plain, *, missing: bool) -> tuple[str, Plain]:
    """Return the path of what was refused, and what stands there.

    Where several types are allowed, a location ends in the name of each one that was tried: that is no property.
    """
    path = ""
    for part in location:
        if isinstance(value, Mapping) and (part in value or missing):
            value = value.get(str(part))
        elif isinstance(value, list) and isinstance(part, int):
            value = value[part]
        else:
            break
        path = child(path, part)
    return path, value


def parse(model: type[Model], raw: Mapping[str, Plain]) -> Model:
    """Return unwrapped wire properties as a typed model.

    Raises:
        ValidationError: a property is missing, unknown or of the wrong type.
    """
    return model.model_validate(unwrap(raw), by_alias=True, by_name=False)


def parse_recorded(
    handler: Handler[Any, Any], inputs: Mapping[str, Plain], outputs: Mapping[str, Plain]
) -> Recorded[Any, Any] | None:
    """Return a state file's record as typed models, or None when another version wrote it in another shape.

    Properties that this version does not know are dropped, however deep, so that a state of any released version
    loads.
    """
    try:
        return Recorded(_parse_known(handler.inputs, inputs), _parse_known(handler.outputs, outputs))
    except ValidationError:
        return None


def dump_outputs(outputs: BaseModel) -> dict[str, Plain]:
    """Return what is saved of a resource besides its inputs, which the engine keeps by itself (decision 0030)."""
    saved: dict[str, Plain] = wrap(outputs.model_dump(by_alias=True))
    return saved


def _parse_known(model: type[Model], raw: Mapping[str, Plain]) -> Model:
    return model.model_validate(unwrap(raw), by_alias=True, by_name=False, extra="ignore")
