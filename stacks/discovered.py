"""What machines tell, held against a stack file: what is missing in it, what contradicts it, and what nobody dials."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from components.errors import ConfigurationRefused
from components.facts.candidates import KEYS, plain, port_of
from components.facts.node import NodeFacts, address_of
from components.nodes.layouts import LAYOUTS, Layout, Way
from components.nodes.spec import NODE_NAME, NodeSpec
from components.settings.ports import PORTS, named_ports
from stacks.mistakes import FORMS
from stacks.model import CLUSTER_NAME

RUNS = "the process that runs"


@dataclass(frozen=True, slots=True)
class Discovered:
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
        return said or ("" if "node.name" in self.facts.settings else self.facts.machine.node_name)


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


def not_found(seen: Discovered) -> ConfigurationRefused:
    """Return why a node's folder is not known, and what to write."""
    others = seen.facts.others if seen.facts else ()
    there = f"there are {', '.join(others)}; what is written of it fits none of them, or several"
    return ConfigurationRefused(
        "it is not known which node of its machine this is",
        where=f"nodes[{seen.index}] ({seen.name})",
        why=there if others else "no node runs there, and no package is installed",
        next_step="write its `name` as in its `node.name`, its `http_port`, or `config` in its `machine`",
    )


def contradictions(seen: Discovered, cluster: Mapping[str, Any]) -> Iterator[Contradiction]:
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
    in_container = facts.running is not None and facts.running.in_container  # where users have other names
    told_of_machine = {"layout": str(facts.layout or ""), "user": "" if in_container else facts.user}
    for key, told in told_of_machine.items():
        written = str(seen.machine.get(key) or "").replace("{name}", seen.name)
        if written and told and _family(written) != _family(told):
            own = key in (seen.written.get("machine") or {})
            yield Contradiction(f"{path}.machine.{key}" if own else f"machine.{key}", written, told, RUNS)


def unfit(nodes: Iterable[Discovered]) -> Iterator[str]:
    """Yield names that Elasticsearch takes and a stack file does not: they are not proposed."""
    told = "cannot stand in a stack file"
    known = [(one, one.facts) for one in nodes if one.facts is not None and one.facts.found is not None]
    for one, facts in known:
        file = f"{facts.found.config}/elasticsearch.yml" if facts.found else ""
        if one.own_name and not fits(NODE_NAME, one.own_name):
            yield (
                f"nodes[{one.index}].name: its `node.name` is `{one.own_name}`, which {told}: {FORMS[NODE_NAME]}; "
                f"give it another one in {file}, restart the node (it keeps its data), and run again"
            )
    for name in sorted({plain(facts.settings, "cluster.name") for _, facts in known} - {""}):
        if not fits(CLUSTER_NAME, name):
            yield f"cluster.name: nodes have `{name}`, which {told}: {FORMS[CLUSTER_NAME]}; choose one for here"


def fits(form: str, name: str) -> bool:
    """Tell whether a name has a form that a stack file asks for."""
    return re.fullmatch(form, name) is not None


def differing(nodes: Iterable[Discovered]) -> Iterator[str]:
    """Yield what is not the same on every node, and has to be."""
    for what, values in differences(nodes).items():
        yield f"{what} differs: {', '.join(f'{name} {value}' for name, value in values.items())}"


def differences(nodes: Iterable[Discovered]) -> dict[str, dict[str, str]]:
    """Return what is not the same on every node, and has to be, with what each node has, as far as it is known."""
    known = [(one.name, one.facts) for one in nodes if one.facts is not None and one.facts.found is not None]
    said = {
        "cluster.name": {name: text for name, facts in known if (text := plain(facts.settings, "cluster.name"))},
        "Elasticsearch": {name: facts.version for name, facts in known if facts.version},
    }
    return {what: values for what, values in said.items() if len({*values.values()}) > 1}


def additions(seen: Discovered, names: Sequence[str] = ()) -> dict[str, Any]:
    """Return what to write of a node: only what is neither written nor the default, in the order of the model.

    Args:
        seen: a node.
        names: what its certificates would lack.
    """
    facts = seen.facts
    if facts is None or facts.found is None:
        return {}
    found: dict[str, Any] = {}
    if not facts.found.unread:
        found |= {
            "name": seen.own_name if fits(NODE_NAME, seen.own_name) else "",
            "address": address_of(facts.settings, facts.machine),
        }
    for key in KEYS:
        port = port_of(facts.settings, key)
        found[key] = None if port == NodeSpec.model_fields[key].default else port
    found = {key: value for key, value in found.items() if value and key not in seen.written}
    if names:
        found["names"] = [*seen.written.get("names", ()), *names]
    machine = {key: value for key, value in _machine(seen, facts).items() if key not in seen.machine}
    return {**found, **({"machine": machine} if machine else {})}


def _machine(seen: Discovered, facts: NodeFacts) -> dict[str, str]:
    """Return what is to be written of a machine, as far as it is not the layout's default."""
    layout, running = facts.layout, facts.running
    if facts.found is None or (layout is None and running is None):
        return {}
    usual = LAYOUTS[layout or Layout.ARCHIVE]
    home = str(seen.machine.get("home") or facts.home)
    config = usual.config or (f"{home}/config" if home else "")
    own_start = (seen.machine.get("commands") or {}).get("start")
    unit = running.unit if running and usual.way is not Way.CONTAINER and not own_start else ""
    pid_file = running.pid_file if running and usual.way is Way.DAEMON and not unit else ""
    usual_user = usual.user or facts.owner
    told = {
        "layout": ("" if layout is Layout.ARCHIVE else str(layout or ""), ""),
        "home": (facts.home, usual.home or ""),
        "config": (facts.found.config, config),
        "user": (facts.user, usual_user),
        "pid_file": (pid_file, f"{facts.found.config}/elasticsearch.pid"),
        "unit": (unit, usual.unit or ""),
    }
    hidden = {"home", "config", "user", "pid_file", "unit"} if running and running.in_container else set()
    return {key: value for key, (value, default) in told.items() if value and value != default and key not in hidden}


def _family(written: str) -> str:
    """Return one word for both packages, which are handled alike; anything else as it is."""
    return "package" if written in (Layout.DEB, Layout.RPM) else written
