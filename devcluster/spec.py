"""What the stack file says about the nodes of a development cluster."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from components.errors import ConfigurationRefused

NAMESPACE = "elasticsearch-security"
CONFIG_TAIL = "{name}/config"
LOOPBACK = "127.0.0.1"
LOCAL = "stacks/Pulumi.local.yaml"
"""The stack file that comes with the project."""


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """One node.

    Attributes:
        name: its node name, and the name of its folder.
        http_port: where clients reach it.
        transport_port: where other nodes reach it.
        address: what it binds to; a development node never leaves the loopback interface.
    """

    name: str
    http_port: int
    transport_port: int
    address: str = LOOPBACK

    def with_ports(self, http_port: int, transport_port: int) -> "NodeSpec":
        """Return the same node on other ports."""
        return replace(self, http_port=http_port, transport_port=transport_port)


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """A development cluster as its stack file wants it.

    Attributes:
        name: the cluster's name.
        folder: holds a folder for each node.
        home: where the link to the Elasticsearch home belongs, or an Elasticsearch that is there already.
        nodes: the nodes, with the ports wanted.
        user: whom the nodes run as; None for the default.
    """

    name: str
    folder: Path
    home: Path
    nodes: tuple[NodeSpec, ...]
    user: str | None = None

    @property
    def overlay(self) -> Path:
        """The file that names the ports really used, where they are not those of the stack file."""
        return self.folder.parent / "overlay.yaml"


class _Lenient(BaseModel):
    """The stack file says much more than a development cluster needs; its own model judges the rest."""

    model_config = ConfigDict(extra="ignore")


class _Node(_Lenient):
    name: str
    http_port: int = 9200
    transport_port: int = 9300


class _Cluster(_Lenient):
    name: str


class _Machine(_Lenient):
    home: str
    config: str
    user: str | None = None


class _Stack(_Lenient):
    cluster: _Cluster
    machine: _Machine
    nodes: list[_Node] = Field(min_length=1)


def read_stack(path: Path, checkout: Path) -> ClusterSpec:
    """Return what a stack file says about its nodes.

    Args:
        path: the stack file.
        checkout: what its relative paths are relative to.

    Raises:
        ConfigurationRefused: it cannot be read, or does not describe nodes on this machine.
    """
    where = str(path.relative_to(checkout) if path.is_relative_to(checkout) else path)
    try:
        document = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        stack = _Stack.model_validate(_of_ours(document))
    except OSError as error:
        raise _unread(where, error) from error
    except YAMLError as error:
        raise _refused(where, str(error)) from error
    except ValidationError as error:
        mistakes = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise _refused(where, "\n        ".join(mistakes)) from error
    if not stack.machine.config.endswith(CONFIG_TAIL):
        raise _refused(where, f"machine.config must end with {CONFIG_TAIL}, so that each node has a folder of its own")
    return ClusterSpec(
        name=stack.cluster.name,
        folder=checkout / stack.machine.config.removesuffix(CONFIG_TAIL),
        home=checkout / stack.machine.home,
        nodes=tuple(NodeSpec(node.name, node.http_port, node.transport_port) for node in stack.nodes),
        user=stack.machine.user,
    )


def _of_ours(document: Any) -> dict[str, Any]:
    config = document.get("config") if isinstance(document, dict) else None
    pairs = config.items() if isinstance(config, dict) else ()
    return {key.removeprefix(f"{NAMESPACE}:"): value for key, value in pairs if key.startswith(f"{NAMESPACE}:")}


def _unread(where: str, error: OSError) -> ConfigurationRefused:
    restore = f"restore it with `git checkout {where}`" if where == LOCAL else "name one that is there with --stack"
    return ConfigurationRefused(
        "cannot read the stack file",
        where=where,
        why=error.strerror or str(error),
        next_step=restore if isinstance(error, FileNotFoundError) else "see to it that it is a file that you may read",
    )


def _refused(where: str, why: str) -> ConfigurationRefused:
    return ConfigurationRefused(
        "does not describe a development cluster", where=where, why=why, next_step="correct the stack file"
    )
