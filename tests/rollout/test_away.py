"""How long a node was away in the last restart, and what the next preview says of it."""

import pytest

from components.rollout.away import seconds_away
from components.settings.scenarios import Choices, VerificationMode
from tests.rollout.world import with_own_allocation

FULL_STOP = (
    ("keep replicas from being moved", 1.0),
    ("stop es-1, es-2", 4.0),
    ("write elasticsearch.yml and keystore of es-1, es-2", 2.0),
    ("start es-1, es-2", 10.0),
    ("wait until es-1, es-2 have joined", 3.0),
    ("let replicas be moved again", 7.0),
    ("wait until health is as good as before", 9.0),
)


def one_node(name: str, seconds: float) -> tuple[tuple[str, float], ...]:
    return (
        ("flush every index", 1.0),
        (f"stop {name}", seconds),
        (f"start {name}", seconds),
        ("wait until es-1, es-2 have joined", seconds),
        ("wait until health is as good as before", 100.0),
    )


@pytest.mark.parametrize(
    ("timed", "seconds"),
    [
        pytest.param((), 0.0, id="nothing"),
        pytest.param((("write elasticsearch.yml and keystore of es-1", 2.0),), 0.0, id="files only"),
        pytest.param(FULL_STOP, 19.0, id="a full stop"),
        pytest.param((*one_node("es-1", 4.0), *one_node("es-2", 6.0)), 15.0, id="a rolling restart: the mean"),
    ],
)
def test_a_node_is_away_from_its_stop_until_all_have_joined(timed, seconds):
    assert seconds_away(timed) == seconds


def test_the_next_preview_says_how_long_it_took_the_last_time(doors):
    world = doors(with_own_allocation())
    assert "! no search and no write is answered while all nodes are stopped" in world.preview().gates
    done = world.up()
    took = seconds_away((timed.step, timed.seconds) for timed in done.timed_steps)
    assert took > 1
    world.cluster.alone = ("logs-1",)
    world.choices = Choices(verification_mode=VerificationMode.CERTIFICATE)
    assert (
        f"! without a second copy, and away while their node restarts (about {took:.0f} s, as the last time): logs-1"
        in world.preview(done).gates
    )
