"""What the machine tells of one node: its folders, its version, its settings, and the leaves that it presents."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from components.facts.candidates import KEYS, Asked, Candidate, called, meant, port_of
from components.facts.machine import MachineFacts, RunningNode
from components.nodes import hosts
from components.nodes.greeting import greet
from components.nodes.layouts import LAYOUTS, Layout
from components.nodes.machine import NodeMachine
from components.nodes.probes import Speech
from components.nodes.spec import Node
from components.nodes.target import NodeTarget
from components.pki.inspect import LeafFacts, leaf_facts
from components.pki.spec import Layer
from components.settings.dialled import published
from components.settings.merge import Value
from components.settings.standing import standing

LIST = 'ls "$1/lib" 2>/dev/null; true'
RESOLVE = """
for name do
  timeout 5 getent ahosts "$name" 2>/dev/null | while read -r address rest; do
    printf '%s %s\\n' "$name" "$address"
  done
done
true
"""
_JAR = re.compile(r"elasticsearch-(?P<version>\d+\.\d+\.\d+(?:-[A-Za-z0-9]+)?)\.jar")
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What is known of one node.

    Attributes:
        machine: what its machine tells.
        found: its config folder; None where it was not found out which one it is.
        home: ES_HOME; empty where it is not known.
        layout: how it was installed; None where it is not known.
        version: of Elasticsearch; empty where it is not known.
        owner: whom the config folder belongs to.
        leaves: what it presents, or has in a file where it does not run, by layer.
        speech: what its layers speak, by layer; none where it does not run.
        others: what else there is on the machine, where it is not known which one is meant.
    """

    machine: MachineFacts
    found: Candidate | None = None
    home: str = ""
    layout: Layout | None = None
    version: str = ""
    owner: str = ""
    leaves: Mapping[Layer, LeafFacts] = field(default_factory=dict)
    speech: Mapping[Layer, Speech] = field(default_factory=dict)
    others: tuple[str, ...] = ()

    @property
    def settings(self) -> Mapping[str, Value]:
        """Its effective settings."""
        return self.found.settings if self.found else {}

    @property
    def running(self) -> RunningNode | None:
        """Its process."""
        return self.found.running if self.found else None

    @property
    def user(self) -> str:
        """Whom it runs as, as far as a process tells."""
        return self.running.user if self.running else ""


def address_of(settings: Mapping[str, Value], machine: MachineFacts) -> str:
    """Return where others reach a node: what it publishes, or its machine's full name or first address.

    Source: networking-settings (network.host): without any setting a node publishes loopback.
    """
    told = [published(settings, layer) for layer in Layer]
    written = [host for one in told for host in one.hosts]
    if written:
        return written[0]
    if any(not hosts.is_loopback(text) for one in told for text in one.special):
        full = [name for name in machine.names if "." in name]
        return next(iter([*full, *machine.addresses]), LOOPBACK)
    return LOOPBACK


def facts_of(
    node: Node, asked: Asked, machine: MachineFacts, candidates: Sequence[Candidate], target: NodeTarget
) -> NodeFacts:
    """Return what is known of a node.

    Raises:
        TargetUnreachable: the machine does not answer any more.
    """
    found = meant(asked, candidates)
    if found is None:
        return NodeFacts(machine, others=tuple(sorted(called(one) for one in candidates)))
    layout = _layout(found, machine)
    running = found.running
    homes = [running.home if running else "", asked.home, (LAYOUTS[layout].home or "") if layout else ""]
    home = next((one for one in homes if one), "")
    here = NodeMachine(node.machine.model_copy(update={"config": found.config}), target)
    place: dict[str, int | str] = {key: port for key in KEYS if (port := port_of(found.settings, key)) is not None}
    place["address"] = asked.address or address_of(found.settings, machine)
    answers = {layer: greet(node.model_copy(update=place), layer) for layer in Layer} if running else {}
    leaves = {layer: leaf_facts(answer.chain[0]) for layer, answer in answers.items() if answer.chain}
    return NodeFacts(
        machine,
        found,
        home=home,
        layout=layout,
        version=_version(target, home),
        owner=_owner(here, found.config),
        leaves=leaves or _in_files(here, found.settings),
        speech={layer: answer.speech for layer, answer in answers.items()},
    )


def resolved(target: NodeTarget, names: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """Return the addresses of host names as a machine knows them; nothing for one that it does not know."""
    wanted = sorted(set(names))
    if not wanted:
        return {}
    found: dict[str, set[str]] = {}
    for name, _, address in (
        line.partition(" ") for line in target.run(["sh", "-c", RESOLVE, "sh", *wanted]).stdout.splitlines()
    ):
        found.setdefault(name, set()).add(address)
    return {name: frozenset(addresses) for name, addresses in found.items()}


def _layout(found: Candidate, machine: MachineFacts) -> Layout | None:
    if found.running and found.running.layout:
        return found.running.layout
    package = machine.package
    return package if package and found.config == LAYOUTS[package].config else None


def _version(target: NodeTarget, home: str) -> str:
    """Return the version by the name of the server's own file: no JVM has to be started for it."""
    if not home:
        return ""
    names = target.run(["sh", "-c", LIST, "sh", home]).stdout.splitlines()
    return next((found["version"] for name in names if (found := _JAR.fullmatch(name))), "")


def _owner(here: NodeMachine, config: str) -> str:
    if not config:
        return ""
    owner = next(iter(here.target.stat([here.path(".")]).values()), None)
    return owner.owner if owner else ""


def _in_files(here: NodeMachine, settings: Mapping[str, Value]) -> dict[Layer, LeafFacts]:
    """Return the leaves in files in PEM; those in PKCS#12 need a password, and a handshake shows them without."""
    found = {}
    for layer in Layer:
        told = standing(settings, layer)
        content = here.read(told.certificate) if told and told.certificate else None
        if content is not None and told is not None:
            found[layer] = leaf_facts(content, where=f"{here.name}: {here.path(told.certificate)}")
    return found
