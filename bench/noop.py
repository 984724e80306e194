"""What an `up` costs that has nothing to do, for 3, 30 and 100 nodes, beside the floor of an empty program.

The nodes are folders with an elasticsearch.yml of their own, and do not run (`cluster.running: false`): every file
is looked at and every certificate judged, and no network is on the path. Both sides are one call of the engine
through the Automation API, in turn, so that a machine that slows down slows both.
"""

import statistics
import sys
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

from ruamel.yaml import YAML

from bench.figures import Figure
from bench.processes import Cost, cost_of
from devcluster.home import elasticsearch_home
from stacks.workspace import ROOT

ROUNDS = 5
NAMESPACE = "elasticsearch-security"
SETTINGS = """\
# kept by hand
cluster.name: bench
node.name: {name}
path:
  data: data
  logs: logs
network.host: 127.0.0.1
discovery.seed_hosts: ["127.0.0.1:9300"]
xpack.security.enabled: false
"""


def measure(folder: Path, nodes: int) -> Figure:
    """Return how many times the floor a no-op `up` of so many nodes takes: the median of the ratios, pair by pair."""
    place = folder / f"nodes-{nodes}"
    project, environment = lay_out(place, nodes), environment_of(place)
    cost_of(call("ours", project), environment, ROOT)
    cost_of(call("empty", project), environment, ROOT)
    pairs: list[tuple[Cost, Cost]] = []
    for _ in range(ROUNDS):
        ours = cost_of(call("ours", project), environment, ROOT)
        pairs.append((ours, cost_of(call("empty", project), environment, ROOT)))
    return Figure(
        name=f"noop_{nodes}_over_floor",
        value=round(statistics.median(ours.wall / floor.wall for ours, floor in pairs), 2),
        means=f"no-op `up` of {nodes} nodes ÷ an empty program, wall time",
        detail={
            "wall_s": round(statistics.median(ours.wall for ours, _ in pairs), 2),
            "cpu_s": round(statistics.median(ours.cpu for ours, _ in pairs), 2),
            "floor_wall_s": round(statistics.median(floor.wall for _, floor in pairs), 2),
            "floor_cpu_s": round(statistics.median(floor.cpu for _, floor in pairs), 2),
        },
    )


def call(program: str, project: Path) -> list[str]:
    """Return the command that runs `up` once, with our program or with an empty one."""
    return [sys.executable, "-m", "bench.one_up", program, str(project)]


def lay_out(folder: Path, nodes: int, differs: Sequence[Mapping[str, object]] = ()) -> Path:
    """Make a project with so many nodes, and return it.

    Args:
        folder: where everything of it goes.
        nodes: how many.
        differs: for each node, what it has in place of the usual.
    """
    names = [f"node-{number:03}" for number in range(1, nodes + 1)]
    for name in names:
        config = folder / "nodes" / name / "config"
        config.mkdir(parents=True)
        (config / "elasticsearch.yml").write_text(SETTINGS.format(name=name))
    project = folder / "project"
    (project / "stacks").mkdir(parents=True)
    (folder / "state").mkdir()
    (folder / "passphrase").write_text("bench")
    (folder / "passphrase").chmod(0o600)
    yaml = YAML(typ="safe", pure=True)
    content = yaml.load(ROOT / "Pulumi.yaml")
    for plugin in chain.from_iterable(content["plugins"].values()):
        plugin["path"] = str(ROOT / plugin["path"])
    yaml.dump(content, project / "Pulumi.yaml")
    sections = {
        "cluster": {"name": "bench", "scenario": "basic-https", "running": False},
        "machine": {"home": str(elasticsearch_home()), "config": f"{folder}/nodes/{{name}}/config"},
        "nodes": [
            {"name": name, "address": "127.0.0.1", "http_port": 20000 + number, "transport_port": 30000 + number}
            | dict(over)
            for number, (name, over) in enumerate(zip(names, differs or [{}] * nodes, strict=True))
        ],
    }
    ours: dict[str, object] = {f"{NAMESPACE}:{key}": value for key, value in sections.items()}
    stacks: dict[str, dict[str, object]] = {"ours": ours, "empty": {}}
    for stack, wanted in stacks.items():
        yaml.dump({"config": wanted}, project / "stacks" / f"Pulumi.{stack}.yaml")
    return project


def environment_of(folder: Path) -> dict[str, str]:
    """Return the engine's environment for a project."""
    return {
        "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(folder / "passphrase"),
        "PULUMI_HOME": str(folder / "pulumi"),
    }
