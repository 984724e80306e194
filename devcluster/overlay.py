"""The file that tells the driver which ports the nodes really have, where the stack file's were taken."""

from collections.abc import Sequence

from ruamel.yaml import YAML

from devcluster.node import DevNode
from devcluster.spec import ClusterSpec

HEADING = "# Written by devcluster: these ports of the stack file were taken on this machine.\n"


def write(spec: ClusterSpec, nodes: Sequence[DevNode]) -> None:
    """Write the overlay, or remove it when every node has the ports that the stack file gives it."""
    wanted = {node.name: node for node in spec.nodes}
    moved = [node.spec for node in nodes if node.spec != wanted[node.name]]
    if not moved:
        spec.overlay.unlink(missing_ok=True)
        return
    rows = [{"name": node.name, "http_port": node.http_port, "transport_port": node.transport_port} for node in moved]
    with spec.overlay.open("w", encoding="utf-8") as file:
        file.write(HEADING)
        YAML().dump({"nodes": rows}, file)
