"""Which config folder on a machine is that of a node: those that there are, and the one that an operator means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from components.errors import SecurityError, TargetUnreachable
from components.facts.machine import MachineFacts, RunningNode
from components.nodes.layouts import LAYOUTS
from components.nodes.machine import NodeMachine
from components.nodes.spec import Machine
from components.nodes.target import NodeTarget
from components.settings.merge import Value, flatten
from components.settings.ports import PORTS, named_ports

REAL = """
for path do
  printf '%s\\n' "$(readlink -f -- "$path" || printf %s "$path")"
done
"""
"""Prints each path without links in it, in the order of the arguments."""
KEYS = ("http_port", "transport_port")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A config folder on a machine that may be the node's.

    Attributes:
        config: its path on the machine; empty where that is not known.
        settings: the effective settings in it; none where they cannot be read.
        running: the process that runs with it; None without one.
        unread: why the settings cannot be read; empty where they were.
    """

    config: str
    settings: Mapping[str, Value] = field(default_factory=dict)
    running: RunningNode | None = None
    unread: str = ""

    @property
    def name(self) -> str:
        """Its `node.name`; empty where that is not written, or is a variable."""
        return plain(self.settings, "node.name")


@dataclass(frozen=True, slots=True)
class Asked:
    """By what a node is known among those of its machine: what the operator wrote of it.

    Attributes:
        name: its name; empty where it is not written.
        config: its config folder, likewise.
        ports: `http_port` and `transport_port`, as far as they are written.
        address: where others reach it, likewise.
        home: ES_HOME, likewise.
    """

    name: str = ""
    config: str = ""
    ports: Mapping[str, int] = field(default_factory=dict)
    address: str = ""
    home: str = ""


def plain(settings: Mapping[str, Value], key: str) -> str:
    """Return a setting that is one text without a variable; empty otherwise."""
    value = settings.get(key, "")
    return value if isinstance(value, str) and "${" not in value else ""


def port_of(settings: Mapping[str, Value], key: str) -> int | None:
    """Return the port that a node's settings name for `http_port` or `transport_port`; None where it is not for sure.

    Where one is published that is another one than the node listens on, it is the first in the table that counts.
    """
    return next((int(port) for port in named_ports(settings, PORTS[key]).values()), None)


def meant(asked: Asked, candidates: Sequence[Candidate]) -> Candidate | None:
    """Return the candidate that an operator means; None where that is not for sure.

    The folder says it, else the name, and of several of one name, or none of it, the ports. Of those that are left it
    is the one that runs, or the only one.
    """
    if asked.config:
        return next((one for one in candidates if one.config == asked.config), None)
    left = [one for one in candidates if asked.name and one.name == asked.name] or list(candidates)
    left = [one for one in left if any(port_of(one.settings, key) == port for key, port in asked.ports.items())] or left
    left = [one for one in left if one.running] or left
    return left[0] if len(left) == 1 else None


def candidates_on(facts: MachineFacts, machine: Machine, target: NodeTarget, written: str) -> tuple[Candidate, ...]:
    """Return the config folders that may be the node's: those of running nodes, the written one, the package's.

    Args:
        facts: what the machine tells.
        machine: how the stack file describes it.
        target: the door to it.
        written: the config folder that the stack file names, or that is in the home that it names; empty without one.

    Raises:
        TargetUnreachable: the machine does not answer any more.
    """
    found = {one.config: one for one in facts.running if one.config and not one.in_container}
    folders = list(found := _under_the_written_name(found, written, target))
    if written and written not in folders:
        folders.append(written)
    package = LAYOUTS[facts.package].config if facts.package else None
    if package and package not in folders:
        folders.append(package)
    hidden = [Candidate("", running=one, unread=_why_hidden(one)) for one in facts.running if one not in found.values()]
    return (*(_read(folder, machine, target, found.get(folder)) for folder in folders), *hidden)


def _under_the_written_name(
    found: Mapping[str, RunningNode], written: str, target: NodeTarget
) -> dict[str, RunningNode]:
    """Return running nodes by their folders, and the one whose folder is written by the name that is written there."""
    if not written or not found or written in found:
        return dict(found)
    asked = [written, *found]
    real = dict(zip(asked, target.run(["sh", "-c", REAL, "sh", *asked]).stdout.splitlines(), strict=False))
    meant_there = real.get(written, written)
    return {written if real.get(folder) == meant_there else folder: one for folder, one in found.items()}


def _read(folder: str, machine: Machine, target: NodeTarget, running: RunningNode | None) -> Candidate:
    here = NodeMachine(machine.model_copy(update={"config": folder}), target)
    try:
        return Candidate(folder, flatten(here.settings_text(), where=here.settings_place()), running)
    except TargetUnreachable:
        raise
    except SecurityError as error:
        return Candidate(folder, {}, running, f"{error.what} ({error.why})")


def _why_hidden(running: RunningNode) -> str:
    if running.in_container:
        return f"process {running.pid} runs in a container, where its folders are other ones than the machine's"
    return f"process {running.pid} does not tell its config folder to this login"


def called(candidate: Candidate) -> str:
    """Return a candidate as a message names it."""
    if not candidate.config:
        return f"process {candidate.running.pid}" if candidate.running else ""
    return f"{candidate.name} in {candidate.config}" if candidate.name else candidate.config
