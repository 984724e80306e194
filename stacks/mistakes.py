"""A mistake in a stack file: where it is, what is wrong, and what would be right."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake.

    Attributes:
        path: config path, such as `nodes[2].address`.
        wrong: what is wrong.
        right: what would be right.
    """

    path: str
    wrong: str
    right: str

    def __str__(self) -> str:
        return f"{self.path}: {self.wrong}; {self.right}"


def config_path(parts: Sequence[str | int]) -> str:
    """Return the parts of a path as an operator writes it."""
    path = ""
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else (f".{part}" if path else part)
    return path


def mistake_of(problem: ErrorDetails, model: type[BaseModel]) -> Mistake:
    """Return pydantic's finding in an operator's words."""
    path, kind = config_path(problem["loc"]), problem["type"]
    given = _given(problem.get("input"))
    context: Mapping[str, Any] = problem.get("ctx", {})
    if kind == "missing":
        return Mistake(path, "is missing", "it has no default, so write it")
    if kind == "extra_forbidden":
        return Mistake(path, "is not a key that is known here", _known_keys(problem["loc"], model))
    if kind == "enum":
        return Mistake(path, f"is {given}", f"it must be {context['expected']}")
    if kind in TYPES:
        return Mistake(path, f"is {given}", f"it must be {TYPES[kind]}")
    if kind == "value_error":
        return Mistake(path, f"is {given}", str(context["error"]))
    if kind in LIMITS:
        return Mistake(path, f"is {given}", LIMITS[kind].format(**context))
    return Mistake(path, f"is {given}", problem["msg"])


TYPES = {
    "string_type": "a text",
    "string_sub_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "model_type": "a mapping, as `{key: value}`",
    "model_attributes_type": "a mapping, as `{key: value}`",
    "dict_type": "a mapping, as `{key: value}`",
}
LIMITS = {
    "greater_than_equal": "it must be {ge} or more",
    "less_than_equal": "it must be {le} or less",
    "greater_than": "it must be more than {gt}",
    "less_than": "it must be less than {lt}",
    "string_pattern_mismatch": "it must consist of letters, digits, `.`, `_` and `-`, and begin and end with a letter "
    "or digit",
    "too_short": "it needs at least {min_length}",
}


def _given(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, (Mapping, list, tuple)):
        return "a mapping" if isinstance(value, Mapping) else ("an empty list" if not value else "a list")
    return f"`{value}`"


def _known_keys(parts: Sequence[str | int], model: type[BaseModel]) -> str:
    known = sorted(_fields_at(parts[:-1], model))
    close = difflib.get_close_matches(str(parts[-1]), known, n=1)
    return f"did you mean `{close[0]}`?" if close else f"known are {', '.join(known)}"


def _fields_at(parts: Sequence[str | int], model: type[BaseModel]) -> list[str]:
    """Return the names of the fields of the model that a path leads to."""
    here = model
    for part in parts:
        if isinstance(part, int):
            continue
        here = _model_in(here.model_fields[part].annotation) or here
    return list(here.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found is not None:
            return found
    return None
