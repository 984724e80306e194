"""`docs/configuration.md`, made from the models of a stack file: `python -m stacks.reference` prints it.

Every key, type, default and meaning comes from the models. What a model knows and a rule refuses is found by
asking: the smallest stack file is checked again with each layout of a machine and nothing else of it.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import Enum
from fractions import Fraction
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from ruamel.yaml import YAML

from components.nodes.layouts import Layout
from components.pki.lifetimes import Lifetime
from components.pki.sans import Host
from stacks.advice import ADVICE
from stacks.config import PREFIX, check
from stacks.example_texts import FULL, SMALLEST
from stacks.fields import every_field, is_list, model_in
from stacks.inventory import PATHS
from stacks.mistakes import FORMS
from stacks.model import StackModel
from stacks.rules import RULES

INTRODUCTION = """\
<!-- Made by `make docs` from the models in stacks/model.py. Change it there. -->
# The stack file

One file for each environment: `stacks/Pulumi.<environment>.yaml`. Its keys lie below `config:`, and each one begins
with `{prefix}`, the project's name. Keys of other projects are left alone.

- It is plain YAML. Keys and passwords are made by the program, and live in the stack's state. The secrets that a
  person gives, `users.….password` and `takeover.elastic_password`, are refused in clear; anything else is refused
  encrypted.
- A key that is not on this page is refused. So is a text where a number belongs, also `"9200"` for `9200`.
- Every mistake is told, in one list, with its place (`nodes[2].address`), what is wrong and what would be right. As
  long as there is one, no node is touched. A rule that looks at a section which has an unknown key or a wrong type
  speaks once that is right.
- A relative path starts at the project's folder. `{{name}}` in a path stands for the node's name; `~` and variables
  are not expanded.
- All nodes of the cluster have to be listed. A machine with a section `ssh` is reached by SSH; without one it is this
  machine, on which the program runs.
- Files below `ssh` and of own CAs are on this machine; every other path is on the node's.

## The smallest stack file

```yaml
{smallest}```

Where the nodes run already, the first `up` stops all of them once, and needs `consent` for that (see below).

## A stack file with every key

To look keys up in, not to copy: its values do not belong together, and most are the defaults, which can be left out.
Start from a file in [stacks/examples](../stacks/examples/). In the tables, – stands for nothing, or for what the
meaning says.

```yaml
{full}```
"""
SMALL_WORDS: Mapping[type, str] = {
    str: "text",
    bool: "true or false",
    int: "whole number",
    date: "day, such as `2027-01-31`",
    Fraction: "share, such as `1/3` or `0.25`",
    SecretStr: "text, encrypted",
}
ALIASES: tuple[tuple[Any, str], ...] = (
    (Host, "host name or IP address"),
    (Lifetime, "lifetime: `90D` (days), `18M` (months) or `1y` (years)"),
)
"""Types of ours that are plain text to Python, and what an operator calls them."""
MUST, NONE = "**must be set**", "–"


def main() -> None:
    """Print the page."""
    sys.stdout.write(page())


def page() -> str:
    """Return the page, as Markdown."""
    lines = [INTRODUCTION.format(prefix=PREFIX, smallest=SMALLEST, full=FULL)]
    for name, field in StackModel.model_fields.items():
        lines += [*_section(name, field), ""]
    lines += ["## What is refused beyond that", "", *_told([rule.find for rule in RULES]), ""]
    lines += ["## What is accepted with a warning", "", *_told(ADVICE), ""]
    lines += ["Lifetimes so short that a certificate may end before anybody runs `up` get a warning too."]
    return "\n".join(lines) + "\n"


def sections_of(example: str) -> dict[str, Any]:
    """Return the sections of an example, without the prefix."""
    config = YAML(typ="safe").load(example)["config"]
    return {key.removeprefix(PREFIX): value for key, value in config.items()}


def type_of(path: str, field: FieldInfo) -> str:
    """Return a field's type in an operator's words."""
    if model_in(field.annotation) is not None:
        return "list of mappings, see below" if is_list(field.annotation) else "mapping, see below"
    if path.rpartition(".")[2] in PATHS:
        return "path"
    if is_list(field.annotation):
        entry, *metadata = get_args(get_args(field.annotation)[0]) or [get_args(field.annotation)[0]]
        return f"list; each entry a {_plain_type(entry, metadata)}"
    if get_origin(field.annotation) is dict:
        value, *metadata = get_args(get_args(field.annotation)[1])
        return f"mapping; each value a {_plain_type(value, metadata)}"
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, Enum):
            return _choice(kind)
    for kind in get_args(field.annotation):  # `SshHost | None`
        if get_origin(kind) is Annotated:
            return _plain_type(get_args(kind)[0], kind.__metadata__)
    return _plain_type(field.annotation, field.metadata)


def default_of(path: str, field: FieldInfo) -> str:
    """Return a field's default as it would be written."""
    if field.is_required():
        return MUST
    missed = _layouts_that_miss(path)
    if missed:
        return f"{MUST} with {_or(missed)}"
    section = _inherits_from(path)
    if section:
        return f"`{section}.{path.rpartition('.')[2]}`"
    if field.default in (None, (), {}) or model_in(field.annotation) is not None:
        return NONE
    value = field.default.value if isinstance(field.default, Enum) else field.default
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _section(name: str, field: FieldInfo) -> Iterator[str]:
    yield f"## `{name}`"
    yield ""
    yield f"{field.description}{' Must be there.' if field.is_required() else ''}"
    yield ""
    yield "| key | type | default | meaning |"
    yield "|---|---|---|---|"
    for path, inner in _fields_below(name, field):
        cells = (f"`{path}`", type_of(path, inner), default_of(path, inner), inner.description or "")
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _fields_below(name: str, field: FieldInfo) -> Iterator[tuple[str, FieldInfo]]:
    model = model_in(field.annotation)
    assert model is not None  # noqa: S101 (every section is a mapping, or a list of them)
    yield from every_field(model, f"{name}[]." if is_list(field.annotation) else f"{name}.")


def _plain_type(annotation: Any, metadata: Sequence[Any]) -> str:
    for alias, words in ALIASES:
        if get_args(alias)[1] in metadata:
            return words
    form = next((FORMS[pattern] for each in metadata if (pattern := getattr(each, "pattern", None)) in FORMS), "")
    if form:
        words = form.removeprefix("it must be ")
        return f"text of {words}" if words[0].isdigit() else words
    kind = next(kind for kind in (annotation, *get_args(annotation)) if kind in SMALL_WORDS)
    return SMALL_WORDS[kind] + _limits(metadata)


def _limits(metadata: Sequence[Any]) -> str:
    limits = {name: getattr(each, name) for each in metadata for name in ("gt", "ge", "le") if hasattr(each, name)}
    if {"ge", "le"} <= limits.keys():
        return f" {limits['ge']}–{limits['le']}"
    words = {"gt": "more than {}", "ge": "{} or more", "le": "at most {}"}
    return "".join(f", {words[name].format(limit)}" for name, limit in limits.items())


def _choice(kinds: type[Enum]) -> str:
    return _or(list(kinds)) if len(kinds) == 1 else f"one of {_or(list(kinds))}"


def _or(kinds: Sequence[Enum]) -> str:
    *most, last = (f"`{kind.value}`" for kind in kinds)
    return f"{', '.join(most)} or {last}" if most else last


def _layouts_that_miss(path: str) -> list[Layout]:
    """Return the layouts with which a stack file is refused without this key of a machine."""
    missed = []
    for layout in Layout:
        found = check({**sections_of(SMALLEST), "machine": {"layout": layout.value}})
        if not isinstance(found, StackModel) and any(mistake.path == path for mistake in found):
            missed.append(layout)
    return missed


def _inherits_from(path: str) -> str:
    """Return the section whose keys serve where an optional mapping of the same model leaves them out."""
    place = path.rpartition(".")[0]
    holder = dict(every_field(StackModel)).get(place)
    if holder is None or holder.is_required() or holder.default is not None:
        return ""
    return next((name for name, model in _sections() if model is model_in(holder.annotation) and name != place), "")


def _sections() -> Iterator[tuple[str, type[BaseModel] | None]]:
    for name, field in StackModel.model_fields.items():
        yield name, model_in(field.annotation)


def _told(rules: Sequence[Any]) -> Iterator[str]:
    """Return one line for each rule: its name, and what its own text says."""
    for rule in rules:
        name, text = rule.__name__.replace("_", " "), (rule.__doc__ or "").splitlines()[0].partition(" Source:")[0]
        yield f"- **{_sentence(name)}.** {_sentence(text.removeprefix('Find '))}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


if __name__ == "__main__":
    main()
