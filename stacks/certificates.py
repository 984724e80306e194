"""Every certificate with its expiry date: a table, or a line for each where there is no room for one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

HEADINGS = ("certificate", "layer", "issuer", "serial", "expires", "days left")
NO_LIMIT = 10_000
"""Columns in which any table has room."""


@dataclass(frozen=True, slots=True)
class CertificatesView:
    """What is printed of certificates: a row of texts for each, under `HEADINGS`."""

    rows: Sequence[tuple[str, ...]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Print the table, whose cells are never cut, or the lines."""
        table = self._table()
        if Measurement.get(console, options.update(max_width=NO_LIMIT), table).maximum <= options.max_width:
            yield table
        else:
            yield from self._lines()

    def _table(self) -> Table:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False)
        for heading in HEADINGS:
            table.add_column(heading, justify="right" if heading == HEADINGS[-1] else "left", no_wrap=True)
        for row in self.rows:
            table.add_row(*row)
        return table

    def _lines(self) -> Iterator[Text]:
        for name, layer, issuer, serial, expires, left in self.rows:
            parts = [name, layer, issuer, serial, f"expires {expires}", f"{left} days left"]
            yield Text(" · ".join(filter(None, parts)), overflow="fold")


def certificates_view(outputs: Mapping[str, Any], now: datetime) -> CertificatesView:
    """Return what to print of every certificate among a stack's outputs."""
    return CertificatesView([_row(entry, now) for entry in outputs.get("certificates") or ()])


def _row(entry: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    ends = datetime.fromisoformat(entry["notAfter"])
    return (
        entry["name"],
        entry["layer"],
        f"g{entry['issuerGeneration']:.0f}",
        f"{entry['serial'][:8]}…" if entry.get("serial") else "",
        f"{ends:%Y-%m-%d}",
        str((ends - now.astimezone(UTC)).days),
    )
