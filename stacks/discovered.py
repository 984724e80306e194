"""What machines tell, held against a stack file: what is missing in it, what contradicts it, and what nobody dials."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from components.errors import ConfigurationRefused
from components.facts.node import KEYS, NodeFacts, address_of, plain, port_of
from components.nodes import hosts
from components.nodes.layouts import LAYOUTS, Layout, Way
from components.nodes.spec import NodeSpec
from components.pki.sans import Sans
from components.pki.spec import Layer
from components.settings.dialled import Dialled, dialled, node_meant, published, seeds, unnamed
from components.settings.ports import PORTS, named_ports
from components.settings.scenarios import Scenario, VerificationMode
from stacks.inventory import sans_of
from stacks.model import StackModel

RUNS = "the process that runs"


@dataclass(frozen=True, slots=True)
class Seen:
    """One node of the stack file, and what its machine tells of it.

    Attributes:
        index: where it stands under `nodes`.
        written: what is written of it there.
        machine: what is written of its machine, there or in the section `machine`.
        spec: the same with every default, and with what may be left out.
        facts: what its machine tells; None where it could not be asked.
        failed: why not.
        by_ssh: what is dialled to reach its machine; empty where it is this one.
        resolved: the addresses of seed hosts, as its machine knows them.
    """

    index: int
    written: Mapping[str, Any]
    machine: Mapping[str, Any]
    spec: NodeSpec
    facts: NodeFacts | None = None
    failed: str = ""
    by_ssh: str = ""
    resolved: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The node's name: as it is written, else as the node has it."""
        return str(self.written.get("name") or self.own_name or self.spec.name)

    @property
    def own_name(self) -> str:
        """The node's name as its settings have it; without one Elasticsearch takes that of the machine."""
        if self.facts is None or self.facts.found is None or self.facts.found.unread:
            return ""
        said = plain(self.facts.settings, "node.name")
        machine = self.facts.machine.names
        return said or (machine[-1] if machine and "node.name" not in self.facts.settings else "")


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What is written, and otherwise on the machine.

    Attributes:
        path: config path, such as `nodes[0].http_port`.
        written: what the stack file says.
        told: what the machine says.
        where: where it says so.
    """

    path: str
    written: str
    told: str
    where: str = field(compare=False)

    def __str__(self) -> str:
        return f"{self.path}: the stack file says `{self.written}`, and {self.where} says `{self.told}`"

    def as_error(self, stack_file: str) -> ConfigurationRefused:
        """Return it as every error is told."""
        return ConfigurationRefused(
            f"{self.path} is `{self.written}`, and the machine says `{self.told}`",
            where=stack_file,
            why=f"so says {self.where}; what you write wins, and is not looked up",
            next_step=f"write `{self.told}`, or change what is on the machine",
        )


@dataclass(frozen=True, slots=True)
class Missed:
    """A name that is dialled, and that no certificate would name.

    Attributes:
        dialled: what is dialled, and who says so.
        seen: the node that is meant; None where that is not known.
    """

    dialled: Dialled
    seen: Seen | None

    def __str__(self) -> str:
        told = f"`{self.dialled.setting}` of {', '.join(self.dialled.by)}"
        if self.seen is None:
            return f"{told} has {self.dialled.host}, which no certificate would name: add it to the node's `names`"
        return (
            f"{told} has {self.dialled.host}, which the certificate of {self.seen.name} would not name: add it to "
            f"`nodes[{self.seen.index}].names`"
        )


def not_found(seen: Seen) -> ConfigurationRefused:
    """Return why a node's folder is not known, and what to write."""
    others = seen.facts.others if seen.facts else ()
    there = f"there are {', '.join(others)}; what is written of it fits none of them, or several"
    return ConfigurationRefused(
        "it is not known which node of its machine this is",
        where=f"nodes[{seen.index}] ({seen.name})",
        why=there if others else "no node runs there, and no package is installed",
        next_step="write its `name` as in its `node.name`, its `http_port`, or `config` in its `machine`",
    )


def contradictions(seen: Seen, cluster: Mapping[str, Any]) -> Iterator[Contradiction]:
    """Yield what the operator wrote, and what is otherwise on the machine: theirs wins, so nothing is proposed there.

    Args:
        seen: a node.
        cluster: what is written of the cluster.
    """
    facts = seen.facts
    if facts is None or facts.found is None:
        return
    file, path = f"{facts.found.config}/elasticsearch.yml", f"nodes[{seen.index}]"
    said = {
        f"{path}.name": (seen.written.get("name"), seen.own_name),
        "cluster.name": (cluster.get("name"), plain(facts.settings, "cluster.name")),
    }
    for where, (written, told) in said.items():
        if written and told and str(written) != told:
            yield Contradiction(where, str(written), told, file)
    for key in KEYS:
        ports = named_ports(facts.settings, PORTS[key])
        written = seen.written.get(key)
        if written is not None and ports and str(written) not in ports.values():
            yield Contradiction(f"{path}.{key}", str(written), " and ".join(ports.values()), file)
    told_of_machine = {"layout": str(facts.layout or ""), "user": facts.user}
    for key, told in told_of_machine.items():
        written = seen.machine.get(key)
        same = {str(written), _family(str(written))} & {told, _family(told)}
        if written is not None and told and not same:
            own = key in (seen.written.get("machine") or {})
            yield Contradiction(f"{path}.machine.{key}" if own else f"machine.{key}", str(written), told, RUNS)


def missed(nodes: Sequence[Seen], model: StackModel) -> tuple[Missed, ...]:
    """Return what nodes dial of each other, and clients are told to dial, and that no certificate would name."""
    known = [one for one in nodes if one.facts is not None and one.facts.found is not None]
    found: list[Missed] = []
    if model.cluster.scenario.contains(Scenario.BASIC) and len(nodes) > 1 and _asks_for_names(model):
        vouched = {one.name: sans_of(one.spec, Layer.TRANSPORT, model) for one in nodes}
        settings = {one.name: one.facts.settings for one in known if one.facts}
        found += [_missed(one, nodes) for one in unnamed(dialled(settings), vouched)]
        found += _by_address(known, vouched)
    if model.cluster.scenario.contains(Scenario.BASIC_HTTPS):
        found += _to_clients(known, model)
    return tuple({(one.dialled.host, one.seen.name if one.seen else ""): one for one in reversed(found)}.values())[::-1]


def additions(seen: Seen, dialled_too: Iterable[Missed]) -> dict[str, Any]:
    """Return what to write of a node: only what is neither written nor the default, in the order of the model."""
    facts = seen.facts
    if facts is None or facts.found is None:
        return {}
    found: dict[str, Any] = {"name": seen.own_name, "address": address_of(facts.settings, facts.machine)}
    for key in KEYS:
        port = port_of(facts.settings, key)
        found[key] = None if port == NodeSpec.model_fields[key].default else port
    found = {key: value for key, value in found.items() if value and key not in seen.written}
    names = [
        one.dialled.host
        for one in dialled_too
        if one.seen and one.seen.index == seen.index and one.dialled.host != found.get("address")
    ]
    if names:
        found["names"] = [*seen.written.get("names", ()), *names]
    machine = {key: value for key, value in _machine(seen, facts).items() if key not in seen.machine}
    return {**found, **({"machine": machine} if machine else {})}


def _machine(seen: Seen, facts: NodeFacts) -> dict[str, str]:
    """Return what is to be written of a machine, as far as it is not the layout's default."""
    layout, running = facts.layout, facts.running
    if facts.found is None or (layout is None and running is None):
        return {}
    usual = LAYOUTS[layout or Layout.ARCHIVE]
    home = str(seen.machine.get("home") or facts.home)
    config = usual.config or (f"{home}/config" if home else "")
    pid_file = running.pid_file if running and usual.way is Way.DAEMON else ""
    unit = running.unit if running and usual.way is Way.SYSTEMD else ""
    usual_user = usual.user or facts.owner
    told = {
        "layout": ("" if layout is Layout.ARCHIVE else str(layout or ""), ""),
        "home": (facts.home, usual.home or ""),
        "config": (facts.found.config, config),
        "user": (facts.user, usual_user),
        "pid_file": (pid_file, f"{facts.found.config}/elasticsearch.pid"),
        "unit": (unit, usual.unit or ""),
    }
    return {key: value for key, (value, default) in told.items() if value and value != default}


def _asks_for_names(model: StackModel) -> bool:
    return model.transport.verification_mode is VerificationMode.FULL


def _missed(one: Dialled, nodes: Sequence[Seen]) -> Missed:
    """Return what is missed, with the node that is meant: by who publishes it, by its addresses, or by its name."""
    by_name = {each.name: each for each in nodes}
    if one.node:
        return Missed(one, by_name[one.node])
    addresses = {one.host} if hosts.ip_of(one.host) else set[str]()
    for name in one.by:
        addresses |= by_name[name].resolved.get(one.host, frozenset())
    theirs = [each for each in nodes if addresses & _addresses(each)]
    named = node_meant(one.host, by_name)
    if len(theirs) == 1:
        return Missed(one, theirs[0])
    return Missed(one, by_name[named] if named else None)


def _addresses(seen: Seen) -> set[str]:
    own = set(seen.facts.machine.addresses) if seen.facts else set()
    return own | {host for host in (seen.spec.address, *seen.spec.names) if hosts.ip_of(host)}


def _by_address(nodes: Sequence[Seen], vouched: Mapping[str, Sans]) -> Iterator[Missed]:
    """Yield the address of a node that publishes one of its machine's by a special value, such as `_site_`.

    Of several addresses it is not known which one it publishes, so one that is named is enough.
    """
    for one in nodes:
        if one.facts is None:
            continue
        told, own = published(one.facts.settings), one.facts.machine.addresses
        elsewhere = [text for text in told.special if not hosts.is_loopback(text)]
        if elsewhere and not told.hosts and own and not any(vouched[one.name].covers(each) for each in own):
            host = own[0]
            yield Missed(Dialled(host, one.name, (one.name,), f"{told.setting}: {', '.join(elsewhere)}"), one)


def _to_clients(nodes: Sequence[Seen], model: StackModel) -> Iterator[Missed]:
    """Yield what nodes tell clients to dial that ask for all nodes (sniffing). Source: networking-settings."""
    for one in nodes:
        told = published(one.facts.settings, "http") if one.facts else None
        sans = sans_of(one.spec, Layer.HTTP, model)
        for host in told.hosts if told else ():
            if not sans.covers(host):
                yield Missed(Dialled(host, one.name, (one.name,), told.setting if told else ""), one)


def _family(layout: str) -> str:
    """Return one word for both packages: they are handled alike."""
    return "package" if layout in (Layout.DEB, Layout.RPM) else layout


def seed_names(nodes: Iterable[NodeFacts]) -> frozenset[str]:
    """Return the host names among the seed hosts, whose addresses are to be asked for."""
    return frozenset(host for facts in nodes for host in seeds(facts.settings) if hosts.ip_of(host) is None)
