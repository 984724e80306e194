"""Whether a node will pick up a replaced key file by itself, and the proof that it did."""

from collections.abc import Callable

from components.errors import NotConverged
from components.handling import Context
from components.layer_words import spelled
from components.nodes.greeting import greet
from components.nodes.machine import NodeMachine
from components.nodes.spec import Node, Paths
from components.pki.spec import Layer
from components.settings.merge import flatten

SERVED_WITHIN = 30.0
"""Seconds; Elasticsearch looks at its files every 5 s (resource.reload.interval.high)."""
POLL = 0.25


def reads_now(machine: NodeMachine, file: str) -> bool:
    """Tell whether the running node was started with an elasticsearch.yml that names this key or trust file.

    It reloads such a file when it is replaced. Source: deploy-manage/security/updating-certificates (same file name,
    watched every 5 s).

    Args:
        machine: the node's machine.
        file: a path relative to the config folder; each of ours is named by one setting only.
    """
    process = machine.process()
    if process is None:
        return False
    stat = machine.stat(Paths.SETTINGS).get(Paths.SETTINGS)
    if stat is None or stat.modified > process.started:
        return False
    settings = flatten(machine.settings_text(), where=machine.name)
    return any(file in (value if isinstance(value, tuple) else (value,)) for value in settings.values())


def wait_until_served(node: Node, layer: Layer, serial: str, context: Context) -> str:
    """Return the serial number once a handshake shows it.

    Raises:
        NotConverged: the node goes on serving another leaf.
    """

    def refused(passed: float) -> NotConverged:
        return NotConverged(
            f"the {spelled(layer)} layer still serves another leaf after {passed:.0f} s",
            where=node.name,
            why="the node did not take the new key file; its log has a WARN from FileWatcher if it cannot read it",
            next_step="look at the node's log; if it says nothing, restart this node",
        )

    def serves_it() -> bool:
        return greet(node, layer).serial == serial

    wait_until(
        serves_it, f"{node.name}: waiting until the {spelled(layer)} layer serves the new leaf", refused, context
    )
    return serial


def wait_until(
    reached: Callable[[], bool], waiting: str, refused: Callable[[float], NotConverged], context: Context
) -> None:
    """Return once a node that reloads its files shows that it did.

    Args:
        reached: looks whether it did.
        waiting: what is waited for, for the progress line.
        refused: makes the error, from the seconds that have passed.
        context: the clock and a voice.

    Raises:
        NotConverged: it did not in time.
    """
    began = context.clock.monotonic()
    while not reached():
        passed = context.clock.monotonic() - began
        if passed > SERVED_WITHIN:
            raise refused(passed)
        context.progress(f"{waiting} ({passed:.0f} s)")
        context.clock.sleep(POLL)
