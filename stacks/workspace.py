"""Where a stack is run: the project's folder, the environment of the engine, and the file of the stack.

Every environment but `local` is run in place, as plain `pulumi up` does. `local`, the development cluster's, is
run in a copy under `.dev`, because Pulumi writes into the stack file that it uses, and because the ports that the
development cluster found, and what a drill raised, are laid over it.
"""

import os
import secrets
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from components.clock import PREVIEW_AT
from components.errors import ConfigurationRefused
from components.nodes.spec import NodeSpec
from stacks.config import DEVELOPMENT, PREFIX, sections_of_file
from stacks.drilled import read_drilled
from stacks.file_backend import WITHOUT_ATTRIBUTES

ROOT = Path(__file__).resolve().parent.parent
LOCAL = "local"
DEV = ".dev"
ENGINE_ENVIRONMENT = {
    "PULUMI_SKIP_UPDATE_CHECK": "true",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    PREVIEW_AT: "",  # whatever the shell has: only `preview --at` moves the plugin's clock
}


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where one stack is run.

    Attributes:
        stack: the environment's name.
        project: the folder with Pulumi.yaml.
        environment: variables for the engine, over this process's own.
        handed_out: where files for people go, such as the CA's certificate; None where there is no place.
        written: the stack file that a person writes, where it is another one than that which is run.
        moved: where a port or a generation of the stack file does not count, each as a sentence.
    """

    stack: str
    project: Path
    environment: Mapping[str, str]
    handed_out: Path | None = None
    written: Path | None = None
    moved: tuple[str, ...] = ()

    @property
    def stack_file(self) -> Path:
        """The stack file that is run."""
        return self.project / "stacks" / f"Pulumi.{self.stack}.yaml"


def workspace_for(stack: str, project: Path | None) -> Workspace:
    """Return where a stack is run.

    Args:
        stack: the environment's name.
        project: the folder with Pulumi.yaml; None for this checkout.

    Raises:
        ConfigurationRefused: there is no such stack file.
    """
    if project is None and stack == LOCAL:
        return _local()
    workspace = Workspace(stack, (project or ROOT).absolute(), dict(ENGINE_ENVIRONMENT))
    sections_of_file(workspace.stack_file)
    return workspace


def _local() -> Workspace:
    dev = ROOT / DEV
    written = ROOT / "stacks" / DEVELOPMENT
    sections, moved = _laid_over(sections_of_file(written), dev / "overlay.yaml")
    project = dev / "project"
    (project / "stacks").mkdir(parents=True, exist_ok=True)
    _write_project(project)
    drilled = read_drilled(dev)
    moved = (*moved, *drilled.told())
    workspace = Workspace(LOCAL, project, _local_environment(dev), handed_out=dev, written=written, moved=moved)
    _write_stack_file(workspace.stack_file, drilled.over(sections))
    return workspace


def _local_environment(dev: Path) -> dict[str, str]:
    """Return a file backend and a passphrase of this checkout, unless the environment names others."""
    environment = dict(ENGINE_ENVIRONMENT)
    if "PULUMI_BACKEND_URL" not in os.environ:
        (dev / "state").mkdir(parents=True, exist_ok=True)
        environment["PULUMI_BACKEND_URL"] = f"{(dev / 'state').as_uri()}?{WITHOUT_ATTRIBUTES}"
    if not {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & os.environ.keys():
        environment["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(_passphrase_file(dev))
    if "PULUMI_HOME" not in os.environ:
        environment["PULUMI_HOME"] = str(dev / "pulumi")
    return environment


def _passphrase_file(dev: Path) -> Path:
    path = dev / "passphrase"
    if not path.exists():
        temporary = path.with_name(f"passphrase.{os.getpid()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_urlsafe(32))
        with suppress(FileExistsError):  # another run was quicker, and may have encrypted with its own already
            path.hardlink_to(temporary)
        temporary.unlink()
    return path


def _write_project(project: Path) -> None:
    """Write the copy's Pulumi.yaml, which points back to the checkout, so that plain `pulumi` works there too."""
    yaml = YAML(typ="safe", pure=True)
    content = yaml.load(ROOT / "Pulumi.yaml")
    content["main"] = os.path.relpath(ROOT, project)
    content["runtime"]["options"]["virtualenv"] = os.path.relpath(ROOT / ".venv", project)
    for plugin in chain.from_iterable(content["plugins"].values()):
        plugin["path"] = os.path.relpath(ROOT / plugin["path"], project)
    yaml.dump(content, project / "Pulumi.yaml")


def _laid_over(sections: dict[str, Any], overlay: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the stack's sections with the ports that the development cluster found, and what that changes.

    A node counts only with the ports that were taken: whatever somebody wrote since then is looked at as it is.
    """
    written = sections.get("nodes")
    if not overlay.exists() or not isinstance(written, list):
        return sections, ()
    found = {row["name"]: row for row in YAML(typ="safe").load(overlay)["nodes"]}
    nodes, moved = [], []
    for node in written:
        row = found.get(str(node.get("name")), {}) if isinstance(node, Mapping) else {}
        taken = row.get("instead_of", {})
        applies = all(node.get(key, NodeSpec.model_fields[key].default) == port for key, port in taken.items())
        nodes.append({**node, **{key: row[key] for key in taken}} if taken and applies else node)
        moved += [
            f"{node['name']} has {key} {row[key]}, since {port} of the stack file is taken on this machine"
            for key, port in taken.items()
            if applies and row[key] != port
        ]
    return {**sections, "nodes": nodes}, tuple(moved)


def _write_stack_file(path: Path, sections: Mapping[str, Any]) -> None:
    """Write the copy's stack file, keeping what Pulumi itself wrote there (such as the encryption salt)."""
    yaml = YAML(typ="safe", pure=True)
    kept = {}
    if path.exists():
        kept = {key: value for key, value in (yaml.load(path) or {}).items() if key != "config"}
    content = {**kept, "config": {f"{PREFIX}{key}": value for key, value in sections.items()}}
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    yaml.dump(content, temporary)
    temporary.replace(path)


def secrets_provider_of(stack_file: Path) -> str | None:
    """Return the `secretsprovider` of a stack file; None where it names none.

    The engine takes it from there for a stack that exists, but not while it makes one (`pulumi stack init`, tried with
    v3.259.0): there it has to be said, or the new stack would get a passphrase.

    Args:
        stack_file: a stack file that was checked before.
    """
    found = YAML(typ="safe", pure=True).load(stack_file).get("secretsprovider")
    return found if isinstance(found, str) else None


def command_line() -> str:
    """Return what a person types to run this command line again, from where they are now."""
    venv = ROOT / ".venv"
    own = Path(sys.prefix).resolve() == venv.resolve()
    python = os.path.relpath(venv / "bin" / "python") if own else "python"
    return f"{python} -m stacks"


def refuse_missing_project(project: Path) -> None:
    """Refuse a folder without Pulumi.yaml.

    Raises:
        ConfigurationRefused: there is none.
    """
    if not (project / "Pulumi.yaml").exists():
        raise ConfigurationRefused(
            "this is not a Pulumi project",
            where=str(project),
            why="it has no Pulumi.yaml",
            next_step="name the folder with Pulumi.yaml and `stacks/`",
        )
