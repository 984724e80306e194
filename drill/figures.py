"""How the figures of a drill are shown."""

import json
from collections.abc import Iterable

from rich import box
from rich.table import Table

from drill.rehearsal import Figures

COLUMNS = {
    "requests": "requests",
    "failed": "failed",
    "asked_again": "asked again",
    "fewest_nodes": "fewest nodes",
    "restarts": "restarts",
    "pairs": "pairs accepted",
    "pairs_refused": "refused",
    "seconds": "seconds",
}
"""What a person reads, by the names for machines."""


def as_lines(figures: Iterable[Figures]) -> str:
    """Return one JSON line a step."""
    return "\n".join(json.dumps(one.as_data()) for one in figures)


def as_table(figures: Iterable[Figures]) -> Table:
    """Return the figures as a table for people."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False)
    table.add_column("drill")
    for heading in COLUMNS.values():
        table.add_column(heading, justify="right")
    for one in figures:
        data = one.as_data()
        table.add_row(one.drill, *(f"{data[name]:g}" if name == "seconds" else str(data[name]) for name in COLUMNS))
    return table
