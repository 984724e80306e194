"""What people read of the facts of machines: a small table for each node, then what to do about it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, TypeAlias

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from components.facts.candidates import plain, port_of
from components.facts.node import NodeFacts
from components.layer_words import spelled
from components.nodes.probes import Speech
from components.pki.dates import day
from components.pki.inspect import LeafFacts
from components.pki.renewal import renewal_opens
from components.pki.spec import Layer
from components.printable import printable
from components.settings.bootstrap import bound_hosts
from components.settings.concerns import texts
from components.settings.dialled import SEEDS
from components.settings.scenarios import VerificationMode
from components.settings.standing import foreign, told
from stacks.discovered import Discovered
from stacks.inventory import LOOPBACK, least_sans_of, sans_of
from stacks.model import StackModel

KEYS = {Layer.TRANSPORT: "transport_port", Layer.HTTP: "http_port"}
SECURITY = "xpack.security.enabled"
NOT_TOLD = "not told"
SEED_HOSTS = "seed hosts"
LAYER_ROWS = {layer: f"{spelled(layer)} layer" for layer in Layer}
LEAF_ROWS = {layer: f"{spelled(layer)} leaf" for layer in Layer}
PROCESS = re.compile(r" \(process \d+\)")
"""What is said of a node that runs, and of each in other words."""
Listed: TypeAlias = Callable[[Sequence[str]], Iterable[str]]
"""How host names and addresses of a node are told."""


def node_view(seen: Discovered, model: StackModel, now: datetime) -> RenderableType:
    """Return all that is known of one node."""
    return table_view(seen.name, f" · {reached(seen)}", rows_of(seen, model, now))


def table_view(head: str, more: str, rows: Iterable[tuple[str, str]]) -> RenderableType:
    """Return rows below a heading, a name and a text each."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in rows:
        table.add_row(name, Text(printable(text)))  # before it is measured
    return Group(Text.assemble("\n", (head, "bold"), more), Padding(table, (0, 0, 0, 2), expand=False))


def lines_view(lines: Sequence[str], where: str) -> RenderableType:
    """Return lines for a stack file, each unbroken, so that they can be copied."""
    head = Text.assemble("\n", ("to write", "bold"), f" · {where}, in the place of what is there")
    return Group(head, *(Text(line, no_wrap=True, overflow="ignore") for line in lines))


def node_data(seen: Discovered, model: StackModel) -> dict[str, Any]:
    """Return what is known of one node as JSON data."""
    facts = seen.facts
    data: dict[str, Any] = {"name": seen.name, "reached": reached(seen), "failed": seen.failed or None}
    if facts is None:
        return data
    found, running = facts.found, facts.running
    return {
        **data,
        "machine": {"names": list(facts.machine.names), "addresses": list(facts.machine.addresses)},
        "layout": facts.layout,
        "home": facts.home or None,
        "config": found.config or None if found else None,
        "unread": found.unread or None if found else None,
        "version": facts.version or None,
        "user": facts.user or None,
        "process": running.pid if running else None,
        "nodeName": seen.own_name or None,
        "clusterName": plain(facts.settings, "cluster.name") or None,
        "ports": {layer: port_of(facts.settings, key) for layer, key in KEYS.items()},
        "seedHosts": list(texts(facts.settings, SEEDS)),
        "security": dict(_security(facts)),
        "certificates": {layer: _certificate(leaf) for layer, leaf in facts.leaves.items()},
        "sans": {layer: dict(origins(seen, layer, model)) for layer in Layer},
        "others": list(facts.others),
    }


def reached(seen: Discovered) -> str:
    """Return how a node's machine is reached."""
    return "this machine" if not seen.by_ssh else f"by SSH, {seen.by_ssh}"


def rows_of(seen: Discovered, model: StackModel, now: datetime, listed: Listed = tuple) -> Iterator[tuple[str, str]]:
    """Yield what is known of a node, a name and a text each; hosts as `listed` tells them."""
    facts = seen.facts
    if facts is None:
        yield "machine", "could not be asked: see below"
        return
    both = (listed(facts.machine.names), listed(facts.machine.addresses))
    yield "machine", " · ".join(filter(None, map(", ".join, both)))
    if facts.found is None:
        yield "nodes there", ", ".join(facts.others) or "none"
        return
    yield "layout", f"{facts.layout or NOT_TOLD}"
    yield "home", facts.home or NOT_TOLD
    yield "config", facts.found.config or NOT_TOLD
    version = facts.version or "version not told"
    yield "Elasticsearch", f"{version} · {_process(facts)}"
    if facts.found.unread:
        yield "settings", facts.found.unread
        return
    yield "node.name", seen.own_name or NOT_TOLD
    yield "cluster.name", plain(facts.settings, "cluster.name") or NOT_TOLD
    for layer in Layer:
        yield LAYER_ROWS[layer], _layer(facts, layer, listed)
    yield SEED_HOSTS, ", ".join(texts(facts.settings, SEEDS)) or "none written"
    yield "security", _told_of_security(facts)
    for layer, leaf in facts.leaves.items():
        told_of = [", ".join(listed((*leaf.sans.dns, *leaf.sans.ips))) or f"{leaf.sans}"]
        told_of += [f"signed by {leaf.issuer or NOT_TOLD}", f"until {day(leaf.not_after)}"]
        yield LEAF_ROWS[layer], " · ".join([*told_of, *_to_mind(leaf, layer, seen, model, now, listed)])
    for layer in Layer:
        grouped = groupby(origins(seen, layer, model), key=lambda pair: pair[1])
        told_with_why = (f"{host} ({why})" for why, pairs in grouped for host in listed([host for host, _ in pairs]))
        yield f"{spelled(layer)} SANs", ", ".join(told_with_why)


def _to_mind(
    leaf: LeafFacts, layer: Layer, seen: Discovered, model: StackModel, now: datetime, listed: Listed
) -> Iterator[str]:
    """Yield why a leaf will not do for long, or not for everybody who dials its node."""
    opens = renewal_opens(leaf.not_before, leaf.not_after, model.certificates.renew_in_last)
    if now >= leaf.not_after:
        yield "has expired"
    elif now >= opens:
        yield f"its renewal window opened on {day(opens)}"
    if layer is Layer.HTTP or model.transport.verification_mode is VerificationMode.FULL:
        dialled = least_sans_of(seen.spec, layer, model)
        missing = [host for host in (*dialled.dns, *dialled.ips) if not leaf.sans.covers(host)]
        if missing:
            yield f"does not name {', '.join(listed(missing))}"


def origins(seen: Discovered, layer: Layer, model: StackModel) -> list[tuple[str, str]]:
    """Return the SANs that a leaf would carry, each with where it comes from."""
    spec = seen.spec
    said: dict[str, str] = {}
    for why, hosts in (
        ("address", [spec.address]),
        ("names", spec.names),
        ("http.names", model.http.names if layer is Layer.HTTP else ()),
        ("tools on the machine", LOOPBACK if layer is Layer.HTTP else ()),
    ):
        said |= {host: why for host in hosts if host not in said}
    sans = sans_of(spec, layer, model)
    return [(host, why) for host, why in said.items() if sans.covers(host) or host in sans.hosts()]


def _process(facts: NodeFacts) -> str:
    if facts.running:
        return f"runs as {facts.user or NOT_TOLD} (process {facts.running.pid})"
    hidden = any(one.in_container or not one.config for one in facts.machine.running)
    return "whether it runs is not told" if hidden else "does not run"


def _layer(facts: NodeFacts, layer: Layer, listed: Listed) -> str:
    port = port_of(facts.settings, KEYS[layer])
    listens = listed(tuple(dict.fromkeys(bound_hosts(facts.settings, layer))))
    speech = facts.speech.get(layer)
    parts = [
        f"port {port}" if port else "port not written",
        f"listens on {', '.join(listens) or 'loopback'}",
        *([] if speech is None else ["does not answer" if speech is Speech.NOTHING else f"speaks {speech}"]),
    ]
    return " · ".join(parts)


def _security(facts: NodeFacts) -> Iterator[tuple[str, str]]:
    """Yield the switches of security; other values may be secrets, or paths that say nothing."""
    for key in (SECURITY, *(f"xpack.security.{layer}.ssl.{name}" for layer in Layer for name in SWITCHES)):
        value = plain(facts.settings, key)
        if value:
            yield key, value


SWITCHES = ("enabled", "verification_mode", "client_authentication")


def _told_of_security(facts: NodeFacts) -> str:
    others = told(foreign(facts.settings))
    switches = [f"{key.removeprefix('xpack.security.')}: {value}" for key, value in _security(facts)]
    return " · ".join(filter(None, [", ".join(switches) or "nothing written", others]))


def _certificate(leaf: LeafFacts) -> Mapping[str, Any]:
    return {
        "subject": leaf.subject,
        "sans": sorted(leaf.sans.hosts()),
        "issuer": leaf.issuer,
        "serial": leaf.serial,
        "notAfter": leaf.not_after.isoformat(),
    }
