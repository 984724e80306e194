"""Stack files for the program: how many nodes, which scenario, and whether they run."""

import json
from functools import cache
from typing import Any

from tests.program.running import Run, run

BASIC, HTTPS = "basic", "basic-https"
KIBANA = [
    {"name": f"kibana-{number}", "address": f"10.0.1.{number}", "home": f"/opt/kibana-{number}"} for number in (1, 2)
]


def stack_file(scenario: str, count: int, *, running: bool = True, **sections: Any) -> dict[str, Any]:
    """Return the sections of a stack file."""
    return {
        "cluster": {"name": "logs", "scenario": scenario, "running": running},
        "machine": {"home": "/opt/elasticsearch", "config": "/etc/elasticsearch/{name}"},
        "nodes": [{"name": f"es-{number}", "address": f"10.0.0.{number}"} for number in range(1, count + 1)],
        **sections,
    }


def program(scenario: str, count: int, *, running: bool = True, **sections: Any) -> Run:
    """Run the program with such a stack file; equal ones only once, since a run is not changed by looking at it."""
    return _program(json.dumps(stack_file(scenario, count, running=running, **sections)))


def minimal(*, running: bool = True, **sections: Any) -> Run:
    """Run the program for one node on its own machine, with scenario minimal."""
    return program("minimal", 0, running=running, nodes=[{"name": "es-1", "address": "127.0.0.1"}], **sections)


@cache
def _program(sections: str) -> Run:
    return run(json.loads(sections))
