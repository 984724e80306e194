"""Rows as people read them: one where those of many nodes differ in days alone. Data has each of them."""

import re
from collections.abc import Sequence
from dataclasses import replace

from stacks.plan import by_number
from stacks.plan_rows import Row
from stacks.plan_words import MANY, counted

DAYS = re.compile(r"\d{4}-\d\d-\d\d|\b\d+(?= days\b)")
"""A date, or how many days it is until then."""
DATED = frozenset({"leaf", "key file", "transport leaf", "HTTP leaf"})
"""Rows that say until when a node's leaf is good."""
PROOF = "proof"


def folded_rows(rows: Sequence[Row], few: int = MANY) -> tuple[Row, ...]:
    """Return rows of which more than a few of a kind are joined where the first of them stands.

    Leaves of many nodes end on many days, since nodes came one by one: a line for each would say the same each time.
    In a proof many nodes are counted.
    """
    alike: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        shape = DAYS.sub("", row.change) if row.what in DATED else row.change
        alike.setdefault((row.what, row.effect, shape), []).append(row)
    joined = {id(group[0]): _joined(group) for group in alike.values() if len(group) > few}
    gone = {id(row) for group in alike.values() if id(group[0]) in joined for row in group[1:]}
    kept = (joined.get(id(row), row) for row in rows if id(row) not in gone)
    return tuple(replace(row, change=counted(row.change)) if row.what == PROOF else row for row in kept)


def _joined(rows: Sequence[Row]) -> Row:
    """Return one row for all nodes, with the first and the last of the days."""
    nodes = sorted({node for row in rows for node in row.nodes}, key=by_number)
    spans = iter([_span(days) for days in zip(*(DAYS.findall(row.change) for row in rows), strict=True)])
    return replace(rows[0], nodes=tuple(nodes), change=DAYS.sub(lambda _: next(spans), rows[0].change))


def _span(days: Sequence[str]) -> str:
    first, *_, last = sorted(days, key=by_number)
    return first if first == last else f"{first} … {last}"
