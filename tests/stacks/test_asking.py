"""Whether a plan is carried out: a person on a terminal is asked, and nobody else."""

import io

import pytest

from stacks import asking, cli
from stacks.asking import agreed
from stacks.cli import DUE, FINE, main
from tests.stacks.fake_driver import CHANGED, UNCHANGED, fake_driver


class Stream(io.StringIO):
    """A standard stream that is a terminal, or is none."""

    def __init__(self, text="", *, terminal=True):
        super().__init__(text)
        self.terminal = terminal

    def isatty(self):
        return self.terminal


@pytest.fixture
def at(monkeypatch):
    """Sit down at these two streams, and return what is written to the second one."""

    monkeypatch.delenv("CI", raising=False)

    def sit(typed, *, reads=True, shows=True):
        out = Stream(terminal=shows)
        monkeypatch.setattr("sys.stdin", Stream(typed, terminal=reads))
        monkeypatch.setattr("sys.stdout", out)
        return out

    return sit


@pytest.mark.parametrize(
    ("typed", "answer"),
    [("y\n", True), ("n\n", False), ("\n", False), ("", False), ("what\nY\n", True), ("what\n", False)],
    ids=["yes", "no", "nothing", "closed", "yes after a slip", "closed after a slip"],
)
def test_on_a_terminal_only_a_yes_is_one(at, typed, answer):
    at(typed)
    assert agreed(unasked=False) is answer


def test_a_pipeline_with_a_terminal_is_not_asked(at, monkeypatch):
    out = at("n\n")
    monkeypatch.setenv("CI", "true")
    assert agreed(unasked=False) is True
    assert asking.QUESTION not in out.getvalue()


def test_where_standard_input_is_closed_nobody_is_asked(at, monkeypatch):
    at("")
    monkeypatch.setattr("sys.stdin", None)
    assert agreed(unasked=False) is True


def test_an_interrupt_is_no_yes(at, monkeypatch):
    at("")
    monkeypatch.setattr("builtins.input", interrupted)
    assert agreed(unasked=False) is False


def interrupted(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("reads", "shows", "unasked"),
    [(True, True, True), (False, True, False), (True, False, False)],
    ids=["said beforehand", "nobody to read from", "nobody to show it to"],
)
def test_nobody_else_is_asked(at, reads, shows, unasked):
    out = at("n\n", reads=reads, shows=shows)
    assert agreed(unasked=unasked) is True
    assert asking.QUESTION not in out.getvalue()


@pytest.mark.parametrize(
    ("found", "arguments", "typed", "status", "done"),
    [
        pytest.param(CHANGED, (), "y\n", FINE, True, id="yes"),
        pytest.param(CHANGED, (), "n\n", DUE, False, id="no"),
        pytest.param(CHANGED, ("--yes",), "n\n", FINE, True, id="said beforehand"),
        pytest.param(CHANGED, ("--json",), "n\n", FINE, True, id="a machine reads"),
        pytest.param(UNCHANGED, (), "n\n", FINE, False, id="there is nothing to do"),
    ],
)
def test_after_a_no_nothing_is_done_and_something_is_due(
    at, project, monkeypatch, found, arguments, typed, status, done
):
    driver = fake_driver(found)
    monkeypatch.setattr(cli, "Driver", driver)
    at(typed)
    assert main(["up", "prod", *arguments, "--project", str(project)]) == status
    assert ("up" in driver.asked) is done
