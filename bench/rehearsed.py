"""How long renewal and rotation take on three real nodes, beside an `up` in the same run that has nothing to do.

`make drill` does the work, under load, on the development cluster. What else rotates the CA of a running cluster (an
operator for Kubernetes, roles for hosts with systemd) cannot run beside it on one machine without either.
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
    idle = cost_of([sys.executable, "-m", "stacks", "up", "local", "--json"], {}, ROOT)
    drill = cost_of([sys.executable, "-m", "drill", "--json"], {}, ROOT)
    return [_figure(json.loads(line), idle.wall) for line in drill.printed.splitlines()]


def _figure(step: dict[str, float | str], idle: float) -> Figure:
    name, seconds = str(step["drill"]), float(step["seconds"])
    return Figure(
        name=f"{name.replace('-', '_')}_s",
        value=round(seconds, 1),
        means=f"seconds of the drill {name} on three real nodes, under load",
        detail={
            "times_an_idle_up": round(seconds / idle, 1),
            "idle_up_s": round(idle, 1),
            "requests": float(step["requests"]),
            "failed": float(step["failed"]),
        },
    )
