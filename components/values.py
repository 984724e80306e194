"""Values on their way between program and plugin: unknowns, secrets, and the base of every typed model."""

from collections.abc import Callable
from typing import Annotated, Any, TypeAlias, TypeVar, Union, get_args

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, SecretStr
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, core_schema

T = TypeVar("T")


class Unknown:
    """A value that a preview cannot know yet, because the resource that makes it does not exist."""

    _instance: "Unknown | None" = None

    def __new__(cls) -> "Unknown":
        """Return the one instance."""
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "Unknown()"


UNKNOWN = Unknown()


def _unknown_or(value: Any, inner: Callable[[Any], Any]) -> Any:
    return value if isinstance(value, Unknown) else inner(value)


_UNKNOWN_IS_WRITTEN_AS_IT_IS = core_schema.wrap_serializer_function_ser_schema(_unknown_or)


class _UnknownPasses:
    """Lets the unknown through, and validates everything else as the type it stands beside."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        wanted: Any = Union[tuple(kind for kind in get_args(source) if kind is not Unknown)]  # noqa: UP007 (made at run time)
        return core_schema.no_info_wrap_validator_function(
            _unknown_or, handler.generate_schema(wanted), serialization=_UNKNOWN_IS_WRITTEN_AS_IT_IS
        )


MaybeUnknown: TypeAlias = Annotated[T | Unknown, _UnknownPasses()]
"""A field that comes from another resource, and that a preview may not know yet."""


def known(value: T | Unknown) -> T:
    """Return the value of a field that only a preview may leave unknown.

    Raises:
        AssertionError: it is unknown, which the engine rules out when it applies; a mistake of ours.
    """
    if isinstance(value, Unknown):
        raise AssertionError("an unknown value outside a preview")  # noqa: TRY004 (ours, not the caller's type)
    return value


def is_known(*values: Any) -> bool:
    """Tell whether none of the values is unknown."""
    return not any(isinstance(value, Unknown) for value in values)


def reveal(value: SecretStr | Unknown) -> str:
    """Return the text of a secret that is known."""
    return known(value).get_secret_value()


class Spec(BaseModel):
    """Base of what an operator writes in a stack file: snake_case, frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Wire(BaseModel):
    """Base of what travels between program, engine and plugin: camelCase there, frozen here."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,  # what is refused may be a secret, and an error's text ends in a log
    )
