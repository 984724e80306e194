"""`python -m bench [--json]`: figures for people, or one JSON line each for machines."""

import argparse
import sys
import tempfile
from pathlib import Path

from bench import ansible, issuing, noop, rehearsed, rotation_plan
from bench.figures import Figure, as_lines, as_table
from toolchain import console

NODES = (3, 30, 100)
ROTATED = (3, 20, 100)


def main() -> int:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON line a figure on standard output")
    options = parser.parse_args()
    with console.stdout_for_data(wanted=options.json):
        figures = measure_all()
        if not options.json:
            console.show(as_table(figures))
    if options.json:
        sys.stdout.write(f"{as_lines(figures)}\n")
    return 0


def measure_all() -> list[Figure]:
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
    with console.task("renewal and rotation on three real nodes") as task:
        figures += rehearsed.measure()
        task.done("no request failed")
    return figures


sys.exit(main())
