"""`python -m drill [--json] [--kill]`: renewal and rotation on the development cluster, under load, as a rehearsal.

Exit status: 0 when nobody noticed anything, 1 when somebody did, or something failed.
"""

import argparse
import sys

from components.errors import SecurityError
from drill.development import Drill
from drill.figures import as_lines, as_table, as_table_of_crashes
from stacks.drilled import FILE
from stacks.workspace import DEV
from toolchain import console

INTERRUPTED = 130
"""The exit status that a shell gives to what Ctrl-C ended."""


def main() -> int:
    """Rehearse everything, print what was seen, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m drill", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print nothing but JSON lines on standard output")
    parser.add_argument("--kill", action="store_true", help="kill a node at each point of a rotation, too")
    options = parser.parse_args()
    with console.stdout_for_data(wanted=options.json):
        try:
            return _run(kill=options.kill)
        except SecurityError as error:
            console.problem(error)
        except KeyboardInterrupt:
            console.say("interrupted; `make up` finishes what was begun")
            return INTERRUPTED
    return 1


def _run(*, kill: bool) -> int:
    drill = Drill()
    seen = drill.rehearse_all(kill=kill)
    figures = [one.figures for one in seen]
    console.show(as_table(figures))
    if crashes := as_table_of_crashes(figures):
        console.show(crashes)
    sys.stdout.write(f"{as_lines(figures)}\n")
    sys.stdout.flush()
    for reason in dict.fromkeys(reason for one in seen for reason in one.reasons()):
        console.failure("", reason)
    generations = ", ".join(f"{layer} {number}" for layer, number in drill.generations().items())
    console.say(f"generations of the CAs now: {generations}; kept in {DEV}/{FILE}, the stack file is as it was")
    return 0 if all(one.is_calm(len(drill.load.nodes)) for one in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
