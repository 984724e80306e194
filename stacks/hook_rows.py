"""The operator's hooks in a plan: which ones run, and before or after what."""

from collections.abc import Collection, Iterable, Mapping, Sequence
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
FORGOTTEN = "− forgotten"
"""How a row begins whose resource is let go of; a setting that goes has a `−` too, and touches its node."""


def is_rollout(rows: Iterable[Row], *, restarts: bool) -> bool:
    """Tell whether a plan touches a node."""
    kinds = {row.what for row in rows if not row.change.startswith(FORGOTTEN)}
    return restarts or bool(kinds - TOUCH_NO_NODE)


def hooks_run(rows: Iterable[Row]) -> bool:
    """Tell whether a plan says that hooks run."""
    return any(row.what in WHAT.values() for row in rows)


def hook_rows(resources: Sequence[Seen], *, rollout: bool) -> list[Row]:
    """Return the hooks, which run around a rollout, or because an earlier run left one of them undone.

    Then all of them run, as the stack file has them now: the one that failed may have been mended there.
    """
    announcement = next((one for one in resources if one.token.endswith(ANNOUNCEMENT) and one.op not in GONE), None)
    if announcement is None:
        return []
    commands = [] if rollout else [one for one in resources if one.token == COMMAND and one.op not in GONE]
    stands = announcement.op in STANDS
    undone = {one.name for one in commands if _was_left_undone(one, announcement) or (stands and _is_due(one))}
    if not rollout and not undone:
        return []
    return [_row(hook, undone) for hook in announcement.inputs.get("hooks") or ()]


def forgotten_hooks(resources: Iterable[Seen]) -> list[Row]:
    """Return that hooks are let go of: the engine has to do it, or it needs their plugin for ever."""
    gone = [one for one in resources if one.goes]
    if not any(one.token == COMMAND or one.token.endswith(ANNOUNCEMENT) for one in gone):
        return []
    names = sorted(one.name.replace("-", " ", 1) for one in gone if one.token == COMMAND)
    which = f": {', '.join(f'hook {name}' for name in names)}" if names else ": the announcement to the hooks"
    return [Row("record", (), f"{FORGOTTEN}{which}", "no hook runs, and no node is touched")]


def _is_due(command: Seen) -> bool:
    return command.op not in STANDS and bool(command.inputs.get("create"))


def _was_left_undone(command: Seen, announcement: Seen) -> bool:
    """Tell by what is recorded, since a preview knows no command of an announcement that changes."""
    told = (announcement.before.get("commands") or {}).get(command.name)
    done = command.before.get("create"), command.before.get("stdin")
    return bool(told) and done != (told, announcement.before.get("document"))


def _row(hook: Mapping[str, Any], undone: Collection[str]) -> Row:
    moment, words = Moment(hook["moment"]), " ".join(hook["command"])
    why = " (left undone by an earlier run)" if f"{moment}-{hook['name']}" in undone else ""
    where = (str(hook["on"]),) if hook.get("on") else ()
    return Row(WHAT[moment], where, f"{hook['name']}: {words}{why}", EFFECT[moment])
