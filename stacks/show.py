"""What people read: a plan, a summary, outputs. Tables are calm; values that are secret never get here."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from components.rollout.preflight import Sign
from components.rollout.procedure import RESTARTING, Procedure
from stacks.certificates import certificates_view
from stacks.plan import Plan, Restart
from stacks.plan_rows import Row

START = "start "
KEYSTORE_ENTRY = "+ keystore entry "
"""How a restart's reason begins that the plan lists as `+ name` under `keystore`."""
LEAST_TO_FOLD = 2
MANY = 4
"""From this many nodes on their number is shown instead of their names."""


def plan_view(plan: Plan, title: str) -> RenderableType:
    """Return a plan as a person reads it: reasons first, then each kind of change, then the restart with its order."""
    minded = [Text(f"  ! {warning}") for warning in plan.warnings]
    if plan.is_empty:
        head = Text.assemble((f"{title} · nothing to do", "bold"), _next_due(plan, " · next due: "))
        gates = (Text(f"  {gate}") for gate in plan.gates if not gate.startswith(Sign.OPEN))
        return Group(head, *minded, *gates, *_held(plan))
    notes = [Text(f"  {note}") for note in plan.notes]
    parts: list[RenderableType] = [Text(title, style="bold"), *notes, *minded, *_rows(plan)]
    if plan.restart is not None:
        parts.append(_restart(plan.restart, plan.rows))
    parts += _held(plan)
    if plan.gates:
        parts += [Text("\ngates now", style="bold"), *(Text(f"  {gate}") for gate in plan.gates)]
    if plan.next_due is not None:
        parts.append(Text(_next_due(plan, "\nnext due: ")))
    return Group(*parts)


def plan_data(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON data."""
    data = asdict(plan)
    if plan.next_due is not None:
        data["next_due"] = {"name": plan.next_due.name, "opens": plan.next_due.opens.isoformat()}
    return data


def summary_view(
    title: str, outputs: Mapping[str, Any], times: Mapping[str, float], hints: Sequence[tuple[str, str]], now: datetime
) -> RenderableType:
    """Return what a run leaves behind: where the cluster is, how to log in, every certificate, how long it took."""
    facts = _columns()
    facts.add_row("scenario", str(outputs.get("scenario", "")))
    facts.add_row("HTTP layer", "  ".join(outputs.get("httpUrls") or ()))
    facts.add_row("transport layer", "  ".join(outputs.get("transportAddresses") or ()))
    if outputs.get("unencryptedChannels"):
        facts.add_row("not encrypted", ", ".join(outputs["unencryptedChannels"]))
    parts: list[RenderableType] = [Text(title, style="bold"), facts, Text("")]
    for name, value in hints:  # a line of its own each, so that it can be copied
        parts += [Text(f"{name}:", style="dim"), Text(f"  {value}", no_wrap=True, overflow="ignore")]
    parts += [Text(""), certificates_view(outputs, now)]
    if times:
        steps = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        steps.add_column(justify="right", no_wrap=True)
        steps.add_column(overflow="fold")
        for name, seconds in times.items():
            steps.add_row(f"{seconds:.1f} s", Text(name))
        parts += [Text("\nhow long it took", style="bold"), steps]
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
    return Group(table, Text(""), certificates_view(outputs, now))


def write_file_for_people(folder: Path | None, name: str, text: str) -> Path | None:
    """Write something public next to the stack, where there is a place for it; return where."""
    if folder is None:
        return None
    path = folder / name
    path.write_text(text)
    return path


def _rows(plan: Plan) -> Iterator[RenderableType]:
    """Yield a heading for each kind of change with its nodes and how it takes effect, and the changes below it."""
    for (what, nodes, effect), rows in groupby(plan.rows, key=lambda row: (row.what, row.nodes, row.effect)):
        details = " · ".join(part for part in (_names(nodes), effect) if part)
        yield Text.assemble("\n", (what, "bold"), f" · {details}" if details else "")
        for row in rows:
            yield Padding(Text(row.change, overflow="fold"), (0, 0, 0, 2), expand=False)


def _held(plan: Plan) -> Iterator[RenderableType]:
    """Yield each rotation that waits, with what is next."""
    for held in plan.held:
        first, *others = held.lines()
        yield Text.assemble("\n", ("held", "bold"), f" · {first}")
        yield from (Padding(Text(line, overflow="fold"), (0, 0, 0, 2), expand=False) for line in others)


def _names(nodes: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(nodes))
    return f"{len(distinct)} nodes" if len(distinct) > MANY else " ".join(distinct)


def _restart(restart: Restart, rows: Sequence[Row]) -> RenderableType:
    full_stop = restart.procedure == Procedure.FULL_STOP
    last = f" (the last one took {restart.last_seconds:.0f} s)" if full_stop and restart.last_seconds else ""
    order, told = folded(restart.steps) if restart.procedure == Procedure.ROLLING else ((), restart.steps)
    steps = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    steps.add_column(justify="right", no_wrap=True)
    steps.add_column(overflow="fold")
    for number, step in enumerate(told, 1):
        steps.add_row(f"{number}.", Text(step))
    because = [Text(f"  because {reason}") for reason in _reasons(restart, rows)]
    if order:
        because.append(Text(f"  one node after the other: {', '.join(order)}; for each of them"))
    begun = any(step.startswith(("stop ", START)) for step in restart.steps) or restart.procedure not in RESTARTING
    title = Text(f"\n{'' if begun else 'finish the '}{restart.procedure}{last}", style="bold")
    return Group(title, *because, Padding(steps, (0, 0, 0, 2), expand=False))


def folded(steps: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the nodes of a rolling restart in their order, and the steps for one of them, where all get the same.

    Where one of them needs other steps, such as the rest of a killed run, return no nodes, and all steps.
    """
    order = tuple(step.removeprefix(START) for step in steps if step.startswith(START))
    if len(order) < LEAST_TO_FOLD or len(steps) % len(order):
        return (), tuple(steps)
    length = len(steps) // len(order)
    blocks = [
        tuple(re.sub(rf"(?<=[ ,]){re.escape(name)}$", "the node", step) for step in steps[at : at + length])
        for name, at in zip(order, range(0, len(steps), length), strict=True)
    ]
    return (order, blocks[0]) if len(set(blocks)) == 1 else ((), tuple(steps))


def _reasons(restart: Restart, rows: Sequence[Row]) -> list[str]:
    """Return the reasons without the changes that stand above already, equal ones of several nodes joined."""
    above = [row.change.replace("+ ", KEYSTORE_ENTRY) if row.what == "keystore" else row.change for row in rows]
    told: dict[str, list[str]] = {}
    for reason in restart.reasons:
        node, _, text = reason.partition(": ")
        told.setdefault("its configuration changes (above)" if _is_above(text, above) else text, []).append(node)
    return [f"{text} on {_names(nodes)}" for text, nodes in told.items()]


def _is_above(text: str, above: Sequence[str]) -> bool:
    """Tell whether a text holds nothing but changes that stand above."""
    for change in sorted(above, key=len, reverse=True):
        text = text.replace(change, "")
    return not text.strip(", ")


def _next_due(plan: Plan, lead: str) -> str:
    return f"{lead}{plan.next_due.name}, from {plan.next_due.opens:%Y-%m-%d}" if plan.next_due else ""


def _columns() -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    return table
