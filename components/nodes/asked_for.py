"""Whose leaves a running node takes, told by itself: those of remote clusters, and none that its trust file excludes.

Of a CA whose key is not here, and of which no leaf is here, no probe can show that it is taken or refused: so it is
with the CAs of remote clusters, and with the CA of somebody else whose cluster is taken over. But a server that asks
for certificates names the CAs whose leaves it takes. Source: RFC 8446, section 4.2.4; RFC 5246, section 7.4.4.
"""

from components.errors import NotConverged
from components.handling import Context
from components.nodes.greeting import greet
from components.nodes.served import wait_until
from components.nodes.spec import Node
from components.nodes.targets import machine_of
from components.pki.inspect import parse_bundle
from components.pki.spec import Layer

PEM = b"-----BEGIN"
LOOK = (
    "it did not take the new trust file; its log has a WARN from FileWatcher if it cannot read it",
    "look at the node's log; then run `up` again",
)
"""Why a node goes on taking others' leaves, or none of theirs, and what to do next."""


def wait_until_asked_for(node: Node, authorities_pem: str, context: Context) -> None:
    """Return once the transport layer asks for leaves of these CAs.

    Elasticsearch looks at its trust file every 5 s: until then it refuses a remote cluster that stands there already. A
    node that names no CA at all shows nothing, and CAs of the same name are one here.

    Args:
        node: a node whose process reads the trust file.
        authorities_pem: the CAs, as PEM.
        context: the clock and a voice.

    Raises:
        NotConverged: it goes on without asking for leaves of one of them.
    """
    wanted = {one.subject for one in parse_bundle(authorities_pem)}
    missing: list[str] = []

    def asks_for_all() -> bool:
        asked = frozenset(greet(node, Layer.TRANSPORT).asks_for)
        missing[:] = sorted(name.rfc4514_string() for name in wanted - asked) if asked else []
        return not missing

    def not_yet(passed: float) -> NotConverged:
        why, next_step = LOOK
        return NotConverged(
            f"the transport layer takes no leaves of {', '.join(missing)} after {passed:.0f} s",
            where=node.name,
            why=why,
            next_step=next_step,
        )

    waiting = f"{node.name}: waiting until the transport layer takes leaves of the CAs of remote clusters"
    wait_until(asks_for_all, waiting, not_yet, context)


def wait_until_no_other_is_asked_for(node: Node, file: str, context: Context) -> None:
    """Return once the transport layer asks for leaves of no CA that the trust file does not hold.

    A node that names none shows nothing, and neither does a trust file that only a password opens; CAs of the same name
    are one here.

    Args:
        node: a node whose process reads the trust file.
        file: the trust file, relative to the config folder.
        context: the clock and a voice.

    Raises:
        NotConverged: it goes on asking for leaves of another.
    """
    content = machine_of(node.machine).read(file) or b""
    if PEM not in content:
        return
    held = {one.subject for one in parse_bundle(content.decode())}
    others: list[str] = []

    def asks_for_no_other() -> bool:
        asked = greet(node, Layer.TRANSPORT).asks_for
        others[:] = [name.rfc4514_string() for name in asked if name not in held]
        return not others

    def not_yet(passed: float) -> NotConverged:
        why, next_step = LOOK
        return NotConverged(
            f"the transport layer still takes leaves of {', '.join(others)} after {passed:.0f} s",
            where=node.name,
            why=why,
            next_step=next_step,
        )

    waiting = f"{node.name}: waiting until the transport layer takes leaves of no CA that {file} does not hold"
    wait_until(asks_for_no_other, waiting, not_yet, context)
