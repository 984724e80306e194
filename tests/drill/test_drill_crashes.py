"""A node is killed at each point of a rotation: where that is, when it is back, and what happens if it is not."""

import math
from itertools import permutations
from types import SimpleNamespace

import pytest

from components.errors import NotConverged
from components.pki.spec import Layer
from drill import crashes, crashing
from drill.away import Away
from drill.crashes import REJOINED_WITHIN, crash_and_wait
from drill.crashing import rotate_with_crashes
from drill.load import Wrong
from drill.points import points_of

NAMES = ("es-1", "es-2", "es-3")
GREEN = {"number_of_nodes": 3, "status": "green"}


class Clock:
    """A clock that goes on when somebody waits."""

    def __init__(self):
        self.time = 1000.0

    def now(self):
        return SimpleNamespace(timestamp=lambda: self.time)

    def sleep(self, seconds):
        self.time += seconds


class Cluster:
    """A cluster that answers as it is told, one answer after the other; the last one stays."""

    def __init__(self, monkeypatch, *answers):
        self.answers, self.done, self.home, self.clock = list(answers), [], "home", Clock()
        self.load = SimpleNamespace(nodes=[SimpleNamespace(name=name) for name in NAMES])
        monkeypatch.setattr(crashes, "CLOCK", self.clock)
        monkeypatch.setattr(crashes, "Client", self.client)

    def client(self, load, node, kind):
        return SimpleNamespace(load=load, answer=lambda *_: self.answer(node.name), close=lambda: None)

    def answer(self, name):
        self.done.append(f"ask {name}")
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def kill(self, name):
        self.done.append(f"kill {name}")
        self.clock.time += 1

    def node(self, name):
        return SimpleNamespace(start=lambda home: self.start(name), log="a log")

    def start(self, name):
        self.done.append(f"start {name}")
        self.clock.time += 10


@pytest.mark.parametrize(("victim", "asked"), [("es-1", "es-2"), ("es-2", "es-1"), ("es-3", "es-1")])
def test_a_node_is_killed_and_started_and_another_one_says_that_all_are_there(monkeypatch, victim, asked):
    cluster = Cluster(monkeypatch, GREEN)
    away = crash_and_wait(cluster, cluster.load, victim)
    assert cluster.done == [f"kill {victim}", f"start {victim}", f"ask {asked}"]
    assert away == Away(victim, since=1000.0, stopped=1001.0, until=1011.0)
    assert away.return_took == 10.0


@pytest.mark.parametrize(
    "not_yet",
    [
        {"number_of_nodes": 2, "status": "green"},
        {"number_of_nodes": 3, "status": "yellow"},
        Wrong(503, "no master"),
        ConnectionRefusedError("refused"),
    ],
    ids=repr,
)
def test_it_is_away_until_all_nodes_have_joined_and_every_shard_is_started(monkeypatch, not_yet):
    cluster = Cluster(monkeypatch, not_yet, not_yet, GREEN)
    assert crash_and_wait(cluster, cluster.load, "es-1").return_took == pytest.approx(10.2)


def test_one_that_does_not_come_back_in_a_minute_is_away_for_good(monkeypatch):
    cluster = Cluster(monkeypatch, {"number_of_nodes": 2, "status": "yellow"})
    assert crash_and_wait(cluster, cluster.load, "es-1").until == math.inf
    assert cluster.clock.time == pytest.approx(1001.0 + REJOINED_WITHIN, abs=0.2)


def test_there_is_a_point_before_each_node_of_each_wave_and_one_at_the_end():
    points = points_of(Layer.TRANSPORT, NAMES)
    waves = ("cover", "present", "retire")
    assert [point.name for point in points] == [
        *(f"before {wave} of {node}" for wave in waves for node in NAMES),
        "at the end",
    ]


def test_in_each_wave_every_node_is_killed_and_some_before_their_turn_some_after_it():
    points = points_of(Layer.TRANSPORT, NAMES)
    victims = [tuple(point.victim for point in points[at : at + 3]) for at in (0, 3, 6)]
    assert all(wave in permutations(NAMES) for wave in victims)
    assert len(set(victims)) == 3


def test_the_runs_between_the_points_do_the_whole_rotation_once_each_wave_with_its_proof():
    brought = [point.brought_by for point in points_of(Layer.TRANSPORT, ("es-1", "es-2"))]
    assert brought == [
        ("transport-ca", "es-1-transport-leaf", "es-2-transport-leaf"),
        ("es-1-transport-trust",),
        ("es-2-transport-trust", "transport-cover-wave"),
        ("es-1-transport-identity",),
        ("es-2-transport-identity", "transport-present-wave"),
        ("es-1-transport-trust-exclusive",),
        ("es-2-transport-trust-exclusive", "transport-retire-wave"),
    ]


@pytest.fixture
def rotated(monkeypatch):
    """Return what is done in a rotation, and a way to rotate with nodes that come back after these times."""
    done = []
    stack = SimpleNamespace(up_only=lambda *names: done.append(names), up=lambda: done.append("up"))

    def rotate(*times):
        left = list(times)

        def crashed(cluster, load, name):
            done.append(name)
            return Away(name, 0.0, 0.0, left.pop(0) if left else 5.0)

        monkeypatch.setattr(crashing, "crash_and_wait", crashed)
        cluster = Cluster(monkeypatch, GREEN)
        return rotate_with_crashes(stack, cluster, cluster.load, Layer.TRANSPORT)

    return done, rotate


def test_a_node_is_killed_at_every_point_and_the_rest_is_done_in_the_end(rotated):
    done, rotate = rotated
    points = points_of(Layer.TRANSPORT, NAMES)
    assert [each.node for each in rotate()] == [point.victim for point in points]
    assert done == [*(what for point in points for what in (point.brought_by, point.victim)), "up"]


def test_where_one_does_not_come_back_nobody_else_is_killed(rotated):
    done, rotate = rotated
    with pytest.raises(NotConverged, match="es-2 is not back 60 s after it was killed") as told:
        rotate(5.0, math.inf)
    assert done[-1] == "es-2"
    assert "a log; `make up` finishes the rotation" in str(told.value)
