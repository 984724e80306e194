"""Which target reaches a machine, and from where its ports are called."""

from components.nodes.dialling import Dial, directly
from components.nodes.keystore_looks import THIS_RUN
from components.nodes.local import LocalTarget
from components.nodes.machine import NodeMachine
from components.nodes.process import USUAL, Patience
from components.nodes.spec import Machine
from components.nodes.ssh import SshTarget
from components.nodes.target import NodeTarget


def target_of(machine: Machine) -> NodeTarget:
    """Return the door to a machine, as its inputs say."""
    return LocalTarget(machine.node) if machine.ssh is None else SshTarget(machine.node, machine.ssh)


def dial_of(machine: Machine) -> Dial:
    """Return how the ports of a node are called: from its own machine, so that nobody else has to reach them."""
    return directly if machine.ssh is None else SshTarget(machine.node, machine.ssh).dial


def machine_of(machine: Machine, patience: Patience = USUAL) -> NodeMachine:
    """Return a node's machine, reached the way its inputs say; `patience` is for who starts or stops the node."""
    return NodeMachine(machine, target_of(machine), THIS_RUN, patience)
