"""The file that tells the driver which ports the nodes really have, where others held those of the stack file."""

from collections.abc import Mapping, Sequence

from ruamel.yaml import YAML

from devcluster.node import DevNode
from devcluster.spec import ClusterSpec, NodeSpec

HEADING = "# Written by devcluster: these ports stand in for `instead_of`, which something else on this machine held.\n"


def write(spec: ClusterSpec, nodes: Sequence[DevNode]) -> None:
    """Write the overlay, or remove it when every node has the ports that the stack file gives it.

    Args:
        spec: the cluster as its stack file wants it.
        nodes: its nodes; one that has other ports was moved away from taken ones.
    """
    wanted = {node.name: node for node in spec.nodes}
    moved = [node.spec for node in nodes if node.spec != wanted[node.name]]
    if not moved:
        spec.overlay.unlink(missing_ok=True)
        return
    rows = [{"name": node.name, **_ports(node), "instead_of": _ports(wanted[node.name])} for node in moved]
    with spec.overlay.open("w", encoding="utf-8") as file:
        file.write(HEADING)
        YAML().dump({"nodes": rows}, file)


def tells_of(spec: ClusterSpec, node: NodeSpec) -> bool:
    """Tell whether a node has its ports because those that the stack file gives it were taken."""
    wanted = next(one for one in spec.nodes if one.name == node.name)
    row = {"name": node.name, **_ports(node), "instead_of": _ports(wanted)}
    return spec.overlay.exists() and row in YAML(typ="safe").load(spec.overlay)["nodes"]


def _ports(node: NodeSpec) -> Mapping[str, int]:
    return {"http_port": node.http_port, "transport_port": node.transport_port}
