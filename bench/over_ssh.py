"""What many nodes cost that are reached by SSH: an `up` with nothing to do, new leaves for all, a plan, memory.

Each node is a folder behind an sshd of its own on loopback (`hosts`), and does not run (`cluster.running: false`). Both
ends of every connection are this machine: its processors do the nodes' work, too.
"""

import statistics
from pathlib import Path

from ruamel.yaml import YAML

from bench import noop, rotation_plan
from bench.bare import seconds_of_ssh
from bench.figures import Figure
from bench.hosts import running_hosts
from bench.memory import MIB, peak_of_plugin
from bench.processes import Cost, cost_of
from stacks.workspace import ROOT

ROUNDS = 3
LAYERS = 2


def measure(folder: Path, nodes: int, rounds: int = ROUNDS) -> list[Figure]:
    """Return the four figures for so many nodes."""
    place = folder / f"ssh-{nodes}"
    place.mkdir()
    with running_hosts(place / "hosts", nodes) as hosts:
        differs = [
            {
                "address": host.address,
                "http_port": host.http_port,
                "transport_port": host.transport_port,
                "machine": {"ssh": host.ssh()},
            }
            for host in hosts
        ]
        project, environment = noop.lay_out(place, nodes, differs), noop.environment_of(place)
        stack_file = project / "stacks" / "Pulumi.ours.yaml"
        ours, empty = noop.call("ours", project), noop.call("empty", project)
        first = cost_of(ours, environment, ROOT)
        cost_of(empty, environment, ROOT)
        pairs = [(cost_of(ours, environment, ROOT), cost_of(empty, environment, ROOT)) for _ in range(rounds)]
        bare = statistics.median(seconds_of_ssh(hosts, place) for _ in range(rounds))
        with peak_of_plugin() as idle:
            cost_of(ours, environment, ROOT)
        _reissue_all(stack_file)
        with peak_of_plugin() as busy:
            renewal = cost_of(ours, environment, ROOT)
        rotation_plan.raise_generation(stack_file)
        plan = cost_of(rotation_plan.preview(project), environment, ROOT, rotation_plan.DUE)
    return [
        figure_of_noop(nodes, pairs, bare),
        Figure(
            name=f"ssh_renew_{nodes}_s",
            value=round(renewal.wall, 2),
            means=f"seconds of an `up` with {LAYERS * nodes} new leaves on {nodes} machines by SSH",
            detail={"cpu_s": round(renewal.cpu, 2), "first_up_s": round(first.wall, 2)},
        ),
        Figure(
            name=f"plugin_rss_{nodes}_mib",
            value=round(busy.bytes / MIB, 1),
            means=f"most memory of the plugin in that `up`, {nodes} machines by SSH",
            detail={"noop_mib": round(idle.bytes / MIB, 1)},
        ),
        Figure(
            name=f"rotation_plan_lines_{nodes}",
            value=len(plan.printed.splitlines()),
            means=f"lines of the plan that rotates the transport CA, {nodes} machines by SSH",
            detail={"wall_s": round(plan.wall, 2)},
        ),
    ]


def figure_of_noop(nodes: int, pairs: list[tuple[Cost, Cost]], bare: float) -> Figure:
    """Return how many times the floor it takes: the median of the ratios, pair by pair, ours first.

    ``bare`` is how many seconds one login to each machine takes by itself.
    """
    wall, floor = (statistics.median(pair[side].wall for pair in pairs) for side in (0, 1))
    return Figure(
        name=f"ssh_noop_{nodes}_over_floor",
        value=round(statistics.median(ours.wall / empty.wall for ours, empty in pairs), 2),
        means=f"no-op `up` of {nodes} machines by SSH ÷ an empty program, wall time",
        detail={
            "wall_s": round(wall, 2),
            "cpu_s": round(statistics.median(ours.cpu for ours, _ in pairs), 2),
            "floor_wall_s": round(floor, 2),
            "bare_ssh_wall_s": round(bare, 2),
            "over_twice_the_floor_ms_a_node": round((wall - 2 * floor) / nodes * 1000, 1),
        },
    )


def _reissue_all(stack_file: Path) -> None:
    """Ask for a new leaf of every node and layer."""
    yaml = YAML(typ="safe", pure=True)
    content = yaml.load(stack_file)
    nodes = content["config"][f"{noop.NAMESPACE}:nodes"]
    reissue = {f"{node['name']}/{layer}": 1 for node in nodes for layer in ("transport", "http")}
    content["config"][f"{noop.NAMESPACE}:certificates"] = {"reissue": reissue}
    yaml.dump(content, stack_file)
