"""Whether a node will pick up a replaced key file by itself, and the proof that it did."""

from collections.abc import Callable, Collection

from components.errors import NotConverged
from components.handling import Context
from components.layer_words import spelled
from components.nodes.greeting import greet
from components.nodes.machine import NodeMachine
from components.nodes.probes import Answer, Speech
from components.nodes.spec import Node, Paths
from components.pki.spec import Layer
from components.settings.merge import flatten

SERVED_WITHIN = 30.0
"""Seconds; Elasticsearch looks at its files every 5 s (resource.reload.interval.high)."""
POLL = 0.25
NOT_TAKEN = "the node did not take the new key file; its log has a WARN from FileWatcher if it cannot read it"
LOOK = (
    "look at the node's log; if it says nothing, see that its elasticsearch.yml is as it was at its start, and restart "
    "this node"
)
DOES_NOT_OPEN = "the password in its keystore does not open the new key file, so it would not start with it either"
LET_IT_BE_WRITTEN = (
    "do not restart it yet: stop it, run `up`, which writes the password while it is stopped, start it, and run `up`"
)


def reads_now(
    machine: NodeMachine, node: Node, layer: Layer, file: str, presented: Collection[str] = (), *, renamed: bool = False
) -> bool:
    """Tell whether the running node reads this key or trust file, and so reloads it when it is replaced.

    What it was started with is what elasticsearch.yml names, unless that was written since, is gone, or the process is
    not found. Then the port tells: who serves TLS, and is to read our file or presents our leaf, is taken to read it,
    and has to prove the rest. Source: deploy-manage/security/updating-certificates (same file name, watched every 5 s).

    Args:
        machine: the node's machine.
        node: the node.
        layer: the layer whose file it is.
        file: a path relative to the config folder; each of ours is named by one setting only.
        presented: serial numbers of the leaves that were seen to come out of our key file.
        renamed: whether the node read another file of ours before, and needs a restart for this one.

    Raises:
        ConfigurationRefused: its machine does not let us in, or is not the one that it should be.
    """
    process, stat = machine.process(), machine.stat(Paths.SETTINGS).get(Paths.SETTINGS)
    named = stat is not None and _is_named(machine, file)
    if process is not None and stat is not None and stat.modified <= process.started:
        return named
    if renamed or not (named or presented):
        return False
    said = _heard(node, layer)
    if said.speech is Speech.NOTHING:
        return named and process is not None  # it may be busy, and is asked again for the proof
    return said.speech is Speech.TLS and (named or said.serial in presented)


def _is_named(machine: NodeMachine, file: str) -> bool:
    settings = flatten(machine.settings_text(), where=machine.name)
    return any(file in (value if isinstance(value, tuple) else (value,)) for value in settings.values())


def _heard(node: Node, layer: Layer) -> Answer:
    """Return what a layer answers; plain text is heard twice, since a connection that ends sounds like it once."""
    said = greet(node, layer)
    return greet(node, layer) if said.speech is Speech.PLAIN else said


def wait_until_served(
    node: Node, layer: Layer, serial: str, context: Context, could_start: Callable[[], bool] = lambda: True
) -> str:
    """Return the serial number once a handshake shows it.

    Args:
        node: the node.
        layer: the layer.
        serial: the serial number.
        context: the clock and a voice.
        could_start: tells, after all, whether the node's keystore opens its key file.

    Raises:
        NotConverged: the node goes on serving another leaf.
    """

    def refused(passed: float) -> NotConverged:
        why, next_step = (NOT_TAKEN, LOOK) if could_start() else (DOES_NOT_OPEN, LET_IT_BE_WRITTEN)
        return NotConverged(
            f"the {spelled(layer)} layer still serves another leaf after {passed:.0f} s",
            where=node.name,
            why=why,
            next_step=next_step,
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
