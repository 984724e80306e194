"""Whose leaves a running node takes, told by itself: those of remote clusters, and none that its trust file excludes.

Of a CA whose key is not here, and of which no leaf is here, no probe can show that it is taken or refused: so it is
with the CAs of remote clusters, and with the CA of somebody else whose cluster is taken over. But a server that asks
for certificates names the CAs whose leaves it takes. Source: RFC 8446, section 4.2.4; RFC 5246, section 7.4.4.
"""

from collections.abc import Callable
from dataclasses import dataclass

from cryptography import x509

from components.errors import NotConverged
from components.handling import Context
from components.nodes.greeting import greet
from components.nodes.probes import Answer, Speech
from components.nodes.served import wait_until
from components.nodes.spec import Node
from components.nodes.targets import machine_of
from components.pki.inspect import parse_bundle
from components.pki.spec import Layer

PEM = b"-----BEGIN"
NOT_TAKEN = "it did not take the new trust file; its log has a WARN from FileWatcher if it cannot read it"


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of a wait.

    Attributes:
        waiting: the line of progress.
        goes_on: what the transport layer does for too long, before the names of CAs.
        next_step: what to do then.
    """

    waiting: str
    goes_on: str
    next_step: str


def wait_until_asked_for(node: Node, authorities_pem: str, context: Context) -> None:
    """Return once the transport layer asks for leaves of these CAs.

    Elasticsearch looks at its trust file every 5 s: until then it refuses a remote cluster that stands there already. A
    node that names no CA at all shows nothing, and CAs of the same name are one here.

    Args:
        node: a node whose process reads the trust file.
        authorities_pem: the CAs, as PEM.
        context: the clock and a voice.

    Raises:
        NotConverged: it goes on without asking for leaves of one of them, or does not answer.
    """
    wanted = frozenset(one.subject for one in parse_bundle(authorities_pem))

    def missing(asked: frozenset[x509.Name]) -> frozenset[x509.Name]:
        return wanted - asked if asked else frozenset()

    _wait_while(
        missing,
        Words(
            f"{node.name}: waiting until the transport layer takes leaves of the CAs of remote clusters",
            "takes no leaves of",
            "until then it refuses that remote cluster, so let nobody there present a new leaf yet: look at the node's "
            "log, and for `resource.reload` in its elasticsearch.yml; then run `up` again",
        ),
        node,
        context,
    )


def wait_until_no_other_is_asked_for(node: Node, file: str, context: Context) -> None:
    """Return once the transport layer asks for leaves of no CA that the trust file does not hold.

    A node that names none shows nothing, and neither does a trust file that only a password opens; CAs of the same name
    are one here.

    Args:
        node: a node whose process reads the trust file.
        file: the trust file, relative to the config folder.
        context: the clock and a voice.

    Raises:
        NotConverged: it goes on asking for leaves of another, or does not answer.
    """
    content = machine_of(node.machine).read(file) or b""
    if PEM not in content:
        return
    held = {one.subject for one in parse_bundle(content.decode())}
    _wait_while(
        lambda asked: asked - held,
        Words(
            f"{node.name}: waiting until the transport layer takes leaves of no CA that {file} does not hold",
            "still takes leaves of",
            "look at the node's log; then run `up` again",
        ),
        node,
        context,
    )


def _wait_while(
    wrong: Callable[[frozenset[x509.Name]], frozenset[x509.Name]], words: Words, node: Node, context: Context
) -> None:
    """Wait while something is wrong with the CAs whose leaves the transport layer asks for.

    A node that does not answer, as one that is busy, has shown nothing: it is asked again. One that speaks plain text,
    twice, verifies nobody.
    """
    said, found = Answer(Speech.NOTHING), list[str]()

    def is_right() -> bool:
        nonlocal said
        before, said = said, greet(node, Layer.TRANSPORT)
        if said.speech is Speech.PLAIN:
            return before.speech is Speech.PLAIN
        found[:] = sorted(name.rfc4514_string() for name in wrong(frozenset(said.asks_for)))
        return bool(said.chain) and not found

    def not_yet(passed: float) -> NotConverged:
        what, why = f"{words.goes_on} {', '.join(found)} after {passed:.0f} s", NOT_TAKEN
        if not said.chain:
            what, why = f"ended no handshake in {passed:.0f} s", said.refusal or "it did not answer"
        return NotConverged(f"the transport layer {what}", where=node.name, why=why, next_step=words.next_step)

    wait_until(is_right, words.waiting, not_yet, context)
