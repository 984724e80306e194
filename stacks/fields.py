"""The models of a stack file as a tree of keys: for messages that name a key, and for the page that lists them all."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo


def model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that an annotation holds, alone, in a list or beside None; None where it holds none."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = model_in(argument)
        if found is not None:
            return found
    return None


def fields_at(parts: Sequence[str | int], model: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """Return the fields of the model that a path leads to; none where it leads to a plain value, or nowhere."""
    here: type[BaseModel] | None = model
    for part in parts:
        if isinstance(part, int):
            continue
        field = here.model_fields.get(part) if here else None
        here = model_in(field.annotation) if field else None
    return here.model_fields if here else {}


def field_at(parts: Sequence[str | int], model: type[BaseModel]) -> FieldInfo | None:
    """Return the field that a path leads to; None where that is an entry of a list, or nothing."""
    return None if not parts or isinstance(parts[-1], int) else fields_at(parts[:-1], model).get(parts[-1])


def every_field(model: type[BaseModel], lead: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Return every field with its path, such as `authorities.http.generation` or `nodes[].name`."""
    for name, field in model.model_fields.items():
        path = f"{lead}{name}"
        yield path, field
        inner = model_in(field.annotation)
        if inner is not None:
            yield from every_field(inner, f"{path}[]." if is_list(field.annotation) else f"{path}.")


def is_list(annotation: Any) -> bool:
    """Tell whether a field is a list."""
    return getattr(annotation, "__origin__", None) is tuple
