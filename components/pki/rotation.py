"""A rotation of a CA as rules: which generation signs, and which ones are trusted, until it may go on.

What signs is what nodes *present*; what is trusted is what *cover* adds to and *retire* leaves. So a rotation that is
held after a wave is a CA that goes on answering with both generations, and every resource behind it stays as it is.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from components.errors import ConfigurationRefused
from components.layer_words import spelled
from components.pki.spec import HoldAfter, Layer

BACK = (
    "set authorities.{layer}.generation to {signer} again and run `up`, until retire; "
    "after that only by another rotation"
)
BACK_FROM_HTTP = (
    "set authorities.http.generation to {signer} again and run `up`, until every node presents g{wanted} "
    "(with `rollout.hold_after`: until retire); after that only by another rotation"
)
"""What clients of others trust is not ours to look at: they may let a CA go once no node presents it."""
NO_WAY_BACK = "only by another rotation, once this up begins"


class WaveName(StrEnum):
    """The three waves of a rotation, in their order."""

    COVER = "cover"
    PRESENT = "present"
    RETIRE = "retire"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a CA is.

    Attributes:
        signer: the generation that signs.
        trusted: every generation that verifiers are to trust, in order.
    """

    signer: int
    trusted: tuple[int, ...]

    def with_those_in_use(self, formers: Collection[int]) -> "Standing":
        """Return how far it really is: what nobody has begun to retire signs still, and is trusted.

        Args:
            formers: generations that are in use everywhere, though they are not recorded any more.
        """
        if not formers:
            return self
        return Standing(min(formers), tuple(sorted({*formers, *self.trusted})))


class Way(NamedTuple):
    """How far a CA is, and how far a run takes it."""

    found: Standing
    reached: Standing


def next_standing(found: Standing | None, wanted: int, hold: HoldAfter | None) -> Standing:
    """Return how far a run takes a CA; the first generation of all has nothing to be held for.

    Args:
        found: how far it is; None where there is no CA yet.
        wanted: the generation that is asked for.
        hold: the wave after which a rotation waits for a person.
    """
    settled = Standing(wanted, (wanted,))
    if found is None or hold is None or found == settled:
        return settled
    return Standing(
        found.signer if hold is HoldAfter.COVER else wanted,
        tuple(sorted({*found.trusted, wanted})),
    )


def waves_between(found: Standing, reached: Standing, wanted: int) -> tuple[WaveName, ...]:
    """Return the waves of a rotation that lie between two standings of a CA."""
    passed = {
        WaveName.COVER: wanted in reached.trusted and wanted not in found.trusted,
        WaveName.PRESENT: reached.signer == wanted != found.signer,
        WaveName.RETIRE: reached.trusted == (wanted,) != found.trusted,
    }
    return tuple(wave for wave, is_passed in passed.items() if is_passed)


def waves_held(standing: Standing, wanted: int) -> tuple[WaveName, ...]:
    """Return the waves that are still to come; none where the rotation is done."""
    return waves_between(standing, Standing(wanted, (wanted,)), wanted)


def kept_generations(there: Collection[int], found: Standing, wanted: int) -> tuple[int, ...]:
    """Return whose keys are kept: all but, once another key is made, those that were retired before.

    The key of what is retired last is kept until then, because only with it can be shown that its leaves are refused.
    """
    return tuple(sorted(number for number in there if wanted in there or number in found.trusted))


def refuse_generation(layer: Layer, there: Collection[int], found: Standing, wanted: int) -> None:
    """Refuse a generation whose key is gone, and one that leaves out another.

    Raises:
        ConfigurationRefused: with the generations that can be asked for.
    """
    new = max(there) + 1
    if wanted in found.trusted or wanted == new:
        return
    present = " or ".join(map(str, sorted(found.trusted)))
    raise ConfigurationRefused(
        f"generation {wanted} of the {spelled(layer)} CA leaves out generation {new}"
        if wanted > new
        else f"generation {wanted} of the {spelled(layer)} CA is retired, and a retired generation never comes back",
        where=f"authorities.{layer}.generation",
        why="a generation is raised by one" if wanted > new else "its key is gone since the next generation was made",
        next_step=f"set it to {present}, or to {new} for a new key",
    )


def way_back(layer: Layer, found: Standing, reached: Standing, wanted: int, *, is_whole: bool = True) -> str:
    """Return until when a rotation can be reversed.

    Args:
        layer: the layer.
        found: how far the CA is.
        reached: how far this run takes it.
        wanted: the generation that is asked for.
        is_whole: whether what signed last came as far as it is recorded: an interrupted run may not have covered it.
    """
    former = next(number for number in (*reached.trusted, found.signer, *found.trusted) if number != wanted)
    text = BACK
    if layer is Layer.HTTP and reached.trusted == (wanted,):
        text = BACK_FROM_HTTP if found.signer != wanted else NO_WAY_BACK
    if not is_whole:
        text = NO_WAY_BACK
    return f"way back for the {spelled(layer)} CA: {text.format(layer=layer, signer=former, wanted=wanted)}"
