"""What a preview found, as one plan: the same object is printed for people and written as JSON for machines."""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from components.layer_words import spelled
from components.pki.handler import HELD
from components.pki.renewal import renewal_opens
from components.rollout.procedure import Procedure
from components.settings.effects import effect_of
from stacks.called import called
from stacks.called import holder as _node
from stacks.certificate_plan import authority_rows, leaf_rows, request_rows, sign
from stacks.forgotten_rows import forgotten_rows
from stacks.held import Held, held_rotations
from stacks.hook_rows import forgotten_hooks, hook_rows, is_rollout
from stacks.kibana_plan import KIBANA_ROWS, beside_a_full_stop, place
from stacks.late_rows import in_order, names_of_late
from stacks.plan_names import NewNames, names_in
from stacks.plan_rows import Row, Seen, strings

ORDER = (
    "authority",
    "leaf",
    "password",
    "hook before",
    "Kibana trust file",
    "trust file",
    "proof",
    "key file",
    "elasticsearch.yml",
    "keystore",
    "Kibana key file",
    "Kibana keystore",
    "kibana.yml",
    "user",
    "Kibana",
    "verification",
    "record",
    "hook after",
)
"""The order in which a plan lists its rows: that of the work."""
BEHIND_LATE = ORDER.index("verification")
"""From here on rows stand behind those of the wave *retire*."""
OTHER_VALUE = ": other value"
ENTRY = re.compile(rf"([+−] )?keystore entry ([\w.]+)({OTHER_VALUE})?")
"""An entry of a keystore among a restart's reasons (`components/rollout/entries.py`)."""
UNWANTED_ENTRY = ": its layer is without TLS"
"""Why an entry goes: of a layer without TLS nothing is left (`components/settings/content.py`)."""
UNCHANGED = frozenset({"same", "read", "refresh"})
PART_OF_A_REPLACEMENT = frozenset({"replace", "delete-replaced", "discard-replaced", "remove-pending-replace"})
"""What the engine also tells of a replacement, beside `create-replacement`."""


@dataclass(frozen=True, slots=True)
class Restart:
    """The restart that a plan needs."""

    procedure: str
    reasons: tuple[str, ...]
    steps: tuple[str, ...]
    last_seconds: float


@dataclass(frozen=True, slots=True)
class Due:
    """The next certificate that will be renewed."""

    name: str
    opens: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a run would change, or has changed.

    Attributes:
        rows: one for each change, equal ones of several nodes joined.
        restart: the restart that it takes, if any.
        notes: reasons that the rules gave.
        gates: how the preflight found the cluster.
        held: the rotations that wait.
        next_due: the next renewal.
        warnings: what to mind before it is carried out.
        unseen: nodes that were not looked at, since their machine does not answer.
        names: what each new leaf and certificate request will name.
    """

    rows: tuple[Row, ...] = ()
    restart: Restart | None = None
    notes: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    held: tuple[Held, ...] = ()
    next_due: Due | None = None
    warnings: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    names: tuple[NewNames, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be done."""
        return not self.rows and self.restart is None


def plan_from(seen: Iterable[Seen], notes: Iterable[str] = (), gates: Iterable[str] = ()) -> Plan:
    """Return the plan for what the engine's events show, in the order of the resources."""
    whole = (resource for resource in seen if resource.op not in PART_OF_A_REPLACEMENT)
    resources = sorted(whole, key=_reading_order)  # the engine tells of them in the order in which they happen to end
    changed = [resource for resource in resources if resource.op not in UNCHANGED]
    restart = next((_restart(resource) for resource in changed if resource.token.endswith(":ClusterRestart")), None)
    effect = _effect_of_restart(restart)
    late = names_of_late(resource for resource in resources if not resource.goes)
    rows = [row for resource in changed if resource.name not in late for row in _rows(resource, effect)]
    reloaded = effect if restart is not None and restart.procedure == Procedure.FILES_ONLY else ""
    told = {(row.what, row.nodes, row.change) for row in rows}  # *cover* mends a mode before *retire* looks
    late_rows = [row for resource in changed if resource.name in late for row in _rows(resource, reloaded)]
    late_rows = [row for row in late_rows if (row.what, row.nodes, row.change) not in told]
    rows += _keystore_rows(restart, effect)
    if restart is not None and restart.procedure == Procedure.FULL_STOP:
        rows = [*beside_a_full_stop(resources), *rows]
    if not rows and not late_rows and restart is None:
        rows = _record(changed)
    rows += forgotten_hooks(changed)
    rows += hook_rows(resources, rollout=is_rollout([*rows, *late_rows], restarts=restart is not None))
    rows = _in_order_of_work(rows, late_rows)
    shown = {row.change for row in rows} | set(restart.steps + restart.reasons if restart else ())
    shown |= {str(resource.outputs["reason"]) for resource in changed if resource.outputs.get("reason")}
    return Plan(
        rows=tuple(rows),
        restart=restart,
        notes=tuple(sorted({note for note in notes if not _is_told(note, shown)}, key=by_number)),
        gates=tuple(gates),
        held=held_rotations(resources),
        next_due=_next_due(resources),
        names=names_in(changed),
    )


def _in_order_of_work(rows: Iterable[Row], late: Iterable[Row]) -> list[Row]:
    """Return all rows in the order of the work, equal changes of several nodes joined within a wave."""
    by_kind = sorted(rows, key=lambda row: ORDER.index(place(row)))
    early = [row for row in by_kind if ORDER.index(place(row)) < BEHIND_LATE]
    return [*_joined(early), *_joined(in_order(late)), *_joined(by_kind[len(early) :])]


def _is_told(note: str, shown: Collection[str]) -> bool:
    """Tell whether a plan says it already."""
    return note.startswith(HELD) or any(text in note for text in shown)


def _effect_of_restart(restart: Restart | None) -> str:
    if restart is None:
        return ""
    return "at the next start" if restart.procedure == Procedure.FILES_ONLY else f"with the {restart.procedure}"


def _rows(resource: Seen, restart_effect: str) -> list[Row]:
    what, make = ROWS.get(_kind(resource), ("", None))
    if make is None:
        return []
    return forgotten_rows(what, resource) if resource.goes else make(resource, restart_effect)


def _keystore_rows(restart: Restart | None, effect: str) -> list[Row]:
    """Return the keystore entries that come, go or change, by the restart's reasons; one that is told is joined."""
    why = {"+ ": "", "− ": UNWANTED_ENTRY, "": OTHER_VALUE}
    return [
        Row("keystore", (reason.partition(": ")[0],), f"{sign or '~ '}{name}{why[sign]}", effect)
        for reason in (restart.reasons if restart else ())
        for sign, name, other in ENTRY.findall(reason)
        if sign or other  # whether a value differs is not known before it is made
    ]


def _record(changed: Iterable[Seen]) -> list[Row]:
    """Tell of changes that touch no machine: the engine has to write them down, so the plan is not empty."""
    names = [called(resource) for resource in changed if _kind(resource) in {*ROWS, "ClusterRestart"}]
    return [Row("record", (), f"~ {', '.join(dict.fromkeys(names))}", "no node is touched")] if names else []


def _trust_file(resource: Seen, restart_effect: str) -> list[Row]:
    return _file("trust file", resource, restart_effect)


def _key_file(resource: Seen, restart_effect: str) -> list[Row]:
    return _file("key file", resource, restart_effect)


def _file(what: str, resource: Seen, restart_effect: str) -> list[Row]:
    row = effect_of(what)
    effect = restart_effect if resource.op == "create" and restart_effect else f"{row.effect}, {row.within}"
    return [Row(what, (_node(resource),), step, effect) for step in strings(resource.outputs.get("steps"))]


def _settings(resource: Seen, restart_effect: str) -> list[Row]:
    node = _node(resource)
    effect = restart_effect or str(effect_of("elasticsearch.yml").effect)
    lines = [Row("elasticsearch.yml", (node,), step, effect) for step in strings(resource.outputs.get("steps"))]
    entries = sorted(resource.inputs["content"].get("secure", {})) if resource.op == "create" else []
    return lines + [Row("keystore", (node,), f"+ {name}", effect) for name in entries]


def _password(resource: Seen, restart_effect: str) -> list[Row]:
    if resource.before.get("waits") and not resource.inputs.get("waits"):  # made when certificates were awaited
        return []
    return [Row("password", (), f"{sign(resource)}{resource.inputs['purpose']}, generated")]


def _told(what: str) -> Callable[[Seen, str], list[Row]]:
    return lambda resource, restart_effect: [Row(what, (), step) for step in strings(resource.outputs.get("steps"))]


def _verification(resource: Seen, restart_effect: str) -> list[Row]:
    checks = resource.outputs.get("checks")
    return [Row("verification", (), f"{checks:.0f} checks" if isinstance(checks, (int, float)) else "all checks")]


ROWS: dict[str, tuple[str, Callable[[Seen, str], list[Row]]]] = {
    "CertificateAuthority": ("authority", authority_rows),
    "Certificate": ("leaf", leaf_rows),
    "CertificateRequest": ("leaf", request_rows),
    "NodeTrust": ("trust file", _trust_file),
    "NodeAdoption": ("key file", _key_file),
    "NodeIdentity": ("key file", _key_file),
    "NodeTrustExclusive": ("trust file", _trust_file),
    "NodeSettings": ("elasticsearch.yml", _settings),
    "Wave": ("proof", _told("proof")),
    "GeneratedPassword": ("password", _password),
    "UserPassword": ("user", _told("user")),
    "ClusterVerification": ("verification", _verification),
    **KIBANA_ROWS,
}


def _kind(resource: Seen) -> str:
    return resource.token.rpartition(":")[2]


def _restart(resource: Seen) -> Restart | None:
    outputs = resource.outputs
    if not outputs.get("steps") or outputs.get("procedure") in (None, Procedure.NONE):
        return None
    return Restart(
        procedure=str(outputs["procedure"]),
        reasons=strings(outputs.get("reasons")),
        steps=strings(outputs.get("steps")),
        last_seconds=float(outputs.get("fullStopSeconds") or 0),
    )


def _joined(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Join equal changes of several nodes into one line, where the first of them stands."""
    nodes: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        nodes.setdefault((row.what, row.change, row.effect), []).extend(row.nodes)
    return tuple(
        Row(what, tuple(sorted(dict.fromkeys(names), key=by_number)), change, effect)
        for (what, change, effect), names in nodes.items()
    )


def _reading_order(resource: Seen) -> tuple[bool, list[tuple[int, str]]]:
    """Put transport before HTTP, and es-2 before es-10."""
    return resource.inputs.get("layer") == "http", by_number(resource.name)


def by_number(name: str) -> list[tuple[int, str]]:
    """Put es-2 before es-10."""
    return [(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in re.findall(r"\d+|\D+", name)]


def _next_due(resources: Iterable[Seen]) -> Due | None:
    found = []
    for resource in resources:
        begins, ends = resource.outputs.get("notBefore"), resource.outputs.get("notAfter")
        if resource.goes:
            continue
        if isinstance(begins, str) and isinstance(ends, str) and resource.inputs.get("renewInLast"):
            share = Fraction(resource.inputs["renewInLast"])
            opens = renewal_opens(datetime.fromisoformat(begins), datetime.fromisoformat(ends), share)
            found.append(Due(f"{spelled(resource.inputs['layer'])} leaf of {resource.inputs['node']}", opens))
    return min(found, key=lambda due: (due.opens, due.name), default=None)
