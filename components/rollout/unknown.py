"""Nodes that run although nothing that the stack file names knows their process: a start would be a second one.

A second process on the same data does not start, or takes the next port; and what is not known is never stopped.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from components.facts.machine import RunningNode, look_at
from components.nodes.at_once import MACHINES
from components.nodes.greeting import greet
from components.nodes.machine import NodeMachine
from components.nodes.probes import Speech
from components.nodes.spec import Machine, Node
from components.pki.spec import Layer
from components.rollout.node import RolloutNode
from components.rollout.view import NodeView, Running


def held_against_ports(views: Iterable[NodeView], nodes: Mapping[str, RolloutNode]) -> tuple[NodeView, ...]:
    """Return the views, each as `held_against_its_port` has it."""
    with ThreadPoolExecutor(MACHINES.most) as pool:
        return tuple(pool.map(lambda view: held_against_its_port(view, nodes[view.name]), views))


def held_against_its_port(view: NodeView, node: RolloutNode) -> NodeView:
    """Return the view of a node, with why its process is not known where it is said not to run and its port answers.

    One that is in hand may just be ending, and removes its pid file before it closes its ports.
    """
    if view.running is not Running.NOT_RUNNING or view.in_hand:
        return view
    if greet(node.node, Layer.TRANSPORT).speech is Speech.NOTHING:
        return view
    return replace(view, unknown=why_unknown(node.node, _process_of(node.machine), view.start))


def _process_of(machine: NodeMachine) -> RunningNode | None:
    """Return the process on a node's machine that runs with its config folder, by paths as the stack file has them."""
    here = [one for one in look_at(machine.target).running if one.config and not one.in_container]
    real = machine.place.real
    config, pid_file = (real(machine.machine.config), machine.machine.pid_file) if here else ("", "")
    found = next((one for one in here if real(one.config) == config), None)
    if found and found.pid_file and real(found.pid_file) == real(pid_file):
        return replace(found, pid_file=pid_file)
    return found


def why_unknown(node: Node, found: RunningNode | None, start: str) -> str:
    """Return that a node answers, who does not know its process, and what to do.

    Args:
        node: the node.
        found: the process with its config folder; None where there is none to be found.
        start: how a person starts the node as the stack file has it.
    """
    answers = f"{node.name} answers at {node.address}:{node.transport_port}, but its process is not known"
    return f"{answers}: {_who_should_know(node.machine)}, and {_what_to_do(node, found, start)}"


def _who_should_know(machine: Machine) -> str:
    if machine.commands and machine.commands.status:
        return "`machine.commands.status` says that it does not run"
    if machine.container:
        return f"container {machine.container} does not run"
    return f"systemd's unit {machine.unit} runs nothing" if machine.unit else f"{machine.pid_file} names none"


def _what_to_do(node: Node, found: RunningNode | None, start: str) -> str:
    machine = node.machine
    if found is None:
        return (
            f"none with the folder {machine.config} is found there: correct its `address`, `transport_port` or "
            "`machine` in the stack file, or end what has that port"
        )
    if found.unit and found.unit != machine.unit:
        return f"systemd's unit {found.unit} runs process {found.pid}: write `unit: {found.unit}` into its `machine`"
    if machine.commands and machine.commands.status:
        return f"process {found.pid} does: correct that command"
    if machine.container or machine.unit:
        return f"process {found.pid} was started in another way: end it, and start the node with `{start}`"
    if found.pid_file and found.pid_file != machine.pid_file:
        return f"process {found.pid} wrote {found.pid_file}: write `pid_file: {found.pid_file}` into its `machine`"
    return (
        f"process {found.pid} was started without `-p`, or that file was removed: as its user, put its number "
        f"there, `echo {found.pid} > {machine.pid_file}`, or write the file that it was started with as `pid_file`"
    )
