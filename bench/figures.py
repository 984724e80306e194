"""One measured figure, and how it is shown."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from rich import box
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Attributes:
        name: stable name, for machines.
        value: the figure.
        means: what it means, for people.
        detail: further numbers behind it, by name.
    """

    name: str
    value: float
    means: str
    detail: dict[str, float]


def as_lines(figures: Iterable[Figure]) -> str:
    """Return one JSON line a figure."""
    return "\n".join(json.dumps({"figure": one.name, "value": one.value, **one.detail}) for one in figures)


def as_table(figures: Iterable[Figure]) -> Table:
    """Return the figures as a table for people."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False)
    for heading, justify in (("figure", "left"), ("value", "right"), ("what it is", "left"), ("behind it", "left")):
        table.add_column(heading, justify="right" if justify == "right" else "left")
    for one in figures:
        behind = ", ".join(f"{name} {value:g}" for name, value in one.detail.items())
        table.add_row(one.name, f"{one.value:g}", one.means, behind)
    return table
