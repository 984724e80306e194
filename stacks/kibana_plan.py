"""What a plan says of Kibana: which file or entry changes, and what that takes."""

import re
from collections.abc import Callable, Iterable

from components.nodes.trust import NOTHING_BUT
from components.settings.effects import effect_of
from stacks.plan_rows import Row, Seen, strings

LINE = re.compile(r"kibana\.yml: (?P<change>.*)", re.DOTALL)
ENTRY = re.compile(r"keystore: (?P<change>.*)")
KEY_FILE = "write certs/kibana-key.pem"


def _name(resource: Seen) -> str:
    return str(resource.inputs["kibana"]["name"])


def _row(resource: Seen, step: str) -> Row:
    """Return the row of a step: what is changed, how, and how it takes effect."""
    line, entry = LINE.fullmatch(step), ENTRY.fullmatch(step)
    if line:
        what, change = "kibana.yml", line["change"]
    elif entry:
        what, change = "Kibana keystore", entry["change"]
    else:
        what, change = "Kibana key file" if step.startswith(KEY_FILE) else "Kibana trust file", step
    row = effect_of(what)
    return Row(what, (_name(resource),), change, f"{row.effect}, {row.within}")


def _settings(resource: Seen, restart_effect: str) -> list[Row]:
    return [_row(resource, step) for step in strings(resource.outputs.get("steps"))]


def _trust(resource: Seen, restart_effect: str) -> list[Row]:
    return [
        _row(resource, step) if step.startswith("write ") else Row("Kibana trust file", (_name(resource),), step)
        for step in strings(resource.outputs.get("steps"))
    ]


def _restart(resource: Seen, restart_effect: str) -> list[Row]:
    return [Row("Kibana", (_name(resource),), step) for step in strings(resource.outputs.get("steps"))]


KIBANA_ROWS: dict[str, tuple[str, Callable[[Seen, str], list[Row]]]] = {
    "KibanaTrust": ("Kibana trust file", _trust),
    "KibanaSettings": ("kibana.yml", _settings),
    "KibanaRestart": ("Kibana", _restart),
}


def place(row: Row) -> str:
    """Return among which kind of rows one stands: a trust file that loses a CA is Kibana's own, after the nodes'."""
    retires = row.what == "Kibana trust file" and NOTHING_BUT in row.change
    return "Kibana key file" if retires else row.what


def beside_a_full_stop(resources: Iterable[Seen]) -> list[Row]:
    """Say that Kibana goes on while all nodes are stopped: it can be restarted from here, and not be stopped.

    Source: set-up-minimal-security (Elastic's page stops Kibana first).
    """
    names = [_name(resource) for resource in resources if resource.token.endswith(":KibanaRestart")]
    return [Row("Kibana", (name,), NOT_STOPPED) for name in names]


NOT_STOPPED = "is not stopped with the nodes: it answers with status 503 until they are back"
