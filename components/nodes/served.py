"""Whether a node will pick up a replaced key file by itself, and the proof that it did."""

from components.errors import NotConverged
from components.handling import Context
from components.nodes.layers import LAYERS
from components.nodes.machine import NodeMachine
from components.nodes.probes import handshake
from components.nodes.spec import Node, Paths
from components.pki.spec import Layer
from components.settings.merge import flatten

SERVED_WITHIN = 30.0
"""Seconds; Elasticsearch looks at its files every 5 s (resource.reload.interval.high)."""
POLL = 0.25


def will_reload(machine: NodeMachine, layer: Layer) -> bool:
    """Tell whether the running node reads our key file on this layer, and so reloads it when it is replaced.

    Source: deploy-manage/security/updating-certificates (same file name, watched every 5 s).
    """
    process = machine.process()
    stat = machine.stat(Paths.SETTINGS).get(Paths.SETTINGS)
    if process is None or stat is None or stat.modified > process.started:
        return False
    facts = LAYERS[layer]
    settings = flatten(machine.settings_text(), where=machine.name)
    return settings.get(f"{facts.prefix}keystore.path") == facts.key_file


def wait_until_served(node: Node, layer: Layer, serial: str, context: Context) -> str:
    """Return the serial number once a handshake shows it.

    Raises:
        NotConverged: the node goes on serving another leaf.
    """
    began = context.clock.monotonic()
    while True:
        served = handshake(node.address, LAYERS[layer].port(node)).serial
        if served == serial:
            return served
        passed = context.clock.monotonic() - began
        if passed > SERVED_WITHIN:
            raise NotConverged(
                f"the {layer} layer still serves another leaf after {passed:.0f} s",
                where=node.name,
                why="the node did not take the new key file; its log has a WARN from FileWatcher if it cannot read it",
                next_step="look at the node's log; if it says nothing, restart this node",
            )
        context.progress(f"{node.name}: waiting until the {layer} layer serves the new leaf ({passed:.0f} s)")
        context.clock.sleep(POLL)
