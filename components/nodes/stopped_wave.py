"""What an error says of the wave that it stops: which one, without whom, and what stays as it is meanwhile.

The engine begins nothing that waits for what failed, so it holds whatever the cause is.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from components.errors import SecurityError
from components.layer_words import spelled
from components.pki.rotation import WaveName
from components.pki.spec import Layer

ADOPT = "adopt"
"""The wave of a takeover in which nodes go on presenting what they present, out of our key files."""
MEANWHILE: dict[str, str] = {
    WaveName.COVER: "so present does not begin: what nodes present on this layer stays as it is; no trust file loses a "
    "CA, some may hold one more by now",
    WaveName.PRESENT: "so nothing that comes after it begins: no trust file loses a CA; some nodes may present their "
    "new leaf by now, the others keep theirs",
    WaveName.RETIRE: "which takes nothing that is in use: no node presents a leaf of a CA that goes; some may trust "
    "nothing else by now, the others still trust what they did",
    ADOPT: "so nothing that comes after it begins: no node gets other settings, and none is restarted",
}
"""What stays as it is when a wave is not through: what `LayerFiles` (nodes/resources.py) makes wait for it."""


def authority_of(layer: Layer, generations: Sequence[int]) -> str:
    """Return what a person calls the CA that a wave is about; the layer where it is about none."""
    numbers = " + ".join(f"g{number}" for number in generations)
    return f"{spelled(layer)} CA {numbers}" if numbers else f"the {spelled(layer)} layer"


def unseen_step(wave: str, of: str) -> str:
    """Return what a preview shows of a wave on a machine that does not answer."""
    return f"{wave} of {of}: not known before the machine answers, and not through before"


@contextmanager
def stopping(wave: str, of: str, without: str) -> Iterator[None]:
    """Let an error say which wave does not come to its end, and what stays as it is.

    Args:
        wave: the wave.
        of: the CA that it is about.
        without: the node, or the Kibana, that it waits for.

    Raises:
        SecurityError: the error, of its own class.
    """
    try:
        yield
    except SecurityError as error:
        so = f"the wave {wave} of {of} is not through without {without}, {MEANWHILE[wave]}"
        raise type(error)(error.what, where=error.where, why=error.why, next_step=error.next_step, so=so) from error
