"""How long renewal and rotation take on three real nodes, beside an `up` in the same run that has nothing to do.

`make drill` does the work, all of it under load, on the development cluster. What else rotates the CA of a running
cluster (an operator for Kubernetes, roles for hosts with systemd) cannot run beside it on one machine without either.
"""

import json
import sys

from bench.figures import Figure
from bench.processes import cost_of
from stacks.workspace import ROOT


def measure() -> list[Figure]:
    """Return the seconds of each step of the drill.

    Raises:
        RuntimeError: the cluster is not up, or a request failed during the drill.
    """
    drill = cost_of([sys.executable, "-m", "drill", "--json"], {}, ROOT)
    idle, *steps = map(json.loads, drill.printed.splitlines())
    return [_figure(step, float(idle["seconds"])) for step in steps]


def _figure(step: dict[str, float | str], idle: float) -> Figure:
    name, seconds = str(step["drill"]), float(step["seconds"])
    return Figure(
        name=f"{name.replace('-', '_')}_s",
        value=round(seconds, 1),
        means=f"seconds of the drill {name} on three real nodes, under load",
        detail={
            "beyond_an_idle_up_s": round(seconds - idle, 1),
            "idle_up_s": round(idle, 1),
            "requests": float(step["requests"]),
            "failed": float(step["failed"]),
        },
    )
