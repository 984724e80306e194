"""`python -m bench [--json] [--ssh N …]`: figures for people, or one JSON line each for machines."""

import argparse
import signal
import sys
from typing import Any

from bench import every
from bench.figures import as_lines, as_table
from toolchain import console

ENDS = (signal.SIGTERM, signal.SIGINT)


def main() -> int:
    """Measure everything, or what is asked for, and print it."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON line a figure on standard output")
    parser.add_argument(
        "--ssh", metavar="N", type=int, nargs="+", help="measure by SSH alone, with so many machines, such as 300"
    )
    options = parser.parse_args()
    for number in ENDS:
        signal.signal(number, _end)
    with console.stdout_for_data(wanted=options.json):
        figures = every.over_ssh_of(options.ssh) if options.ssh else every.measure()
        if not options.json:
            console.show(as_table(figures))
    if options.json:
        sys.stdout.write(f"{as_lines(figures)}\n")
    return 0


def _end(number: int, frame: Any) -> None:
    """Leave as after an error, once, so that whatever runs is ended and every file removed."""
    for each in ENDS:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


sys.exit(main())
