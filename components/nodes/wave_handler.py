"""`essecurity:nodes:Wave`: a wave that every node has reached, with the proof where a handshake can give one.

What comes after a wave waits for this one resource, instead of for every node's: a hundred nodes that each wait for a
hundred others make a state file that is mostly lists of names.

A node looks at its files about every 5 seconds. So *cover* is proved here: until then it refuses leaves of a CA that
its trust file has already, and no node may present one before all the others take it. And so is *retire*: until then it
takes leaves of a CA that its trust file has no more, and none of a remote cluster that was added to it. *Present* is
proved on each node, by the leaf that it serves.

A leaf of a CA that all trust already has one thing more in its way: the clocks of those that verify it.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime
from typing import ClassVar

from pydantic import SecretStr

from components.errors import ClockDiffers, NotConverged, SecurityError
from components.findings import Finding
from components.handling import Change, Context, Handler, Recorded
from components.layer_words import spelled
from components.nodes.asked_for import wait_until_asked_for, wait_until_no_other_is_asked_for
from components.nodes.at_once import MACHINES
from components.nodes.clocks import refuse_a_clock_that_is_off
from components.nodes.greeting import greet
from components.nodes.probes import LISTEN, Answer, Identity, Speech
from components.nodes.served import reads_now, wait_until
from components.nodes.spec import Node
from components.nodes.stopped_wave import authority_of, stopping
from components.nodes.targets import machine_of
from components.nodes.wave_proofs import Proof, retired_proof
from components.pki.generations import Generation
from components.pki.issue import IssuedAuthority
from components.pki.rotation import WaveName
from components.pki.spec import Layer
from components.values import MaybeUnknown, Unknown, Wire, reveal


class WaveInputs(Wire):
    """Which wave, and who takes part.

    Attributes:
        layer: the layer.
        wave: `cover`, `adopt`, `present` or `retire`.
        nodes: every node.
        file: the trust file that was written; absent where a wave has no proof of its own.
        generation: the CA's generation.
        signer_certificate_pem: the CA that every node must trust, likewise.
        signer_key_pem: its key, to issue a probe leaf that lives in memory only.
        signer_sample_pem: a leaf of it with that leaf's key, where its own key is elsewhere.
        retired: the CAs that no node may trust any more, with their keys for the same purpose.
        remote_authorities_pem: the CAs of remote clusters, which every node must trust too.
        leaves: serial numbers of what nodes present once *cover* is through; absent in the other waves.
        written: what was done to the trust files of *cover* last, and how often; absent likewise, and in older records.
    """

    layer: Layer
    wave: str
    nodes: tuple[Node, ...]
    file: str | None = None
    generation: int | None = None
    signer_certificate_pem: MaybeUnknown[SecretStr] | None = None
    signer_key_pem: MaybeUnknown[SecretStr] | None = None
    signer_sample_pem: MaybeUnknown[SecretStr] | None = None
    retired: tuple[Generation, ...] = ()
    remote_authorities_pem: SecretStr | None = None
    leaves: MaybeUnknown[tuple[str, ...]] = ()
    written: MaybeUnknown[tuple[str, ...]] | None = None


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
    places: ClassVar[frozenset[str]] = frozenset({"leaves", "written"})

    def name(self, wanted: WaveInputs) -> str:
        """Return the id."""
        return f"{wanted.layer}/{wanted.wave}"

    def changes(self, recorded: WaveRecord, wanted: WaveInputs, context: Context) -> Sequence[Change]:
        """Return that a trust file was written since the proof, as one that was lost: nobody is to present before.

        Refuse that nodes present new leaves while one that has to verify them has a clock that is behind. The node that
        gets one is asked for its clock itself; the others have nothing to do, and nobody else asks them.

        Raises:
            ClockDiffers: by a node's clock what is made now is not valid yet.
        """
        known, wants = recorded.inputs.leaves, wanted.leaves
        if isinstance(wants, Unknown) or (known and wants != known):  # an older version recorded none
            _wait_on_each(wanted.nodes, wanted, lambda node: _refuse_its_clock(node, context))
        if not _was_written_since(recorded.inputs, wanted):
            return ()
        text = f"a trust file is written: that {_about(wanted)} is trusted is proved again"
        return [Change(Finding("TrustFileWritten", text), on="steps")]

    def preview(self, recorded: WaveRecord | None, wanted: WaveInputs, context: Context) -> WaveOutputs:
        """Return who will have reached it, and which nodes will be asked for a proof."""
        now = context.clock.now()
        return self._reached(wanted, self._proofs(wanted, now), self._to_ask(recorded, wanted), now)

    def converge(self, recorded: WaveRecord | None, wanted: WaveInputs, context: Context) -> WaveOutputs:
        """Wait until every node that reads the trust file takes a leaf of the CA, or refuses one of a retired CA.

        In *retire*, wait until it takes leaves of the CAs of remote clusters, and of no other that is not ours.

        Raises:
            NotConverged: a node goes on answering as before, or what would knock for *cover* has expired.
        """
        now = context.clock.now()
        proofs, asked = self._proofs(wanted, now), self._to_ask(recorded, wanted)
        for proof in proofs if asked else ():
            if _shows_nothing(proof, wanted, now):
                continue
            probe = proof.knocks(now)
            _wait_on_each(asked, wanted, lambda node: _wait_for(proof, node, wanted, probe, context))  # noqa: B023 (ends here)
        file = wanted.file if wanted.wave == WaveName.RETIRE and wanted.layer is Layer.TRANSPORT else None
        if file and asked:
            others = _of_remote_clusters(wanted)
            if others:
                _wait_on_each(asked, wanted, lambda node: wait_until_asked_for(node, others, context))
            _wait_on_each(asked, wanted, lambda node: wait_until_no_other_is_asked_for(node, file, context))
        return self._reached(wanted, proofs, asked, now)

    def _reached(
        self, wanted: WaveInputs, proofs: Sequence[Proof], asked: Sequence[Node], now: datetime
    ) -> WaveOutputs:
        names = ", ".join(node.name for node in asked)
        steps = (proof.step(wanted.layer, names, now) for proof in proofs)
        return WaveOutputs(reached=tuple(node.name for node in wanted.nodes), steps=tuple(steps) if asked else ())

    def _proofs(self, wanted: WaveInputs, now: datetime) -> tuple[Proof, ...]:
        """Return what is to be shown."""
        others = _of_remote_clusters(wanted)
        retired = tuple(proof for one in wanted.retired if (proof := retired_proof(one, now, others)))
        if wanted.generation is None:
            return retired
        key, certificate = wanted.signer_key_pem, wanted.signer_certificate_pem
        sample = reveal(wanted.signer_sample_pem) if isinstance(wanted.signer_sample_pem, SecretStr) else None
        signer = None
        if isinstance(key, SecretStr) and isinstance(certificate, SecretStr):
            signer = IssuedAuthority(reveal(key), reveal(certificate))
        return (Proof(wanted.generation, signer, accepted=True, sample=sample), *retired)

    def _to_ask(self, recorded: WaveRecord | None, wanted: WaveInputs) -> tuple[Node, ...]:
        """Return the nodes whose processes read the trust file: the others will when they are started."""
        ours = frozenset((*_leaves(wanted), *(_leaves(recorded.inputs) if recorded else ())))
        return tuple(node for node in wanted.nodes if wanted.file and self._reads(wanted.file, node, wanted, ours))

    def _reads(self, file: str, node: Node, wanted: WaveInputs, ours: frozenset[str]) -> bool:
        with _stopping(wanted, node):
            return reads_now(machine_of(node.machine), node, wanted.layer, file, ours)


def _leaves(inputs: WaveInputs) -> tuple[str, ...]:
    return () if isinstance(inputs.leaves, Unknown) else inputs.leaves


def _of_remote_clusters(wanted: WaveInputs) -> str:
    return reveal(wanted.remote_authorities_pem) if wanted.remote_authorities_pem else ""


def _stopping(wanted: WaveInputs, node: Node) -> AbstractContextManager[None]:
    """Let an error say which wave does not come to its end without a node."""
    return stopping(wanted.wave, _about(wanted), node.name)


def _about(wanted: WaveInputs) -> str:
    proved = [one.number for one in wanted.retired] if wanted.generation is None else [wanted.generation]
    return authority_of(wanted.layer, proved)


def _was_written_since(recorded: WaveInputs, wanted: WaveInputs) -> bool:
    """Tell whether something was done to a trust file, and nothing else makes the proof be given again."""
    before, now = recorded.written, wanted.written
    if before is None or now is None or isinstance(before, Unknown) or isinstance(now, Unknown):
        return False
    places = {"leaves": recorded.leaves, "written": before}
    return bool(set(now) - set(before)) and wanted.model_copy(update=places) == recorded


def _wait_on_each(asked: Sequence[Node], wanted: WaveInputs, wait: Callable[[Node], None]) -> None:
    """Wait for what nodes show, side by side."""

    def wait_on(node: Node) -> None:
        with _stopping(wanted, node):
            wait(node)

    with ThreadPoolExecutor(MACHINES.most) as pool:
        list(pool.map(wait_on, asked))


def _refuse_its_clock(node: Node, context: Context) -> None:
    """Refuse a clock that is off; one that cannot be asked is told by what looks at its files, and blocks no other."""
    try:
        refuse_a_clock_that_is_off(machine_of(node.machine), context)
    except ClockDiffers:
        raise
    except SecurityError:
        return


def _shows_nothing(proof: Proof, wanted: WaveInputs, now: datetime) -> bool:
    """Tell whether a proof is left out: no node presents a leaf before one of its CA was given and accepted."""
    missing = proof.shows_nothing(now)
    if missing and proof.accepted and proof.sample is not None:
        raise NotConverged(
            f"it cannot be proved that nodes trust {spelled(wanted.layer)} CA g{proof.generation}",
            where=f"authorities.{wanted.layer}.own.leaves",
            why=f"{missing}, so every node would refuse it for its date",
            next_step="put its successor in its file's place, then run `up` again",
        )
    return missing is not None


def _wait_for(proof: Proof, node: Node, wanted: WaveInputs, probe: Identity, context: Context) -> None:
    said = Answer(Speech.NOTHING)
    goes_on, safe = (
        ("refuses", "no node presents such a leaf yet, so nothing is broken")
        if proof.accepted
        else ("does not refuse", "no node presents such a leaf any more, so nothing is broken")
    )

    def not_yet(passed: float) -> NotConverged:
        return NotConverged(
            f"the {spelled(wanted.layer)} layer still {goes_on} leaves of CA g{proof.generation} after {passed:.0f} s",
            where=node.name,
            why=f"it answered: {said.refusal or 'nothing against it'}; its log has a WARN from FileWatcher if it "
            f"cannot read {wanted.file}",
            next_step=f"look at the node's log; {safe}; then run `up` again",
        )

    def answers_so() -> bool:
        nonlocal said
        before, said = said, greet(node, wanted.layer, probe, listen=LISTEN)
        if said.speech is Speech.PLAIN:  # twice: a node that ends, or a connection to its machine, sounds like it once
            return before.speech is Speech.PLAIN
        return said.trusted if proof.accepted else said.refused

    verb = "takes" if proof.accepted else "refuses"
    waiting = f"{node.name}: waiting until the {spelled(wanted.layer)} layer {verb} leaves of CA g{proof.generation}"
    wait_until(answers_so, waiting, not_yet, context)
