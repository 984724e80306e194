"""How long the plan of a new CA is, and how long it takes to make, for 3, 20 and 100 nodes.

Beside it, of the same change in the same run, what the engine itself prints. The nodes are folders, as in `noop`.
"""

import sys
from pathlib import Path

from ruamel.yaml import YAML

from bench import noop
from bench.figures import Figure
from bench.processes import cost_of
from stacks.workspace import ROOT

DUE = (1,)
"""How a preview ends that found something to do."""


def measure(folder: Path, nodes: int) -> Figure:
    """Return how many lines the plan has that raises the generation of the transport CA."""
    place = folder / f"rotation-{nodes}"
    project, environment = noop.lay_out(place, nodes), noop.environment_of(place)
    cost_of(noop.call("ours", project), environment, ROOT)
    raise_generation(project / "stacks" / "Pulumi.ours.yaml")
    plan = cost_of(preview(project), environment, ROOT, DUE)
    whole = cost_of([*preview(project), "--diff"], environment, ROOT, DUE)
    return Figure(
        name=f"plan_of_a_new_ca_{nodes}_lines",
        value=_lines(plan.printed),
        means=f"lines of the plan that rotates the transport CA of {nodes} nodes",
        detail={
            "bytes": len(plan.printed.encode()),
            "wall_s": round(plan.wall, 2),
            "cpu_s": round(plan.cpu, 2),
            "engine_diff_lines": _lines(whole.printed) - _lines(plan.printed),
            "engine_diff_bytes": len(whole.printed.encode()) - len(plan.printed.encode()),
        },
    )


def preview(project: Path) -> list[str]:
    """Return the command that previews a project."""
    return [sys.executable, "-m", "stacks", "preview", "ours", "--project", str(project)]


def raise_generation(stack_file: Path) -> None:
    """Ask for a new transport CA."""
    yaml = YAML(typ="safe", pure=True)
    content = yaml.load(stack_file)
    content["config"][f"{noop.NAMESPACE}:authorities"] = {"transport": {"generation": 2}}
    yaml.dump(content, stack_file)


def _lines(text: str) -> int:
    return len(text.splitlines())
