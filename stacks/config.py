"""Reading a stack's configuration: from the engine in a program, from the stack file in the driver."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from components.errors import ConfigurationRefused
from stacks.mistakes import Mistake, mistake_of
from stacks.model import NAMESPACE, StackModel
from stacks.rules import mistakes_across

PREFIX = f"{NAMESPACE}:"


def check(sections: Mapping[str, Any]) -> StackModel | tuple[Mistake, ...]:
    """Return the sections of a stack file as a model, or every mistake in them, sorted by config path."""
    try:
        model = StackModel.model_validate(dict(sections))
    except ValidationError as error:
        problems = error.errors(include_url=False)
        return tuple(sorted({mistake_of(problem, StackModel) for problem in problems}, key=str))
    return mistakes_across(model) or model


def model_from(sections: Mapping[str, Any], *, where: str) -> StackModel:
    """Return the sections of a stack file as a model.

    Raises:
        ConfigurationRefused: with one line for each mistake in it.
    """
    checked = check(sections)
    if isinstance(checked, StackModel):
        return checked
    count = len(checked)
    raise ConfigurationRefused(
        f"{count} mistake{'s' if count > 1 else ''}; nothing was touched"
        + "".join(f"\n    {mistake}" for mistake in checked),
        where=where,
        why="the stack file asks for something that cannot be, or is not clear",
        next_step="correct each line above; docs/configuration.md lists every key",
    )


def sections_of_file(path: Path) -> dict[str, Any]:
    """Return the sections of a stack file.

    Raises:
        ConfigurationRefused: there is no such file, or it is not YAML of the form that Pulumi reads.
    """
    try:
        content = YAML(typ="safe").load(path.read_text())
    except FileNotFoundError as error:
        raise _unreadable(path, "there is no such file", "name an environment that has a stack file") from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise _unreadable(path, _first_line(error), "correct it at the place that is named") from error
    config = content.get("config") if isinstance(content, Mapping) else None
    if not isinstance(config, Mapping):
        raise _unreadable(path, "it has no section `config:`", "begin it with `config:`, as in README.md")
    return {key.removeprefix(PREFIX): value for key, value in config.items() if str(key).startswith(PREFIX)}


def sections_of_engine(config: Mapping[str, str]) -> dict[str, Any]:
    """Return the sections from the engine's configuration, where each one is JSON text."""
    return {key.removeprefix(PREFIX): _value(text) for key, text in config.items() if key.startswith(PREFIX)}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _first_line(error: Exception) -> str:
    """Return what and where, without the parser's drawing of the place."""
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"line {mark.line + 1}: {problem}" if mark is not None else str(problem)


def _unreadable(path: Path, why: str, next_step: str) -> ConfigurationRefused:
    return ConfigurationRefused("cannot read the stack file", where=path.name, why=why, next_step=next_step)
