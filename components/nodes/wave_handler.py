"""`essecurity:nodes:Wave`: a wave that every node has reached, with the proof where a handshake can give one.

What comes after a wave waits for this one resource, instead of for every node's: a hundred nodes that each wait for a
hundred others make a state file that is mostly lists of names.

*Cover* is proved here: a node looks at its files about every 5 seconds, and until then refuses leaves of a CA that its
trust file has already. No node may present one before all the others take it.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

from pydantic import SecretStr

from components.errors import NotConverged
from components.handling import Context, Handler, Recorded
from components.nodes.layers import LAYERS
from components.nodes.probes import ALERT_WAIT, Answer, Identity, Speech, handshake
from components.nodes.served import reads_now, wait_until
from components.nodes.spec import Node
from components.nodes.targets import machine_of
from components.pki.issue import IssuedAuthority
from components.pki.probe import probe_leaf
from components.pki.spec import Layer
from components.values import MaybeUnknown, Wire, reveal

AT_ONCE = 16


class WaveInputs(Wire):
    """Which wave, and who takes part.

    Attributes:
        layer: the layer.
        wave: `cover` or `present`.
        nodes: every node.
        file: the trust file that was covered; absent where a wave has no proof of its own.
        generation: the CA's generation.
        signer_certificate_pem: the CA that every node must trust, likewise.
        signer_key_pem: its key, to issue a probe leaf that lives in memory only.
    """

    layer: Layer
    wave: str
    nodes: tuple[Node, ...]
    file: str | None = None
    generation: int | None = None
    signer_certificate_pem: MaybeUnknown[SecretStr] | None = None
    signer_key_pem: MaybeUnknown[SecretStr] | None = None


class WaveOutputs(Wire):
    """Who has reached it, and by what proof."""

    reached: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


WaveRecord = Recorded[WaveInputs, WaveOutputs]


class WaveHandler(Handler[WaveInputs, WaveOutputs]):
    """Writes down that a wave is through: the engine asks for it once every node's own resource is done."""

    token = "essecurity:nodes:Wave"  # noqa: S105 (a resource type, not a secret)
    summary = "A wave that every node has reached; what comes after waits for it."
    inputs = WaveInputs
    outputs = WaveOutputs
    replace_on: ClassVar[frozenset[str]] = frozenset({"layer", "wave"})

    def name(self, wanted: WaveInputs) -> str:
        """Return the id."""
        return f"{wanted.layer}/{wanted.wave}"

    def preview(self, recorded: WaveRecord | None, wanted: WaveInputs, context: Context) -> WaveOutputs:
        """Return who will have reached it, and which nodes will be asked for a proof."""
        return self._reached(wanted, self._to_ask(wanted))

    def converge(self, recorded: WaveRecord | None, wanted: WaveInputs, context: Context) -> WaveOutputs:
        """Wait until every node that reads the trust file takes a leaf of the CA.

        Raises:
            NotConverged: a node goes on refusing it; nothing is presented to it.
        """
        asked = self._to_ask(wanted)
        if asked:
            probe = self._probe(wanted, context)
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(lambda node: _wait_until_trusted(node, wanted, probe, context), asked))
        return self._reached(wanted, asked)

    def _reached(self, wanted: WaveInputs, asked: Sequence[Node]) -> WaveOutputs:
        names = tuple(node.name for node in wanted.nodes)
        if not asked:
            return WaveOutputs(reached=names)
        proof = (
            f"a probe leaf of {wanted.layer} CA g{wanted.generation} is accepted by "
            f"{', '.join(node.name for node in asked)}"
        )
        return WaveOutputs(reached=names, steps=(proof,))

    def _to_ask(self, wanted: WaveInputs) -> tuple[Node, ...]:
        """Return the nodes whose processes read the trust file: the others will when they are started."""
        if wanted.file is None or wanted.signer_key_pem is None:
            return ()
        file = wanted.file
        return tuple(node for node in wanted.nodes if reads_now(machine_of(node.machine), file))

    def _probe(self, wanted: WaveInputs, context: Context) -> Identity:
        assert wanted.signer_key_pem is not None  # noqa: S101 (asked for above)
        assert wanted.signer_certificate_pem is not None  # noqa: S101 (comes with the key)
        signer = IssuedAuthority(reveal(wanted.signer_key_pem), reveal(wanted.signer_certificate_pem))
        leaf = probe_leaf(signer, context.clock.now())
        return Identity(leaf.certificate_pem, leaf.private_key_pem)


def _wait_until_trusted(node: Node, wanted: WaveInputs, probe: Identity, context: Context) -> None:
    said = Answer(Speech.NOTHING)

    def refused(passed: float) -> NotConverged:
        return NotConverged(
            f"the {wanted.layer} layer still refuses leaves of CA g{wanted.generation} after {passed:.0f} s",
            where=node.name,
            why=f"it answered: {said.refusal}; its log has a WARN from FileWatcher if it cannot read {wanted.file}",
            next_step="look at the node's log; no node presents such a leaf yet, so nothing is broken; then run `up` "
            "again",
        )

    def takes_it() -> bool:
        nonlocal said
        said = handshake(node.address, LAYERS[wanted.layer].port(node), probe, listen=ALERT_WAIT)
        return said.trusted or said.speech is Speech.PLAIN

    waiting = f"{node.name}: waiting until the {wanted.layer} layer takes leaves of CA g{wanted.generation}"
    wait_until(takes_it, waiting, refused, context)
