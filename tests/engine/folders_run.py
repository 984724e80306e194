"""A stack for nodes that are folders with an elasticsearch.yml and a keystore command that keeps a text file."""

from pathlib import Path
from typing import Any

from tests.cluster.stack_run import StackRun
from tests.wire.standins import CLOSED_PORT, StandInNode


class FoldersRun(StackRun):
    """One stack on nodes that do not run."""

    def __init__(self, folder: Path, names: tuple[str, ...]) -> None:
        super().__init__(folder, cluster=None)  # type: ignore[arg-type]  # there is none, and nobody asks for it
        self.nodes = [StandInNode(folder, name) for name in names]

    def usual(self) -> dict[str, Any]:
        return {
            "cluster": {"name": "logs", "scenario": "basic-https", "running": False},
            "machine": {"home": str(self.nodes[0].home), "config": f"{self.folder}/{{name}}"},
            "nodes": [
                {"name": node.name, "address": "127.0.0.1", "http_port": CLOSED_PORT + at, "transport_port": 10 + at}
                for at, node in enumerate(self.nodes)
            ],
        }

    def scenario(self, name: str) -> None:
        """Choose another scenario, be it a lower one."""
        cluster = {"name": "logs", "scenario": name, "running": False}
        self.write(cluster=cluster, consent={"traffic_in_clear": True})

    def files(self) -> dict[str, dict[str, bytes]]:
        """Return what lies on each node."""
        return {node.name: node.files() for node in self.nodes}

    def resources(self) -> dict[str, dict[str, Any]]:
        """Return the recorded resources by name, secrets in clear."""
        found = self.clear_state()["deployment"]["resources"]
        return {resource["urn"].rpartition("::")[2]: resource for resource in found}
