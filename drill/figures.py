"""How the figures of a drill are shown."""

import json
from collections.abc import Iterable, Mapping

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
OF_CRASHES = {
    "points": "nodes killed",
    "slowest_return": "slowest return",
    "failed_though_up": "failed, though the node was up",
}
"""Likewise, where nodes were killed."""
SECONDS = frozenset({"seconds", "slowest_return"})
"""Those of them that are no whole numbers."""


def as_lines(figures: Iterable[Figures]) -> str:
    """Return one JSON line a step."""
    return "\n".join(json.dumps(one.as_data()) for one in figures)


def as_table(figures: Iterable[Figures]) -> Table:
    """Return the figures as a table for people."""
    return _table(figures, COLUMNS)


def as_table_of_crashes(figures: Iterable[Figures]) -> Table | None:
    """Return what is particular where nodes were killed; None where none was."""
    crashed = [one for one in figures if one.crashes is not None]
    return _table(crashed, OF_CRASHES) if crashed else None


def _table(figures: Iterable[Figures], columns: Mapping[str, str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False)
    table.add_column("drill")
    for heading in columns.values():
        table.add_column(heading, justify="right")
    for one in figures:
        data = one.as_data()
        table.add_row(one.drill, *(f"{data[name]:g}" if name in SECONDS else str(data[name]) for name in columns))
    return table
