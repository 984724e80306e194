"""`essecurity:nodes:Wave`: a wave that every node has reached.

It touches nothing. What comes after a wave waits for this one resource, instead of for every node's: a hundred nodes
that each wait for a hundred others make a state file that is mostly lists of names.
"""

from typing import ClassVar

from components.handling import Context, Handler, Recorded
from components.pki.spec import Layer
from components.values import Wire


class WaveInputs(Wire):
    """Which wave, and who takes part.

    Attributes:
        layer: the layer.
        wave: `cover` or `present`.
        nodes: the nodes' names.
    """

    layer: Layer
    wave: str
    nodes: tuple[str, ...]


class WaveOutputs(Wire):
    """Who has reached it."""

    reached: tuple[str, ...] = ()


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
        """Return who will have reached it."""
        return WaveOutputs(reached=wanted.nodes)

    def converge(self, recorded: WaveRecord | None, wanted: WaveInputs, context: Context) -> WaveOutputs:
        """Return who has reached it."""
        return WaveOutputs(reached=wanted.nodes)
