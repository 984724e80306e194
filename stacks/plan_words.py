"""The words in which a plan is told, whatever it is shown as: a terminal's tables, or Markdown."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from components.rollout.procedure import RESTARTING, Procedure
from stacks.plan import OTHER_VALUE, Plan, Restart
from stacks.plan_rows import Row

START = "start "
TIDY_UP = "remove what was kept of "
ENTRY_ROW = re.compile(rf"(?:([+−] )|~ )([\w.]+)({OTHER_VALUE})?.*")
"""How a plan lists under `keystore` what a restart's reason calls `+ keystore entry name`."""
LEAST_TO_FOLD = 2
MANY = 4
"""Up to so many nodes are told by their names beside a change, and of more the number."""
FEW = 12
"""So many are told by their names in a sentence: in a warning, a step, a proof. `--json` has every one of more."""
LISTED = re.compile(rf"(?<= )(?:[^\s,]+, ){{{FEW},}}[^\s,]+")
"""More than a few names in a sentence."""


@dataclass(frozen=True, slots=True)
class RestartWords:
    """A restart in words.

    Attributes:
        title: what it is, such as `full stop (the last one took 26 s)`.
        reasons: why, without the changes that stand above it already.
        first: what is done before the first of them, where an earlier run left something.
        order: the nodes one after the other, where each of them gets the same steps; else none.
        steps: the steps, or those for one of the nodes in `order`.
    """

    title: str
    reasons: tuple[str, ...]
    first: tuple[str, ...]
    order: tuple[str, ...]
    steps: tuple[str, ...]


def words_of(restart: Restart, rows: Sequence[Row]) -> RestartWords:
    """Return a restart in words.

    Args:
        restart: the restart.
        rows: the plan's rows, which stand above it.
    """
    full_stop = restart.procedure == Procedure.FULL_STOP
    last = f" (the last one took {restart.last_seconds:.0f} s)" if full_stop and restart.last_seconds else ""
    rolling = restart.procedure == Procedure.ROLLING
    first, order, told = folded(restart.steps) if rolling else ((), (), restart.steps)
    begun = any(step.startswith(("stop ", START)) for step in restart.steps) or restart.procedure not in RESTARTING
    title = f"{'' if begun else 'finish the '}{restart.procedure}{last}"
    return RestartWords(
        title, tuple(_reasons(restart, rows)), tuple(map(counted, first)), order, tuple(map(counted, told))
    )


def names_of(nodes: Sequence[str], few: int = MANY) -> str:
    """Return a few nodes by their names, and more of them by their number."""
    distinct = list(dict.fromkeys(nodes))
    return f"{len(distinct)} nodes" if len(distinct) > few else " ".join(distinct)


def counted(sentence: str) -> str:
    """Return a sentence with a list of many nodes as their number."""
    return LISTED.sub(lambda found: f"{found[0].count(',') + 1} nodes", sentence)


def folded(whole: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return a rolling restart's tidying up, its nodes in their order, and the steps for one, where all get the same.

    Where one of them needs other steps, such as the rest of a killed run, return no nodes, and all steps.
    """
    first = tuple(step for step in whole[:1] if step.startswith(TIDY_UP))
    steps = whole[len(first) :]
    order = tuple(step.removeprefix(START) for step in steps if step.startswith(START))
    if len(order) < LEAST_TO_FOLD or len(steps) % len(order):
        return (), (), tuple(whole)
    length = len(steps) // len(order)
    blocks = [
        tuple(_of_the_node(step, name) for step in steps[at : at + length])
        for name, at in zip(order, range(0, len(steps), length), strict=True)
    ]
    return (first, order, blocks[0]) if len(set(blocks)) == 1 else ((), (), tuple(whole))


def _of_the_node(step: str, name: str) -> str:
    """Return a step with the node that it is about called so; where all nodes are named, they stay."""
    return re.sub(rf"(?<=[ ,]){re.escape(name)}(?=$| be stopped: )", "the node", step)


def _reasons(restart: Restart, rows: Sequence[Row]) -> list[str]:
    """Return the reasons without the changes that stand above already, equal ones of several nodes joined."""
    above = [
        ENTRY_ROW.sub(r"\1keystore entry \2\3", row.change) if row.what == "keystore" else row.change for row in rows
    ]
    told: dict[str, list[str]] = {}
    for reason in restart.reasons:
        node, of_a_node, text = reason.partition(": ")
        if not of_a_node:
            told[reason] = []
            continue
        told.setdefault("its configuration changes (above)" if _is_above(text, above) else text, []).append(node)
    return [f"{text} on {names_of(nodes)}" if nodes else text for text, nodes in told.items()]


def _is_above(text: str, above: Sequence[str]) -> bool:
    """Tell whether a text holds nothing but changes that stand above."""
    for change in sorted(above, key=len, reverse=True):
        text = text.replace(change, "")
    return not text.strip(", ")


def nothing_of(plan: Plan) -> str:
    """Return how an empty plan is called: who was not looked at may have something to do."""
    return f"nothing to do, except that nobody knows of {names_of(plan.unseen)}" if plan.unseen else "nothing to do"


def next_due_of(plan: Plan, lead: str) -> str:
    """Return which certificate is due next and when, after a lead; nothing where none is known."""
    return f"{lead}{plan.next_due.name}, from {plan.next_due.opens:%Y-%m-%d}" if plan.next_due else ""
