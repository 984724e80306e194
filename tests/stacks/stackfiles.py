"""Stack files for tests: a good one, and good ones with something changed."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from stacks.config import PREFIX, check
from stacks.mistakes import Mistake
from stacks.model import StackModel

BAD = Path(__file__).parent / "bad"
GOOD = """
cluster: {name: logs, scenario: basic-https}
machine: {home: /opt/elasticsearch, config: "/etc/elasticsearch/{name}"}
nodes:
  - {name: es-1, address: 10.0.0.1}
  - {name: es-2, address: 10.0.0.2}
"""

BY_SSH = "machine: {home: /opt/elasticsearch, config: '/etc/elasticsearch/{name}', ssh: {}}"
"""A change with which its nodes are on other machines, as their addresses say."""


def yaml(text: str) -> Any:
    """Return the content of a YAML text."""
    return YAML(typ="safe").load(text)


def sections(changes: str = "", without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a good stack file's sections, with those of the changes in place of its own."""
    found = {**yaml(GOOD), **(yaml(changes) or {})}
    return {key: value for key, value in found.items() if key not in without}


def model(changes: str = "") -> StackModel:
    """Return a good stack file as a model."""
    checked = check(sections(changes))
    assert isinstance(checked, StackModel), checked
    return checked


def mistakes(changes: str = "", without: tuple[str, ...] = ()) -> list[str]:
    """Return the mistakes in a changed stack file, as a person reads them."""
    checked = check(sections(changes, without))
    return [] if isinstance(checked, StackModel) else [_line(mistake) for mistake in checked]


def write_stack_file(folder: Path, content: dict[str, Any], name: str = "prod") -> Path:
    """Write sections as a stack file, with the prefix that Pulumi wants."""
    path = folder / f"Pulumi.{name}.yaml"
    YAML(typ="safe").dump({"config": {f"{PREFIX}{key}": value for key, value in content.items()}}, path)
    return path


def bad_stack_files() -> list[dict[str, Any]]:
    """Return every case below `bad/`: what is changed, and the mistakes that it makes."""
    return [case for path in sorted(BAD.glob("*.yaml")) for case in yaml(path.read_text())]


def _line(mistake: Mistake) -> str:
    assert all((mistake.path, mistake.wrong, mistake.right))
    return f"{mistake.path}: {mistake.wrong}; {mistake.right}"
