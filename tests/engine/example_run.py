"""The stack files in `stacks/examples`, as they are but for where the machines are: their folders lie in a test's own.

A path such as `/opt/elasticsearch` is laid out below a folder of the test, as if that were the root of the machine, and
addresses are those of this machine, where nothing listens: the nodes are folders that do not run.
"""

from pathlib import Path
from typing import Any

from stacks.config import sections_of_file
from tests.cluster.stack_run import CHECKOUT, StackRun
from tests.wire.standins import CLOSED_PORT, StandInNode

EXAMPLES = CHECKOUT / "stacks" / "examples"
ENVIRONMENTS = ("dev", "staging", "prod")


class ExampleRun(StackRun):
    """The stack of one example."""

    def __init__(self, folder: Path, environment: str) -> None:
        super().__init__(folder, cluster=None)  # type: ignore[arg-type]  # there is none, and nobody asks for it
        self.written = sections_of_file(EXAMPLES / f"Pulumi.{environment}.yaml")
        self.machine = self.folder / "machine"
        for node in self.written["nodes"]:
            laid_out = StandInNode(self.machine, node["name"])
            home, config = (self.place(self.written["machine"][key], node["name"]) for key in ("home", "config"))
            config.parent.mkdir(parents=True, exist_ok=True)
            laid_out.config.rename(config)
            if not home.exists():
                home.parent.mkdir(parents=True, exist_ok=True)
                home.symlink_to(laid_out.home)

    def place(self, path: str, name: str = "{name}") -> Path:
        """Return where a path of the example lies here."""
        return self.machine / path.replace("{name}", name).lstrip("/")

    def usual(self) -> dict[str, Any]:
        machine = {key: str(self.place(path)) for key, path in self.written["machine"].items()}
        nodes = [
            {**node, "address": "127.0.0.1", "http_port": CLOSED_PORT + at, "transport_port": 100 + at}
            for at, node in enumerate(self.written["nodes"])
        ]
        cluster = {**self.written["cluster"], "running": False}
        return {**self.written, "cluster": cluster, "machine": machine, "nodes": nodes}
