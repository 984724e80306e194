"""What people read: a plan, a summary, outputs. Tables are calm; values that are secret never get here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import groupby, takewhile
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from components.rollout.preflight import Sign
from stacks.certificates import certificates_view
from stacks.folded_rows import folded_rows
from stacks.names_words import TITLE as NAMES
from stacks.names_words import names_words
from stacks.plan import Plan, Restart
from stacks.plan_rows import Row
from stacks.plan_words import names_of, next_due_of, nothing_of, words_of
from stacks.times import Times
from stacks.warning_words import folded_warnings
from toolchain.console import readable_time

LEAVES = frozenset({"authority", "leaf"})
"""The rows of a plan that are about certificates; they are its first ones."""


def plan_view(plan: Plan, title: str) -> RenderableType:
    """Return a plan as a person reads it: reasons first, then each kind of change, then the restart with its order."""
    minded = [Text(f"  ! {warning}") for warning in folded_warnings(plan.warnings)]
    if plan.is_empty:
        head = Text.assemble((f"{title} · {nothing_of(plan)}", "bold"), next_due_of(plan, " · next due: "))
        gates = (Text(f"  {gate}") for gate in plan.gates if not gate.startswith(Sign.OPEN))
        return Group(head, *minded, *gates, *_held(plan))
    notes = [Text(f"  {note}") for note in plan.notes]
    rows = folded_rows(plan.rows)
    upper = tuple(takewhile(lambda row: row.what in LEAVES, rows))  # below which it says what they will name
    parts: list[RenderableType] = [Text(title, style="bold"), *notes, *minded]
    parts += [*_rows(upper), *_names(plan), *_rows(rows[len(upper) :])]
    if plan.restart is not None:
        parts.append(_restart(plan.restart, plan.rows))
    parts += _held(plan)
    if plan.gates:
        parts += [Text("\ngates now", style="bold"), *(Text(f"  {gate}") for gate in plan.gates)]
    if plan.next_due is not None:
        parts.append(Text(next_due_of(plan, "\nnext due: ")))
    return Group(*parts)


def plan_data(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON data."""
    data = asdict(plan)
    if plan.next_due is not None:
        data["next_due"] = {"name": plan.next_due.name, "opens": plan.next_due.opens.isoformat()}
    return data


def summary_view(
    title: str, outputs: Mapping[str, Any], times: Times, hints: Sequence[tuple[str, str]], now: datetime
) -> RenderableType:
    """Return what a run leaves behind: where the cluster is, how to log in, every certificate, how long it took."""
    facts = _columns()
    if "scenario" in outputs:
        facts.add_row("scenario", str(outputs["scenario"]))
        facts.add_row("HTTP layer", "  ".join(outputs.get("httpUrls") or ()))
        facts.add_row("transport layer", "  ".join(outputs.get("transportAddresses") or ()))
    if outputs.get("unencryptedChannels"):
        facts.add_row("not encrypted", ", ".join(outputs["unencryptedChannels"]))
    parts: list[RenderableType] = [Text(title, style="bold"), facts, Text("")]
    for name, value in hints:  # a line of its own each, so that it can be copied
        parts += [Text(f"{name}:", style="dim"), Text(f"  {value}", no_wrap=True, overflow="ignore")]
    if outputs.get("certificates"):
        parts += [Text(""), certificates_view(outputs, now)]
    if times.phases:
        steps = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        steps.add_column(justify="right", no_wrap=True)
        steps.add_column(overflow="fold")
        for name, seconds in times.lines():
            steps.add_row(readable_time(seconds), Text(name))
        total = f": {readable_time(times.total)} in all, {times.remark}"
        parts += [Text.assemble("\n", ("how long it took", "bold"), total), steps]
    return Group(*parts)


def outputs_view(outputs: Mapping[str, Any], now: datetime) -> RenderableType:
    """Return stack outputs, masked ones as they come; what is long is named by the command that prints it alone."""
    table = _columns()
    for name, value in sorted(outputs.items()):
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            table.add_row(name, "  ".join(value))
        elif isinstance(value, str):
            lines = value.strip().splitlines()
            table.add_row(name, Text(lines[0] if len(lines) == 1 else f"{lines[0]} … ({len(lines)} lines)"))
        elif isinstance(value, Mapping):
            table.add_row(name, "  ".join(value))
    certificates: list[RenderableType] = []
    if outputs.get("certificates"):
        certificates = [Text(""), certificates_view(outputs, now)]
    return Group(table, *certificates)


def write_file_for_people(folder: Path | None, name: str, text: str) -> Path | None:
    """Write something public next to the stack, where there is a place for it; return where."""
    if folder is None:
        return None
    path = folder / name
    path.write_text(text)
    return path


def _names(plan: Plan) -> Iterator[RenderableType]:
    """Yield what new leaves will name, where that is news."""
    words = names_words(plan.names)
    if not words.lines:
        return
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for line in words.lines:
        table.add_row(*map(Text, line))
    yield Text.assemble("\n", (NAMES, "bold"), f" · {words.meant}" if words.meant else "")
    yield Padding(table, (0, 0, 0, 2), expand=False)
    if words.left_out:
        yield Text(f"  {words.left_out}")


def _rows(rows: Sequence[Row]) -> Iterator[RenderableType]:
    """Yield a heading for each kind of change with its nodes and how it takes effect, and the changes below it."""
    for (what, nodes, effect), equal in groupby(rows, key=lambda row: (row.what, row.nodes, row.effect)):
        details = " · ".join(part for part in (names_of(nodes), effect) if part)
        yield Text.assemble("\n", (what, "bold"), f" · {details}" if details else "")
        for row in equal:
            yield Padding(Text(row.change, overflow="fold"), (0, 0, 0, 2), expand=False)


def _held(plan: Plan) -> Iterator[RenderableType]:
    """Yield each rotation that waits, with what is next."""
    for held in plan.held:
        first, *others = held.lines()
        yield Text.assemble("\n", ("held", "bold"), f" · {first}")
        yield from (Padding(Text(line, overflow="fold"), (0, 0, 0, 2), expand=False) for line in others)


def _restart(restart: Restart, rows: Sequence[Row]) -> RenderableType:
    words = words_of(restart, rows)
    steps = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    steps.add_column(justify="right", no_wrap=True)
    steps.add_column(overflow="fold")
    for number, step in enumerate(words.steps, 1):
        steps.add_row(f"{number}.", Text(step))
    because = [Text(f"  because {reason}") for reason in words.reasons]
    because += [Text(f"  first: {step}") for step in words.first]
    if words.order:
        because.append(Text(f"  one node after the other: {', '.join(words.order)}; for each of them"))
    title = Text(f"\n{words.title}", style="bold")
    return Group(title, *because, Padding(steps, (0, 0, 0, 2), expand=False))


def _columns() -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    return table
