"""What is shown of a run while it goes on: one line for each kind of work, and how long each one took."""

import io

import pytest

from stacks.progress import RunDisplay
from tests.fakes import FakeClock
from toolchain import console
from toolchain.console import NEWS_EVERY, Console

FILES, KEYS, RESTART = "trust files", "key files", "restart"


@pytest.fixture
def clock():
    """The clock of the display and of the console."""
    return FakeClock()


@pytest.fixture
def pipe(clock, monkeypatch):
    """Where this process shows things: a pipe."""
    stream = io.StringIO()
    shared = Console(stream, clock)
    monkeypatch.setattr(console, "shared", lambda: shared)
    return stream


def lines(pipe):
    """Return what was shown."""
    return pipe.getvalue().splitlines()


def test_resources_of_one_kind_are_one_line_with_their_number(pipe, clock):
    with RunDisplay(clock) as display:
        for name in ("es-1", "es-2"):
            display.begin(FILES, name)
        for name in ("es-2", "es-1"):
            clock.sleep(2)
            display.end(FILES, name)
    assert lines(pipe) == ["· trust files …", "✓ trust files: 2 · 4.0 s"]


def test_a_single_resource_is_not_counted(pipe, clock):
    with RunDisplay(clock) as display:
        display.begin(RESTART, "restart")
        clock.sleep(38)
        display.end(RESTART, "restart")
    assert lines(pipe) == ["· restart …", "✓ restart: done in 38 s"]


def test_a_phase_ends_when_its_work_is_done_and_another_begins(pipe, clock):
    with RunDisplay(clock) as display:
        display.begin(FILES, "es-1")
        display.end(FILES, "es-1")
        assert lines(pipe) == ["· trust files …"], "another one of the same kind may follow"
        display.begin(KEYS, "es-1")
        assert lines(pipe) == ["· trust files …", "✓ trust files: done in 0.0 s", "· key files …"]
        display.end(KEYS, "es-1")


def test_a_phase_whose_number_is_known_keeps_its_line_until_all_of_it_is_done(pipe, clock):
    with RunDisplay(clock, {FILES: 2, KEYS: 1}) as display:
        display.begin(FILES, "es-1")
        display.end(FILES, "es-1")
        display.begin(KEYS, "es-1")
        display.end(KEYS, "es-1")
        assert lines(pipe) == ["· trust files …", "· key files …"]
        display.begin(FILES, "es-2")
        display.end(FILES, "es-2")
        display.begin(RESTART, "restart")
        display.end(RESTART, "restart")
    assert lines(pipe)[2:5] == ["✓ key files: done in 0.0 s", "✓ trust files: 2 · 0.0 s", "· restart …"]


def test_phases_that_go_on_side_by_side_each_keep_their_line(pipe, clock):
    with RunDisplay(clock) as display:
        display.begin(FILES, "es-1")
        display.begin(KEYS, "es-1")
        assert lines(pipe) == ["· trust files …", "· key files …"]
        display.end(FILES, "es-1")
        display.end(KEYS, "es-1")
        display.begin(RESTART, "restart")
        display.end(RESTART, "restart")
    assert lines(pipe)[2:] == [
        "✓ trust files: done in 0.0 s",
        "✓ key files: done in 0.0 s",
        "· restart …",
        "✓ restart: done in 0.0 s",
    ]


def test_a_phase_with_a_failure_ends_without_a_success_and_the_others_do_not(pipe, clock):
    with RunDisplay(clock) as display:
        display.begin(FILES, "es-1")
        display.begin(FILES, "es-2")
        display.begin(KEYS, "es-1")
        clock.sleep(3)
        display.fail(FILES, "es-1")
        display.end(FILES, "es-2")
        display.end(KEYS, "es-1")
    assert lines(pipe)[2:] == ["✗ trust files: failed after 3.0 s", "✓ key files: done in 3.0 s"]


def test_a_run_that_breaks_off_leaves_no_line_open_and_claims_no_success(pipe, clock):
    def broken_off():
        with RunDisplay(clock) as display:
            display.begin(RESTART, "restart")
            clock.sleep(5)
            raise ConnectionError("the engine is gone")

    with pytest.raises(ConnectionError):
        broken_off()
    assert lines(pipe) == ["· restart …", "✗ restart: failed after 5.0 s"]


def test_a_run_that_ends_with_work_under_way_claims_no_success(pipe, clock):
    with RunDisplay(clock) as display:
        display.begin(FILES, "es-1")
        display.begin(FILES, "es-2")
        display.end(FILES, "es-1")
    assert lines(pipe) == ["· trust files …", "✗ trust files: failed after 0.0 s"]


def test_news_are_shown_on_the_line_of_their_phase(pipe, clock):
    with RunDisplay(clock) as display:
        display.begin(RESTART, "restart")
        clock.sleep(NEWS_EVERY)
        display.news(RESTART, "wait until es-1 has joined")
        display.end(RESTART, "restart")
    assert lines(pipe)[1] == "· restart: wait until es-1 has joined"


def test_news_of_what_is_not_under_way_are_not_shown(pipe, clock):
    with RunDisplay(clock) as display:
        display.begin(FILES, "es-1")
        clock.sleep(NEWS_EVERY)
        display.news("", "thinking")
        display.news(RESTART, "too early")
        display.end(FILES, "es-1")
    assert [line for line in lines(pipe) if "thinking" in line or "too early" in line] == []


def test_a_phase_lasts_from_its_first_beginning_to_its_last_end(pipe, clock):
    with RunDisplay(clock) as display:
        display.begin(FILES, "es-1")
        clock.sleep(1.26)
        display.begin(FILES, "es-2")
        display.end(FILES, "es-1")
        clock.sleep(2)
        display.end(FILES, "es-2")
        clock.sleep(100)
        display.begin(RESTART, "restart")
        clock.sleep(38.04)
        display.fail(RESTART, "restart")
    assert display.times == {FILES: 3.3, RESTART: 38.0}
    assert list(display.times) == [FILES, RESTART], "in the order of the work"


def test_a_phase_that_pauses_for_another_one_lasts_as_long_as_its_work(pipe, clock):
    with RunDisplay(clock) as display:
        for phase, seconds in ((FILES, 1), (RESTART, 38), (FILES, 2)):
            display.begin(phase, "one")
            clock.sleep(seconds)
            display.end(phase, "one")
    assert display.times == {FILES: 3.0, RESTART: 38.0}
    assert display.total == 41.0


def test_a_line_that_waited_for_another_phase_says_how_long_its_own_work_took(pipe, clock):
    with RunDisplay(clock, {FILES: 2, RESTART: 1}) as display:
        for phase, seconds in ((FILES, 1), (RESTART, 38), (FILES, 2)):
            display.begin(phase, "one")
            clock.sleep(seconds)
            display.end(phase, "one")
    assert sorted(lines(pipe)[2:]) == ["✓ restart: done in 38 s", "✓ trust files: 2 · 3.0 s"]


def test_a_run_that_does_nothing_shows_nothing(pipe, clock):
    with RunDisplay(clock) as display:
        pass
    assert (lines(pipe), display.times) == ([], {})
