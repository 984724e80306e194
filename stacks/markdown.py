"""A plan as a comment on a pull request: the same plan as in the terminal, in the Markdown of GitHub and GitLab."""

from collections.abc import Iterable, Iterator, Sequence

from components.clients.running import RESTART_KIBANA
from components.rollout.preflight import Sign
from components.users.handler import LOG_IN
from stacks.folded_rows import PROOF, folded_rows
from stacks.hook_rows import WHAT as HOOKS
from stacks.markdown_text import block, code, fitting, size, words
from stacks.names_words import TITLE as NAMES
from stacks.names_words import names_words
from stacks.plan import Plan, Restart
from stacks.plan_rows import Row
from stacks.plan_words import names_of, next_due_of, nothing_of, words_of
from stacks.warning_words import folded_warnings

LIMIT = 65_000
"""Bytes of a whole comment. GitHub takes 65,536 characters, and GitLab more."""
SHARE = 4_000
"""Bytes of each list beside the table, which gets all the rest: at least a seventh of the whole."""
NO_CHANGE = frozenset({PROOF, "verification", "Kibana", *HOOKS.values()})
"""Kinds of rows that change nothing by themselves."""
MANY_ROWS, MANY_STEPS = 25, 5
"""What is longer is folded away."""
ROOM_AROUND_A_TABLE = 300
"""Bytes for its heading and for the marks that fold it away."""
COLUMNS = ("| what | nodes | change | takes effect |", "|---|---|---|---|")


def plan_markdown(plan: Plan, title: str) -> str:
    """Return a plan as Markdown, shorter than a comment may be; secrets are masked in a plan already.

    Args:
        plan: the plan.
        title: the cluster with its stack, such as `logs (prod) · basic-https`.
    """
    folded = folded_rows(plan.rows)
    rows, proofs = ([row for row in folded if (row.what == PROOF) is proof] for proof in (False, True))
    above = [f"## {words(title)}", "", _in_short(plan, rows)]
    above += [] if plan.is_empty else _list(plan.notes, "reasons")
    above += _list((f"! {warning}" for warning in folded_warnings(plan.warnings)), "warnings", bold=True)
    below = _names(plan) + (_restart(plan.restart, plan.rows) if plan.restart is not None else [])
    below += _section("Proofs", [row.change for row in proofs], "proofs")
    for held in plan.held:
        first, *others = held.lines()
        below += _section(f"Held: {first}", others, "lines")
    below += _gates(plan)
    if plan.next_due is not None and not plan.is_empty:
        below += ["", words(next_due_of(plan, "Next due: "))]
    return _text([*above, *_table(rows, LIMIT - size(above) - size(below)), *below])


def failure_markdown(environment: str, errors: Sequence[str]) -> str:
    """Return the errors of a preview that failed as Markdown, shorter than a comment may be.

    Args:
        environment: the stack's name.
        errors: each error as it is printed.
    """
    lines = [line for error in errors for line in (*block(error), "")]
    if size(lines) > LIMIT - SHARE:  # one block, since half of one would have no end
        kept = "\n\n".join(errors).encode()[: (LIMIT - SHARE) // 6].decode(errors="ignore")
        lines = [*block(kept), "", "*The rest is left out here; the log of the run has all of it.*"]
    return _text([f"## {words(environment)}: the preview failed", "", "**Nothing was changed.**", "", *lines])


def _in_short(plan: Plan, rows: Sequence[Row]) -> str:
    if plan.is_empty:
        nothing = nothing_of(plan)
        return f"**{words(nothing[:1].upper() + nothing[1:])}.** {words(next_due_of(plan, 'Next due: '))}".rstrip()
    count = sum(map(_changes_something, rows))
    changes = f"{count} change{'' if count == 1 else 's'}" if count else "nothing changes"
    return f"**{changes[:1].upper()}{changes[1:]} · {words(_what_restarts(plan))}**"


def _what_restarts(plan: Plan) -> str:
    kibana = any(row.change.startswith(RESTART_KIBANA) for row in plan.rows)
    if plan.restart is None:
        return "Kibana restarts" if kibana else "nothing restarts"
    return f"{words_of(plan.restart, plan.rows).title}{', and Kibana' if kibana else ''}"


def _changes_something(row: Row) -> bool:
    """Tell a change from a row that looks only, or that is counted by its own name: a restart, a hook."""
    return row.what not in NO_CHANGE and not row.change.startswith(LOG_IN)


def _table(rows: Sequence[Row], room: int) -> list[str]:
    if not rows:
        return []
    lines = [f"| {' | '.join(_cells(row))} |" for row in rows]
    kept = fitting(lines, room - ROOM_AROUND_A_TABLE, "rows")
    return _folded(lines, [*COLUMNS, *kept], MANY_ROWS, "rows")


def _folded(whole: Sequence[str], shown: Sequence[str], many: int, what: str) -> list[str]:
    """Return what is shown of many lines, folded away where they are too many to be read by everybody."""
    if len(whole) <= many:
        return ["", *shown]
    return ["", f"<details><summary>{len(whole)} {what}</summary>", "", *shown, "", "</details>"]


def _cells(row: Row) -> tuple[str, ...]:
    return words(row.what), words(names_of(row.nodes)), code(row.change), words(row.effect)


def _restart(restart: Restart, rows: Sequence[Row]) -> list[str]:
    told = words_of(restart, rows)
    lines = [
        "",
        f"### {words(told.title.capitalize())}",
        *_list((f"because {reason}" for reason in told.reasons), "reasons"),
    ]
    lines += [line for step in told.first for line in ("", words(f"first: {step}"))]
    if told.order:
        lines += ["", words(f"one node after the other: {', '.join(told.order)}; for each of them")]
    steps = [f"{number}. {words(step)}" for number, step in enumerate(told.steps, 1)]
    steps = _folded(steps, fitting(steps, SHARE, "steps"), MANY_STEPS, "steps")
    return [*lines, *steps]


def _section(title: str, lines: Sequence[str], what: str) -> list[str]:
    return ["", f"### {words(title)}", *_list(lines, what)] if lines else []


def _names(plan: Plan) -> list[str]:
    """Return what new leaves will name, where that is news."""
    told = names_words(plan.names)
    lines = [f"{whose}: `{names}`" for whose, names in told.lines] + [told.left_out] * bool(told.left_out)
    return _section(f"{NAMES.capitalize()}{f' · {told.meant}' if told.meant else ''}", lines, "lines")


def _gates(plan: Plan) -> list[str]:
    """Return how the preflight found the cluster: what is to be minded in bold, what is well where there is a plan."""
    minded = [gate for gate in plan.gates if not gate.startswith(Sign.OPEN)]
    well = [] if plan.is_empty else [gate for gate in plan.gates if gate.startswith(Sign.OPEN)]
    if not minded and not well:
        return []
    return ["", "### Gates now", *_list(minded, "gates", bold=True), *_list(well, "gates")]


def _list(texts: Iterable[str], what: str, *, bold: bool = False) -> list[str]:
    mark = "**" if bold else ""
    lines = [f"- {mark}{words(text)}{mark}" for text in texts]
    return ["", *fitting(lines, SHARE, what)] if lines else []


def _text(lines: Iterable[str]) -> str:
    return "\n".join(_without_doubles(lines)).strip() + "\n"


def _without_doubles(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines, with one empty line where there are several."""
    before = ""
    for line in lines:
        if line or before:
            yield line
        before = line
