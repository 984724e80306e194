"""How each node is, told without credentials: the process, the ports, and whether anybody may ask it."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from devcluster import api
from devcluster.node import DevNode
from devcluster.spec import NodeSpec


class State(StrEnum):
    """What a node does."""

    RUNNING = "running"
    STARTING = "starting"
    STOPPED = "stopped"
    ABSENT = "not laid out"


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """One node.

    Attributes:
        name: the node's name.
        state: what it does.
        http_port: its HTTP port.
        transport_port: its transport port.
        pid: its process id; None when it does not run.
        rss_mib: memory its process holds, in MiB; None when it does not run.
        unsecured: whether it answers anybody; None when it does not answer at all.
    """

    name: str
    state: State
    http_port: int
    transport_port: int
    pid: int | None = None
    rss_mib: int | None = None
    unsecured: bool | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the same as plain values."""
        return asdict(self)

    def __str__(self) -> str:
        """Say it in a line."""
        line = f"{self.name:<8} {self.state:<9} HTTP {self.http_port}, transport {self.transport_port}"
        if self.pid is not None:
            line += f", process {self.pid}, {self.rss_mib} MiB"
        if self.unsecured is not None:
            line += ", not secured" if self.unsecured else ", secured"
        return line


def status_of(spec: NodeSpec, node: DevNode | None) -> NodeStatus:
    """Look at a node.

    Args:
        spec: the node as the stack file wants it.
        node: the node as it is laid out, or None.
    """
    if node is None:
        return NodeStatus(spec.name, State.ABSENT, spec.http_port, spec.transport_port)
    ports = (node.spec.http_port, node.spec.transport_port)
    process = node.process()
    if process is None:
        return NodeStatus(spec.name, State.STOPPED, *ports)
    listening = node.is_listening()
    return NodeStatus(
        spec.name,
        State.RUNNING if listening else State.STARTING,
        *ports,
        pid=process.pid,
        rss_mib=process.memory_info().rss // 2**20,
        unsecured=api.is_unsecured(node) if listening else None,
    )
