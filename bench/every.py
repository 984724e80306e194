"""Every measurement, one after the other."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import ansible, hosts, issuing, noop, over_ssh, rehearsed, rotation_plan
from bench.figures import Figure
from toolchain import console

NODES = (3, 30, 100)
ROTATED = (3, 20, 100)
BY_SSH = (10, 30, 100)


def measure() -> list[Figure]:
    """Measure one figure after the other, saying so."""
    figures = []
    with console.task("issue one CA and 200 leaves") as task:
        figures.append(issuing.measure())
        task.done(f"{figures[-1].value} s")
    with tempfile.TemporaryDirectory(prefix="essecurity-bench-") as folder:
        for nodes in NODES:
            with console.task(f"a no-op `up` of {nodes} nodes, beside an empty program") as task:
                figures.append(noop.measure(Path(folder), nodes))
                task.done(f"{figures[-1].value} times the floor")
        for nodes in ROTATED:
            with console.task(f"the plan of a new CA for {nodes} nodes") as task:
                figures.append(rotation_plan.measure(Path(folder), nodes))
                task.done(f"{figures[-1].value:g} lines")
            with console.task(f"the same by a peer, Ansible with community.crypto, {nodes} nodes") as task:
                figures.append(ansible.measure(Path(folder), nodes))
                task.done(f"{figures[-1].value:g} lines")
    figures += over_ssh_if_possible()
    with console.task("renewal and rotation on three real nodes") as task:
        figures += rehearsed.measure()
        task.done("no request failed")
    return figures


def over_ssh_if_possible() -> list[Figure]:
    """Measure many machines by SSH, or say why not."""
    missing = hosts.missing()
    if not missing:
        return over_ssh_of(BY_SSH)
    console.say(f"! nothing is measured by SSH: {missing}")
    return []


def over_ssh_of(numbers: Sequence[int]) -> list[Figure]:
    """Measure so many machines by SSH."""
    figures = []
    for number in numbers:
        with (
            console.task(f"{number} machines by SSH, beside an empty program") as task,
            tempfile.TemporaryDirectory(prefix="essecurity-bench-") as folder,
        ):
            figures += over_ssh.measure(Path(folder), number)
            task.done(", ".join(f"{one.name} {one.value:g}" for one in figures[-4:]))
    return figures
