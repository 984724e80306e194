"""What a refresh found, out of the engine's events: a table for people, and the same as data."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from pydantic import ValidationError
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from components.drift import Drift, DriftKind
from stacks.plan_rows import Seen

CLUSTER = "(cluster)"
SAID_ALREADY = {
    "NodeDoesNotAnswer": frozenset({DriftKind.NOT_RUNNING}),
    "OtherLeafServed": frozenset({DriftKind.SERVED_DIFFERS}),
}
"""Findings of the verification that another finding on the same node says better, by their reason."""


def drift_in(seen: Iterable[Seen]) -> tuple[Drift, ...]:
    """Return everything that differs, each once: node by node, the cluster last, what was not looked at behind.

    It is read from the outputs and not from what the engine calls an update: a second refresh changes no output, and
    has to tell the same drift.
    """
    ours = [resource for resource in seen if resource.token.startswith("essecurity:")]
    every = [one for resource in ours for recorded in resource.outputs.get("drift") or () if (one := _read(recorded))]
    once = {(one.node, one.layer, one.what, one.kind, one.found): one for one in reversed(every)}
    kinds = {(one.node, one.kind) for one in every}
    told = [one for one in once.values() if not any((one.node, k) in kinds for k in SAID_ALREADY.get(one.what, ()))]
    return tuple(sorted(told, key=lambda one: (not_known(one), not one.node, one.node, one.layer, one.what, one.kind)))


def _read(recorded: Any) -> Drift | None:
    """Return a finding; None for one that another version recorded, in a form that this one does not know."""
    try:
        return Drift.model_validate(recorded)
    except ValidationError:
        return None


def not_known(one: Drift) -> bool:
    """Tell whether this is no drift, but something that could not be looked at."""
    return one.kind is DriftKind.NOT_LOOKED_AT


def nodes_away(found: Iterable[Drift]) -> tuple[str, ...]:
    """Return who could not be looked at."""
    return tuple(dict.fromkeys(one.node or CLUSTER for one in found if not_known(one)))


def drift_view(found: Sequence[Drift], title: str) -> RenderableType:
    """Return a refresh as a person reads it."""
    differing = [one for one in found if not not_known(one)]
    away = [one for one in found if not_known(one)]
    if not found:
        return Text(f"{title} · no drift", style="bold")
    count = f"{len(differing)} finding{'s' if len(differing) > 1 else ''}"
    told = f"drift, {count}" if differing else "no drift where it was looked"
    parts: list[RenderableType] = [Text(f"{title} · {told}", style="bold")]
    if differing:
        parts += [Text(""), _table(differing), Text("\n`preview` says what `up` would do about it")]
    if away:
        parts.append(Text("\nnot looked at", style="bold"))
    for one in away:
        parts += [Text(f"  {one.node or CLUSTER} · {one.what}: {one.found}"), Text(f"    next: {one.next}")]
    return Group(*parts)


def drift_data(found: Sequence[Drift]) -> list[dict[str, Any]]:
    """Return a refresh as JSON data."""
    return [one.model_dump(mode="json") for one in found]


def _table(found: Sequence[Drift]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("node", no_wrap=True)
    table.add_column("what", overflow="fold")
    table.add_column("recorded → found", overflow="fold")
    table.add_column("next", no_wrap=True)
    for node, rows in groupby(found, key=lambda one: one.node):
        for number, one in enumerate(rows):
            name = "" if number else node or CLUSTER
            table.add_row(name, Text(one.place), Text(f"{one.recorded} → {one.found}"), Text(one.next))
    return table
