"""A mistake in a stack file: where it is, what is wrong, and what would be right."""

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from components.clients.unmanaged import LABEL
from components.hooks.spec import HOOK_NAME
from components.nodes import ssh_spec
from components.nodes.spec import NODE_NAME
from stacks.fields import every_field, field_at, fields_at
from stacks.model import CLUSTER_NAME

LONGEST_ECHO = 60
"""A longer text is not repeated: it is no name that a person wrote, and it may be a key or a password."""
WITH_PASSWORDS = frozenset({"users", "takeover"})
"""Sections in which texts are never repeated: a person may have taken them for the place of a password."""


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


def names_given_twice(section: str, names: Sequence[str]) -> Iterator[Mistake]:
    """Find the entries of a section whose name an earlier one has."""
    taken: dict[str, int] = {}
    for index, name in enumerate(names):
        first = taken.setdefault(name, index)
        if first != index:
            yield Mistake(
                f"{section}[{index}].name", f"is `{name}`, which {section}[{first}] has already", "give it another name"
            )


@dataclass(frozen=True, slots=True)
class Problem:
    """What pydantic found, beside the field that it is about."""

    parts: tuple[str | int, ...]
    kind: str
    value: Any
    said: str
    context: Mapping[str, Any]
    model: type[BaseModel]
    secret: bool

    @property
    def field(self) -> FieldInfo | None:
        """The field, where the place is one."""
        return field_at(self.parts, self.model)

    @property
    def hidden(self) -> bool:
        """Whether the value may be a secret, and is not repeated."""
        if self.secret or not isinstance(self.value, str):
            return self.secret
        return (
            self.parts[0] in WITH_PASSWORDS or len(self.value) > LONGEST_ECHO or not self.value.strip(" ").isprintable()
        )


def config_path(parts: Sequence[str | int]) -> str:
    """Return the parts of a path as an operator writes it."""
    path = ""
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else (f".{part}" if path else part)
    return path


def mistake_of(found: ErrorDetails, model: type[BaseModel], secret: Collection[str] = ()) -> Mistake:
    """Return pydantic's finding in an operator's words.

    Args:
        found: the finding.
        model: the model of the whole stack file.
        secret: sections whose values are never repeated.
    """
    problem = Problem(
        parts=tuple(found["loc"]),
        kind=found["type"],
        value=found.get("input"),
        said=found["msg"],
        context=found.get("ctx", {}),
        model=model,
        secret=found["loc"][0] in secret,
    )
    wrong, right = KINDS.get(problem.kind, _of_another_type)(problem)
    parts = problem.parts[:-1] if problem.kind == "invalid_key" else problem.parts
    return Mistake(config_path(parts), wrong, right)


def close_to(word: str, known: Collection[str]) -> str:
    """Return the known word that was probably meant; empty where there is none."""
    return next(iter(difflib.get_close_matches(word, known, n=1)), "")


def _missing(problem: Problem) -> tuple[str, str]:
    meaning = problem.field.description if problem.field and problem.field.description else "it has no default."
    return "is missing", f"write it: {meaning[0].lower()}{meaning[1:].removesuffix('.')}"


def _unknown_key(problem: Problem) -> tuple[str, str]:
    key, known = str(problem.parts[-1]), fields_at(problem.parts[:-1], problem.model)
    section, _, below = key.partition("_")
    if section in known and below in fields_at((*problem.parts[:-1], section), problem.model):
        return "is not known here", f"did you mean `{section}: {{{below}: …}}`?"
    meant = close_to(key, known)
    if meant:
        return "is not known here", f"did you mean `{meant}`?"
    elsewhere = [path for path, _ in every_field(problem.model) if path.rpartition(".")[2] == key]
    if elsewhere:
        return "is not known here", f"did you mean {_choice(elsewhere)}?"
    return "is not known here", f"known are {', '.join(f'`{name}`' for name in known)}"


def _key_of_another_type(problem: Problem) -> tuple[str, str]:
    return f"has the key {_spelled(problem.value)}, which is not a text", _unknown_key(problem)[1]


def _not_one_of_them(problem: Problem) -> tuple[str, str]:
    kinds = re.findall(r"'([^']*)'", str(problem.context["expected"]))
    return f"is {_given(problem)}", f"it must be {_choice(kinds)}"  # each is short, and a guess among them misleads


def _of_another_type(problem: Problem) -> tuple[str, str]:
    wanted = TYPES.get(problem.kind, "something else") + _spelling_advice(problem)
    if problem.kind in MAPPINGS:
        wanted += _form(problem)
    if problem.value is None and problem.field is not None and not problem.field.is_required():
        wanted += ", or left out"
    return f"is {_given(problem)}", f"it must be {wanted}"


def _refused(problem: Problem) -> tuple[str, str]:
    """Read what a validator of ours says: "<the value> is no such thing: do this"."""
    said, lead = str(problem.context["error"]), f"{problem.value!r} "
    if not said.startswith(lead):
        return f"is {_given(problem)}", said
    what, _, advice = said.removeprefix(lead).partition(": ")
    if problem.value is None or isinstance(problem.value, (Mapping, list)):
        return f"is {_given(problem)}", advice
    if problem.hidden:
        return f"is {_given(problem)} that {what}", "docs/configuration.md says what may be written"
    return f"is {_given(problem)}, which {what}", _advice_on_host(str(problem.value)) or advice


def _not_of_this_form(problem: Problem) -> tuple[str, str]:
    return f"is {_given(problem)}", FORMS[problem.context["pattern"]]


def _beyond_a_limit(problem: Problem) -> tuple[str, str]:
    limit = LIMITS[problem.kind].format(**problem.context)
    return f"is {_given(problem)}", re.sub(
        r"Fraction\((\d+), (\d+)\)", lambda m: str(Fraction(f"{m[1]}/{m[2]}")), limit
    )


MAPPINGS = frozenset({"model_type", "model_attributes_type", "dict_type"})
TYPES = {
    "string_type": "a text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "tuple_type": "a list, where each entry begins with `- `",
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing"), "a day, such as `2027-01-31`"),
    "fraction_type": "a share, such as `1/3` or `0.25`",
    "fraction_parsing": "a share, such as `1/3` or `0.25`",
    **dict.fromkeys(MAPPINGS, "a mapping"),
}
LIMITS = {
    "greater_than_equal": "it must be {ge} or more",
    "less_than_equal": "it must be {le} or less",
    "greater_than": "it must be more than {gt}",
    "too_short": "it needs at least {min_length} entry",
}
FORMS = {
    LABEL: "it must be 1 to 100 characters on one line, without a blank at either end",
    HOOK_NAME: "it must be 1 to 48 small letters, digits or `-`, with a letter or digit at both ends",
    NODE_NAME: "it must be 1 to 63 letters (a-z), digits, `.`, `_` or `-`, and begin with a letter or digit, and not "
    "end with `.` or `-`",
    ssh_spec.HOST: "it must be a host name, an IP address, or a `Host` of `~/.ssh/config`",
    ssh_spec.USER: "it must be a login name",
    ssh_spec.JUMP: "it must be `host`, `user@host` or `user@host:port`",
    ssh_spec.HOST_KEY: "it must be a public key as `ssh-keyscan` prints it, without the host: `ssh-ed25519 AAAA…`",
    CLUSTER_NAME: "it must be 1 to 100 characters on one line, without `:`, `/` and `\\`, and no blank at either end",
}
KINDS: Mapping[str, Callable[[Problem], tuple[str, str]]] = {
    "missing": _missing,
    "extra_forbidden": _unknown_key,
    "invalid_key": _key_of_another_type,
    "enum": _not_one_of_them,
    "value_error": _refused,
    "string_pattern_mismatch": _not_of_this_form,
    **dict.fromkeys(LIMITS, _beyond_a_limit),
}
HOST_SLIPS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"([a-z]+://).*"), "write the host alone, without `{0}`"),
    (re.compile(r"\[.*\].*"), "write the address alone, without brackets; a port goes into its own key"),
    (re.compile(r"[^:]*(:\d*)"), "write the host alone, without `{0}`; a port goes into its own key"),
    (re.compile(r"[^/]*(/.*)"), "write the host alone, without `{0}`"),
    (re.compile(r"[0-9a-f:.]+(%.*)"), "a certificate cannot carry `{0}`; use an address that needs no zone"),
)
"""What people write in place of a host, and what to do about it."""


def _advice_on_host(text: str) -> str:
    found = ((pattern.fullmatch(text.strip().lower()), advice) for pattern, advice in HOST_SLIPS)
    return next((advice.format(*match.groups()) for match, advice in found if match), "")


def _given(problem: Problem) -> str:
    value = problem.value
    if value is None:
        return "empty"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list" if value else "an empty list"
    if problem.hidden:
        return "a text" if isinstance(value, str) else "a value"
    misleading = isinstance(value, str) and problem.kind in TYPES  # `9200` looks like the number that is wanted
    return f"the text {_spelled(value)}" if misleading and value else _spelled(value)


def _spelled(value: Any) -> str:
    if value == "":
        return "an empty text"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _spelling_advice(problem: Problem) -> str:
    """Say what quotes do, where they are the mistake."""
    if problem.kind == "string_type" and not isinstance(problem.value, (Mapping, list, type(None))):
        return ": put it in quotes"
    text = problem.value.strip().lower() if isinstance(problem.value, str) else ""
    fits = (problem.kind == "int_type" and text.isdecimal()) or (problem.kind == "bool_type" and text in BOOLEANS)
    return ", without quotes" if fits else ""


BOOLEANS = frozenset({"true", "false"})


def _form(problem: Problem) -> str:
    """Return how the mapping that is wanted looks: its required keys, or else its first one."""
    fields = fields_at(problem.parts, problem.model)
    keys = [name for name, field in fields.items() if field.is_required()] or list(fields)[:1]
    return f", as `{{{', '.join(f'{name}: …' for name in keys)}}}`" if keys else ""


def _choice(words: Sequence[str]) -> str:
    quoted = [f"`{word}`" for word in words]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
