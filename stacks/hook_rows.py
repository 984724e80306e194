"""The operator's hooks in a plan: which ones run, and before or after what."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from components.hooks.spec import Moment
from stacks.plan_rows import Row, Seen

ANNOUNCEMENT = ":Announcement"
COMMAND = "command:local:Command"
TOUCH_NO_NODE = frozenset({"authority", "leaf", "password", "proof", "verification", "record"})
"""Kinds of rows that work in the state alone, or look only."""
WHAT = {Moment.BEFORE: "hook before", Moment.AFTER: "hook after"}
EFFECT = {
    Moment.BEFORE: "before anything changes on a node",
    Moment.AFTER: "once everything is done",
}
STANDS = frozenset({"same", "read", "refresh"})
GONE = frozenset({"delete", "delete-replaced", "discard-replaced"})


def is_rollout(rows: Iterable[Row], *, restarts: bool) -> bool:
    """Tell whether a plan touches a node."""
    kinds = {row.what for row in rows if not row.change.startswith("−")}
    return restarts or bool(kinds - TOUCH_NO_NODE - set(WHAT.values()))


def hook_rows(resources: Sequence[Seen], *, rollout: bool) -> list[Row]:
    """Return the hooks that run: all of them around a rollout, else those that an earlier one left undone."""
    announcement = next((one for one in resources if one.token.endswith(ANNOUNCEMENT) and one.op not in GONE), None)
    if announcement is None:
        return []
    hooks = {f"{hook['moment']}-{hook['name']}": hook for hook in announcement.inputs.get("hooks") or ()}
    if rollout:
        return [_row(hook) for hook in hooks.values()]
    if announcement.op not in STANDS:
        return []
    undone = {one.name for one in resources if one.token == COMMAND and _is_due(one)}
    return [_row(hook, " (left undone by an earlier run)") for name, hook in hooks.items() if name in undone]


def _is_due(command: Seen) -> bool:
    return command.op not in STANDS | GONE and bool(command.inputs.get("create"))


def _row(hook: Mapping[str, Any], why: str = "") -> Row:
    moment, words = Moment(hook["moment"]), " ".join(hook["command"])
    where = (str(hook["on"]),) if hook.get("on") else ()
    return Row(WHAT[moment], where, f"{hook['name']}: {words}{why}", EFFECT[moment])
