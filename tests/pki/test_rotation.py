"""How far a rotation goes in a run, what is held, what is refused, and whose keys are kept."""

import pytest

from components.errors import ConfigurationRefused
from components.layer_words import spelled
from components.pki.rotation import (
    Standing,
    kept_generations,
    next_standing,
    refuse_generation,
    waves_between,
    waves_held,
    way_back,
)
from components.pki.spec import HoldAfter, Layer

COVER, PRESENT = HoldAfter.COVER, HoldAfter.PRESENT
G1, G2 = Standing(1, (1,)), Standing(2, (2,))
COVERED, PRESENTED = Standing(1, (1, 2)), Standing(2, (1, 2))
"""Held on the way from the first generation to the second."""


@pytest.mark.parametrize(
    ("found", "wanted", "hold", "reached", "waves"),
    [
        pytest.param(None, 1, COVER, G1, None, id="the first CA has nothing to be held for"),
        pytest.param(G1, 1, None, G1, [], id="nothing to do"),
        pytest.param(G1, 1, COVER, G1, [], id="a hold without a rotation"),
        pytest.param(G1, 2, None, G2, ["cover", "present", "retire"], id="all at once"),
        pytest.param(G1, 2, COVER, COVERED, ["cover"], id="held after cover"),
        pytest.param(G1, 2, PRESENT, PRESENTED, ["cover", "present"], id="held after present"),
        pytest.param(COVERED, 2, COVER, COVERED, [], id="held still"),
        pytest.param(COVERED, 2, PRESENT, PRESENTED, ["present"], id="from cover to present"),
        pytest.param(COVERED, 2, None, G2, ["present", "retire"], id="from cover to the end"),
        pytest.param(PRESENTED, 2, COVER, PRESENTED, [], id="a hold after a wave that is over stops the next one"),
        pytest.param(PRESENTED, 2, None, G2, ["retire"], id="from present to the end"),
        pytest.param(COVERED, 1, None, G1, ["retire"], id="reversed after cover"),
        pytest.param(COVERED, 1, PRESENT, COVERED, [], id="reversed after cover, and held"),
        pytest.param(PRESENTED, 1, None, G1, ["present", "retire"], id="reversed after present"),
        pytest.param(PRESENTED, 1, COVER, PRESENTED, [], id="reversed after present, and held after cover"),
        pytest.param(PRESENTED, 1, PRESENT, COVERED, ["present"], id="reversed after present, and held after present"),
        pytest.param(COVERED, 3, COVER, Standing(1, (1, 2, 3)), ["cover"], id="one more, and held"),
        pytest.param(COVERED, 3, None, Standing(3, (3,)), ["cover", "present", "retire"], id="one more, to the end"),
    ],
)
def test_a_run_takes_a_ca_as_far_as_it_may(found, wanted, hold, reached, waves):
    assert next_standing(found, wanted, hold) == reached
    if found is not None:
        assert list(waves_between(found, reached, wanted)) == waves


@pytest.mark.parametrize(
    ("standing", "wanted", "waves"),
    [
        (G1, 1, []),
        (COVERED, 2, ["present", "retire"]),
        (PRESENTED, 2, ["retire"]),
        (COVERED, 1, ["retire"]),
        (PRESENTED, 1, ["present", "retire"]),
    ],
)
def test_what_is_held_is_what_is_still_to_come(standing, wanted, waves):
    assert list(waves_held(standing, wanted)) == waves


@pytest.mark.parametrize("hold", [None, COVER, PRESENT])
@pytest.mark.parametrize("found", [G1, COVERED, PRESENTED])
@pytest.mark.parametrize("wanted", [1, 2, 3])
def test_what_signs_is_trusted_and_nothing_goes_before_its_wave(found, wanted, hold):
    reached = next_standing(found, wanted, hold)
    assert reached.signer in reached.trusted
    assert next_standing(reached, wanted, hold) == reached
    if hold is not None:
        assert set(found.trusted) <= set(reached.trusted)


UNTIL_RETIRE = (
    "set authorities.{}.generation to {} again and run `up`, until retire; after that only by another rotation"
)
UNTIL_PRESENTED = (
    "set authorities.http.generation to {} again and run `up`, until every node presents g{} (with "
    "`rollout.hold_after`: until retire); after that only by another rotation"
)
NEVER = "only by another rotation, once this up begins"


@pytest.mark.parametrize(
    ("layer", "found", "reached", "wanted", "back"),
    [
        (Layer.TRANSPORT, G1, G2, 2, UNTIL_RETIRE.format("transport", 1)),
        (Layer.TRANSPORT, G1, COVERED, 2, UNTIL_RETIRE.format("transport", 1)),
        (Layer.TRANSPORT, PRESENTED, G2, 2, UNTIL_RETIRE.format("transport", 1)),
        (Layer.TRANSPORT, G2, G1, 1, UNTIL_RETIRE.format("transport", 2)),
        (Layer.TRANSPORT, COVERED, Standing(3, (3,)), 3, UNTIL_RETIRE.format("transport", 1)),
        (Layer.HTTP, G1, G2, 2, UNTIL_PRESENTED.format(1, 2)),
        (Layer.HTTP, COVERED, G2, 2, UNTIL_PRESENTED.format(1, 2)),
        (Layer.HTTP, G1, COVERED, 2, UNTIL_RETIRE.format("http", 1)),
        (Layer.HTTP, COVERED, PRESENTED, 2, UNTIL_RETIRE.format("http", 1)),
        (Layer.HTTP, PRESENTED, G2, 2, NEVER),
    ],
)
def test_until_when_there_is_a_way_back(layer, found, reached, wanted, back):
    assert way_back(layer, found, reached, wanted) == f"way back for the {spelled(layer)} CA: {back}"


@pytest.mark.parametrize(
    ("there", "found", "wanted"), [((1,), G1, 1), ((1,), G1, 2), ((1, 2), COVERED, 1), ((1, 2), COVERED, 3)]
)
def test_a_generation_that_is_trusted_or_the_next_one_can_be_asked_for(there, found, wanted):
    refuse_generation(Layer.TRANSPORT, there, found, wanted)


@pytest.mark.parametrize(
    ("there", "found", "wanted", "what", "next_step"),
    [
        ((2,), G2, 1, "generation 1 of the HTTP CA is retired", "set it to 2, or to 3 for a new key"),
        ((1,), G1, 3, "generation 3 of the HTTP CA leaves out generation 2", "set it to 1, or to 2 for a new key"),
        ((1, 2), COVERED, 4, "generation 4 of the HTTP CA leaves out", "set it to 1 or 2, or to 3 for a new key"),
    ],
    ids=["its key is gone", "a leap", "a leap while held"],
)
def test_a_generation_without_a_key_and_a_leap_are_refused(there, found, wanted, what, next_step):
    with pytest.raises(ConfigurationRefused) as caught:
        refuse_generation(Layer.HTTP, there, found, wanted)
    assert caught.value.what.startswith(what)
    assert caught.value.where == "authorities.http.generation"
    assert caught.value.next_step == next_step


@pytest.mark.parametrize(
    ("there", "found", "wanted", "kept"),
    [
        pytest.param((1,), G1, 2, (1,), id="the present one is kept"),
        pytest.param((1, 2), G2, 2, (1, 2), id="what was retired last is kept for its proof"),
        pytest.param((1, 2), G2, 3, (2,), id="what was retired before goes"),
        pytest.param((1, 2), COVERED, 3, (1, 2), id="what is trusted is kept"),
        pytest.param((1, 2), PRESENTED, 1, (1, 2), id="a reversal keeps both"),
    ],
)
def test_keys_are_kept_as_long_as_something_is_shown_with_them(there, found, wanted, kept):
    assert kept_generations(there, found, wanted) == kept
