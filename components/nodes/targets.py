"""Which target reaches a machine."""

from components.nodes.local import LocalTarget
from components.nodes.machine import NodeMachine
from components.nodes.spec import Machine


def machine_of(machine: Machine) -> NodeMachine:
    """Return a node's machine, reached the way its inputs say."""
    return NodeMachine(machine, LocalTarget(machine.node))
