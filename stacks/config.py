"""Reading a stack's configuration: from the engine in a program, from the stack file in the driver."""

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stacks.fields import fields_at
from stacks.mistakes import Mistake, close_to, mistake_of
from stacks.model import NAMESPACE, StackModel
from stacks.refused import StackFileProblem, StackFileRefused, refused
from stacks.rules import mistakes_across, sections_waited_for
from stacks.sealed import encrypted_in_vain, in_clear, out_of_sight

PREFIX = f"{NAMESPACE}:"
DEVELOPMENT = "Pulumi.local.yaml"
"""The stack file of the development cluster, which comes with the project."""
ANY_STACK = "ENVIRONMENT"
"""Stands for the stack's name in a command to type, where nobody knows it."""
EXAMPLES = "stacks/examples/"
LEAST = {"cluster": {"name": "any", "scenario": "basic"}, "nodes": [{"name": "any", "address": "127.0.0.1"}]}
"""Stands for required sections that cannot be read, so that the others can be; no rule ever looks at it."""


def check(
    sections: Mapping[str, Any], secret: Collection[str] = (), stack: str = ANY_STACK
) -> StackModel | tuple[Mistake, ...]:
    """Return the sections of a stack file as a model, or every mistake in them, in the order of the model.

    Args:
        sections: what stands in the stack file.
        secret: sections that the engine keeps encrypted; their values are never repeated.
        stack: the stack's name, where it is known.
    """
    model, mistakes, _ = _looked_at(sections, secret, stack)
    return mistakes or model


def _looked_at(
    sections: Mapping[str, Any], secret: Collection[str], stack: str
) -> tuple[StackModel, tuple[Mistake, ...], tuple[str, ...]]:
    """Return the model, every mistake, and the sections for which rules wait until they can be read."""
    found = {mistake for key, value in sections.items() for mistake in encrypted_in_vain(value, key)}
    found |= set(in_clear(sections, secret, stack))
    sealed = {_section_in(mistake.path) for mistake in found}
    unreadable = set(sealed)
    try:
        model = StackModel.model_validate(out_of_sight(sections))
    except ValidationError as error:
        problems = [p for p in error.errors(include_url=False) if p["loc"][0] not in sealed and not _is_a_sequel(p)]
        found |= {mistake_of(problem, StackModel, secret) for problem in problems}
        unreadable |= {str(problem["loc"][0]) for problem in problems}
        readable = {key: out_of_sight(value) for key, value in sections.items() if key not in unreadable}
        model = StackModel.model_validate({**LEAST, **readable})
    mistakes = sorted([*found, *mistakes_across(model, unreadable)], key=_place)
    return model, tuple(mistakes), sections_waited_for(unreadable)


def model_from(sections: Mapping[str, Any], *, where: str, secret: Collection[str] = ()) -> StackModel:
    """Return the sections of a stack file as a model.

    Raises:
        ConfigurationRefused: with one line for each mistake in it.
    """
    model, mistakes, waiting = _looked_at(sections, secret, _stack_in(where))
    if mistakes:
        raise refused(mistakes, where, sections, secret=secret, waiting=waiting)
    return model


def sections_of_file(path: Path) -> dict[str, Any]:
    """Return the sections of a stack file.

    Raises:
        ConfigurationRefused: there is no such file, it is not YAML of the form that Pulumi reads, or a section has
            another prefix than ours; then with every mistake in it.
    """
    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise _unreadable(named(path), "there is no such file", _what_to_do_without(path)) from error
    except OSError as error:
        raise _unreadable(named(path), str(error.strerror), "see to it that it is a file that you may read") from error
    except UnicodeDecodeError as error:
        why = f"it is not UTF-8 text (byte {error.start})"
        raise _unreadable(named(path), why, "save it as UTF-8") from error
    except YAMLError as error:
        raise _unreadable(
            named(path), _first_line(error), "correct it at the place that is named", _line_in(error)
        ) from error
    outside = [str(key) for key in content if str(key).startswith(PREFIX)] if isinstance(content, Mapping) else []
    if outside:
        slips = [Mistake(key, "stands beside `config:`, where nobody reads it", "indent it below") for key in outside]
        raise refused(slips, named(path), {})
    config = content.get("config") if isinstance(content, Mapping) else None
    if not isinstance(config, Mapping):
        why = "it is empty" if content is None else "it has no section `config:` with keys below it"
        raise _unreadable(named(path), why, f"begin it with `config:`, and `{PREFIX}cluster: …` indented below it")
    return _sections(config, named(path))


def named(path: Path) -> str:
    """Return a stack file as every error names it, from wherever it is run: `stacks/Pulumi.prod.yaml`."""
    return f"stacks/{path.name}"


def _stack_in(where: str) -> str:
    """Return the name of the stack whose file this is."""
    found = re.fullmatch(r"stacks/Pulumi\.(.+)\.yaml", where)
    return found[1] if found else ANY_STACK


def _what_to_do_without(path: Path) -> str:
    if path.name == DEVELOPMENT:
        return f"restore it with `git checkout {named(path)}`"
    found = sorted(each.stem.removeprefix("Pulumi.") for each in path.parent.glob("Pulumi.*.yaml"))
    there = f"name an environment that has a stack file ({', '.join(found)}), or " if found else ""
    return f"{there}write {named(path)}, for example from a copy of one in {EXAMPLES}, or of stacks/{DEVELOPMENT}"


def sections_of_engine(config: Mapping[str, str], where: str = "stack", secret: Collection[str] = ()) -> dict[str, Any]:
    """Return the sections from the engine's configuration, where each one is JSON text.

    Raises:
        ConfigurationRefused: a section has a prefix that is nearly ours; with every mistake that there is.
    """
    return _sections({key: _value(text) for key, text in config.items() if _is_near(key)}, where, secret)


def _sections(config: Mapping[Any, Any], where: str, secret: Collection[str] = ()) -> dict[str, Any]:
    """Return our sections; where one has another prefix, refuse it with all that is wrong in it and in the others."""
    sections = {key.removeprefix(PREFIX): value for key, value in config.items() if str(key).startswith(PREFIX)}
    astray = {str(key): value for key, value in config.items() if _is_astray(str(key))}
    if not astray:
        return sections
    slips = [Mistake(key, f"does not begin with `{PREFIX}`", f"write `{PREFIX}{_section_of(key)}`") for key in astray]
    everything: Mapping[str, Any] = {}
    secret = {_section_of(key) for key in secret}
    waiting: tuple[str, ...] = ()
    if not any(_is_the_namespace(key) for key in astray):  # below it there may be every section
        everything = {**{_section_of(key): value for key, value in astray.items()}, **sections}
        _, mistakes, waiting = _looked_at(everything, secret, _stack_in(where))
        slips += mistakes
    raise refused(slips, where, everything, secret=secret, waiting=waiting)


def _is_near(key: str) -> bool:
    return key.startswith(PREFIX) or _is_astray(key)


def _is_astray(key: str) -> bool:
    """Tell whether a key has no prefix, which Pulumi refuses, or a slip of ours; others are other people's."""
    namespace, found, _ = key.partition(":")
    return not found or (namespace != NAMESPACE and bool(close_to(namespace, [NAMESPACE])))


def _section_of(key: str) -> str:
    return "cluster" if _is_the_namespace(key) else key.rpartition(":")[2]


def _is_the_namespace(key: str) -> bool:
    return bool(close_to(key.rpartition(":")[2], [NAMESPACE]))


def _is_a_sequel(problem: ErrorDetails) -> bool:
    """Tell whether a list is only too short because its entries were refused, each with a mistake of its own."""
    return problem["type"] == "too_short" and bool(problem["input"])


def _place(mistake: Mistake) -> list[tuple[int, str]]:
    """Return where a mistake is listed: by section and key as in the model, and nodes[2] before nodes[10]."""
    order: list[tuple[int, str]] = []
    above: list[str] = []
    for index, key in re.findall(r"\[(\d+)\]|([^.\[]+)", mistake.path):
        known = list(fields_at(above, StackModel))
        order.append((int(index), "") if index else (known.index(key) if key in known else len(known), key))
        above += [key] if key else []
    return order


def _section_in(path: str) -> str:
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _first_line(error: YAMLError) -> str:
    """Return what and where, without the parser's drawing of the place, and without any value."""
    line = _line_in(error)
    problem = str(getattr(error, "problem", None) or str(error).splitlines()[0])
    problem = re.sub(r"^found duplicate key (.*?) with value .*$", r"the key \1 is there twice", problem, flags=re.S)
    return f"line {line}: {problem}" if line is not None else problem


def _line_in(error: YAMLError) -> int | None:
    mark = getattr(error, "problem_mark", None)
    return None if mark is None else int(mark.line) + 1


def _unreadable(where: str, why: str, next_step: str, line: int | None = None) -> StackFileRefused:
    what = "cannot read the stack file"
    problem = StackFileProblem("", what, next_step, why=why, line=line)
    return StackFileRefused(what, where=where, why=why, next_step=next_step, problems=(problem,))
