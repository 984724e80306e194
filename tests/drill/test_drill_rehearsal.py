"""When a rehearsal is calm, how its figures are printed, and what a look that is repeated does."""

import json
import threading
from dataclasses import replace

import pytest

from drill.figures import as_lines
from drill.load import Kind, Protocol, Request
from drill.pairs import Refused
from drill.rehearsal import Figures, Seen
from drill.repeating import over_and_over

CALM = Figures(
    drill="rotate-transport-ca",
    requests=4000,
    failed=0,
    fewest_nodes=3,
    restarts=0,
    seconds=21.5,
    asked_again=0,
    pairs=96,
    pairs_refused=0,
)


def request(**differs):
    usual = {"kind": Kind.WRITE, "node": "es-1", "began": 1.0, "ended": 2.0, "protocols": (Protocol.TLS,)}
    return Request(**{**usual, "first_answer": "", "failure": "", **differs})


def test_what_nobody_noticed_is_calm():
    assert CALM.is_calm(3)


@pytest.mark.parametrize(
    "differs",
    [
        {"requests": 0},
        {"failed": 1},
        {"fewest_nodes": 2},
        {"restarts": 1},
        {"asked_again": 1},
        {"pairs": 0},
        {"pairs_refused": 1},
    ],
    ids=str,
)
def test_what_somebody_noticed_or_nobody_looked_at_is_not_calm(differs):
    assert not replace(CALM, **differs).is_calm(3)


def test_a_line_for_machines_begins_with_what_was_done_and_what_it_did():
    (line,) = as_lines([CALM]).splitlines()
    assert list(json.loads(line).items())[:6] == [
        ("drill", "rotate-transport-ca"),
        ("requests", 4000),
        ("failed", 0),
        ("fewest_nodes", 3),
        ("restarts", 0),
        ("seconds", 21.5),
    ]


def test_what_is_behind_the_figures_is_told_once_pairs_first():
    requests = (request(), request(failure="refused"), request(failure="refused"), request(first_answer="status 503"))
    refused = (Refused("es-1", "es-2", "a1", "alert"), Refused("es-1", "es-2", "b2", "alert"))
    assert Seen(CALM, requests, refused).reasons() == [
        "es-2 refuses a leaf of es-1: alert",
        "writes of es-1: refused",
        "writes of es-1: status 503",
    ]


def test_something_is_looked_at_over_and_over_and_once_more_in_the_end():
    looks, seen_often = [], threading.Event()

    def look():
        looks.append(None)
        if len(looks) > 2:
            seen_often.set()

    with over_and_over(look, 0.001):
        assert seen_often.wait(10)
        before = len(looks)
    assert len(looks) > before


def test_a_look_that_fails_is_told_and_not_lost():
    def look():
        raise ValueError("cannot look")

    with pytest.raises(ValueError, match="cannot look"), over_and_over(look, 0.001):
        pass
