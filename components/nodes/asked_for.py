"""Whether a running node takes leaves of no other CA than its trust file holds, told by itself.

Of a CA whose key is not here, and of which no leaf is here, no probe can show that it is refused: so it is with the CA
of somebody else whose cluster is taken over. But a server that asks for certificates names the CAs whose leaves it
takes. Source: RFC 8446, section 4.2.4; RFC 5246, section 7.4.4.
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
        return NotConverged(
            f"the transport layer still takes leaves of {', '.join(others)} after {passed:.0f} s",
            where=node.name,
            why=f"it did not take the new {file}; its log has a WARN from FileWatcher if it cannot read it",
            next_step="look at the node's log; then run `up` again",
        )

    waiting = f"{node.name}: waiting until the transport layer takes leaves of no CA that {file} does not hold"
    wait_until(asks_for_no_other, waiting, not_yet, context)
