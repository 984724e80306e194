"""When a rehearsal is calm, how its figures are printed, and what a look that is repeated does."""

import io
import json
import math
import threading
from dataclasses import replace

import pytest

from drill.away import Away
from drill.figures import as_lines, as_table, as_table_of_crashes
from drill.load import Kind, Protocol, Request
from drill.pairs import Refused
from drill.rehearsal import Crashes, Figures, Seen
from drill.repeating import over_and_over
from toolchain.console import Console

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


HARMLESS = Crashes(points=10, slowest_return=17.4, failed_though_up=0)
CRASHED = replace(CALM, failed=500, asked_again=2, fewest_nodes=0, restarts=3, crashes=HARMLESS)


def test_where_nodes_were_killed_it_is_calm_when_all_came_back_and_nobody_noticed_who_asked_another_one():
    assert CRASHED.is_calm(3)


@pytest.mark.parametrize("differs", [{"requests": 0}, {"pairs": 0}, {"pairs_refused": 1}], ids=str)
def test_what_counts_of_any_rehearsal_counts_where_nodes_were_killed(differs):
    assert not replace(CRASHED, **differs).is_calm(3)


@pytest.mark.parametrize(
    "differs", [{"points": 0}, {"slowest_return": 60.1}, {"slowest_return": math.inf}, {"failed_though_up": 1}], ids=str
)
def test_a_node_that_came_late_and_a_failure_at_another_one_are_not_calm(differs):
    assert not replace(CRASHED, crashes=replace(HARMLESS, **differs)).is_calm(3)


def test_what_is_particular_where_nodes_were_killed_ends_the_line_and_has_a_table_of_its_own():
    (line,) = as_lines([CRASHED]).splitlines()
    assert list(json.loads(line).items())[-4:] == [
        ("pairs_refused", 0),
        ("points", 10),
        ("slowest_return", 17.4),
        ("failed_though_up", 0),
    ]
    assert shown(as_table_of_crashes([CALM, CRASHED])).splitlines()[2:] == [
        "rotate-transport-ca             10             17.4                                0"
    ]


def test_where_no_node_was_killed_nothing_is_said_of_it():
    assert as_table_of_crashes([CALM]) is None
    assert "points" not in as_lines([CALM])
    assert shown(as_table([CALM, CRASHED])).count("rotate-transport-ca") == 2


def shown(table):
    stream = io.StringIO()
    Console(stream).show(table)
    return stream.getvalue()


def test_only_failures_at_nodes_that_were_up_are_behind_the_figures_of_crashes():
    away = (Away("es-1", 10.0, 10.5, 24.0), Away("es-2", 30.0, 30.5, 41.0))
    requests = (
        request(node="es-1", began=9.0, ended=10.2, failure="broken off"),
        request(node="es-1", began=12.0, ended=12.1, failure="nobody there"),
        request(node="es-2", began=10.1, ended=10.2, failure="lost beside a crash"),
        request(node="es-3", began=12.0, ended=12.1, failure="lost"),
        request(node="es-3", began=12.0, ended=12.1, first_answer="status 503"),
        request(node="es-1", began=25.0, ended=25.1, failure="not whole"),
        request(node="es-3", began=50.0, ended=50.1),
    )
    seen = Seen(CALM, requests, ()).with_crashes(away)
    assert seen.figures.crashes == Crashes(points=2, slowest_return=13.5, failed_though_up=3)
    assert seen.reasons() == [
        "writes of es-2: lost beside a crash",
        "writes of es-3: lost",
        "writes of es-1: not whole",
    ]


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
