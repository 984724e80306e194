"""What a preview found, as one plan: the same object is printed for people and written as JSON for machines."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from components.pki.renewal import renewal_opens
from components.settings.effects import effect_of

ORDER = (
    "authority",
    "leaf",
    "password",
    "trust file",
    "key file",
    "elasticsearch.yml",
    "keystore",
    "user",
    "verification",
)
"""The order in which a plan lists its rows: that of the work."""
UNCHANGED = frozenset({"same", "read", "refresh"})


@dataclass(frozen=True, slots=True)
class Seen:
    """One resource as the engine's events show it. Secrets are masked there already.

    Attributes:
        name: the resource's name.
        token: its type.
        op: what the engine does with it, such as `create` or `same`.
        inputs: its inputs.
        outputs: its outputs, as far as they are known.
    """

    name: str
    token: str
    op: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the plan.

    Attributes:
        what: the kind of change.
        nodes: whom it concerns; empty for the cluster as a whole.
        change: what changes, in words.
        effect: how it takes effect.
    """

    what: str
    nodes: tuple[str, ...]
    change: str
    effect: str = ""


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
        notes: reasons that the rules gave, in order.
        next_due: the next renewal.
    """

    rows: tuple[Row, ...] = ()
    restart: Restart | None = None
    notes: tuple[str, ...] = ()
    next_due: Due | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be done."""
        return not self.rows and self.restart is None


def plan_from(seen: Iterable[Seen], notes: Iterable[str] = ()) -> Plan:
    """Return the plan for what the engine's events show, in the order of the resources."""
    resources = list(seen)
    changed = [resource for resource in resources if resource.op not in UNCHANGED]
    restart = next((_restart(resource) for resource in changed if resource.token.endswith(":ClusterRestart")), None)
    effect = f"with the {restart.procedure}" if restart else ""
    rows = [row for resource in changed for row in _rows(resource, effect)]
    shown = {row.change for row in rows} | set(restart.steps + restart.reasons if restart else ())
    return Plan(
        rows=_joined(sorted(rows, key=lambda row: ORDER.index(row.what))),
        restart=restart,
        notes=tuple(dict.fromkeys(note for note in notes if not any(text in note for text in shown))),
        next_due=_next_due(resources),
    )


def _rows(resource: Seen, restart_effect: str) -> list[Row]:
    make = ROWS.get(resource.token.rsplit(":", 1)[-1])
    return make(resource, restart_effect) if make else []


def _authority(resource: Seen, restart_effect: str) -> list[Row]:
    until = _until(resource.outputs)
    text = f"{resource.inputs['layer']} CA g{resource.inputs['generation']:.0f}{until}"
    return [Row("authority", (), _verb(resource, text))]


def _leaf(resource: Seen, restart_effect: str) -> list[Row]:
    text = f"{resource.inputs['layer']} leaf{_until(resource.outputs)}"
    return [Row("leaf", (resource.inputs["node"],), _verb(resource, text))]


def _trust_file(resource: Seen, restart_effect: str) -> list[Row]:
    return _file("trust file", resource, restart_effect)


def _key_file(resource: Seen, restart_effect: str) -> list[Row]:
    return _file("key file", resource, restart_effect)


def _file(what: str, resource: Seen, restart_effect: str) -> list[Row]:
    row = effect_of(what)
    effect = restart_effect if resource.op == "create" and restart_effect else f"{row.effect}, {row.within}"
    node = resource.inputs["node"]["name"]
    return [Row(what, (node,), step, effect) for step in _strings(resource.outputs.get("steps"))]


def _settings(resource: Seen, restart_effect: str) -> list[Row]:
    node = resource.inputs["node"]["name"]
    effect = restart_effect or str(effect_of("elasticsearch.yml").effect)
    lines = [Row("elasticsearch.yml", (node,), step, effect) for step in _strings(resource.outputs.get("steps"))]
    entries = sorted(resource.inputs["content"].get("secure", {})) if resource.op == "create" else []
    return lines + [Row("keystore", (node,), f"+ {name}", effect) for name in entries]


def _password(resource: Seen, restart_effect: str) -> list[Row]:
    return [Row("password", (), _verb(resource, f"{resource.inputs['purpose']}, generated"))]


def _user(resource: Seen, restart_effect: str) -> list[Row]:
    return [Row("user", (), step) for step in _strings(resource.outputs.get("steps"))]


def _verification(resource: Seen, restart_effect: str) -> list[Row]:
    checks = resource.outputs.get("checks")
    return [Row("verification", (), f"{checks:.0f} checks" if isinstance(checks, (int, float)) else "all checks")]


ROWS: dict[str, Callable[[Seen, str], list[Row]]] = {
    "CertificateAuthority": _authority,
    "Certificate": _leaf,
    "NodeTrust": _trust_file,
    "NodeIdentity": _key_file,
    "NodeTrustExclusive": _trust_file,
    "NodeSettings": _settings,
    "GeneratedPassword": _password,
    "UserPassword": _user,
    "ClusterVerification": _verification,
}


def _restart(resource: Seen) -> Restart | None:
    outputs = resource.outputs
    if not outputs.get("steps") or outputs.get("procedure") in (None, "none"):
        return None
    return Restart(
        procedure=str(outputs["procedure"]),
        reasons=_strings(outputs.get("reasons")),
        steps=_strings(outputs.get("steps")),
        last_seconds=float(outputs.get("fullStopSeconds") or 0),
    )


def _joined(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Join equal changes of several nodes into one line, where the first of them stands."""
    nodes: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        nodes.setdefault((row.what, row.change, row.effect), []).extend(row.nodes)
    return tuple(Row(what, tuple(sorted(names)), change, effect) for (what, change, effect), names in nodes.items())


def _next_due(resources: Iterable[Seen]) -> Due | None:
    found = []
    for resource in resources:
        begins, ends = resource.outputs.get("notBefore"), resource.outputs.get("notAfter")
        if isinstance(begins, str) and isinstance(ends, str) and resource.inputs.get("renewInLast"):
            share = Fraction(resource.inputs["renewInLast"])
            opens = renewal_opens(datetime.fromisoformat(begins), datetime.fromisoformat(ends), share)
            found.append(Due(f"{resource.inputs['layer']} leaf of {resource.inputs['node']}", opens))
    return min(found, key=lambda due: (due.opens, due.name), default=None)


def _verb(resource: Seen, text: str) -> str:
    return f"{'+ ' if resource.op == 'create' else '~ '}{text}"


def _until(outputs: Mapping[str, Any]) -> str:
    ends = outputs.get("notAfter")
    return f", until {ends[:10]}" if isinstance(ends, str) and ends[:4].isdigit() else ""


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
