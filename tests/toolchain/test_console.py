"""What people see while something is under way: on a terminal, and in a pipe."""

import io
import re
import threading

import pytest
from rich.table import Table
from rich.text import Text

from components.errors import CommandFailed
from toolchain import console
from toolchain.console import Console


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Watch:
    """A clock that a test moves."""

    def __init__(self):
        self.seconds = 0.0

    def monotonic(self):
        return self.seconds


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


def test_a_pipe_gets_one_line_when_a_task_begins_and_one_when_it_ends():
    pipe, watch = io.StringIO(), Watch()
    with Console(pipe, watch).task("resolve Elasticsearch 9.5.3"):
        watch.seconds = 74.2

    assert pipe.getvalue() == "· resolve Elasticsearch 9.5.3 …\n✓ resolve Elasticsearch 9.5.3: done in 74 s\n"


def test_what_came_of_a_task_stands_on_its_last_line():
    pipe, watch = io.StringIO(), Watch()
    with Console(pipe, watch).task("start es-1") as task:
        task.done("process 4711")
        watch.seconds = 8.04

    assert pipe.getvalue().splitlines()[-1] == "✓ start es-1: process 4711 · 8.0 s"


def test_news_reach_a_pipe_at_most_every_thirty_seconds():
    pipe, watch = io.StringIO(), Watch()
    with Console(pipe, watch).task("build") as task:
        for second in range(1, 65):
            watch.seconds = float(second)
            task.update(f"{second} packages")

    assert pipe.getvalue().splitlines()[1:-1] == ["· build: 30 packages", "· build: 60 packages"]


@pytest.mark.parametrize(
    ("error", "verb"),
    [
        pytest.param(ValueError("no"), "failed", id="an error"),
        pytest.param(KeyboardInterrupt(), "interrupted", id="Ctrl-C"),
    ],
)
def test_a_task_that_ends_badly_says_so_and_lets_the_error_through(error, verb):
    pipe = io.StringIO()
    with pytest.raises(type(error)), Console(pipe, Watch()).task("build"):
        raise error

    assert pipe.getvalue().splitlines()[-1] == f"✗ build: {verb} after 0.0 s"


def test_a_problem_is_told_with_its_cause_and_the_next_step():
    pipe = io.StringIO()
    Console(pipe).problem(CommandFailed("it broke", where="es-1", why="[red] is a word here", next_step="mend it"))

    assert pipe.getvalue() == "✗ es-1: it broke\n  why:  [red] is a word here\n  next: mend it\n"


def test_a_long_line_is_not_broken_in_a_pipe():
    pipe = io.StringIO()
    Console(pipe).say("x" * 500)

    assert pipe.getvalue() == "x" * 500 + "\n"


def test_a_pipe_gets_no_control_code_whatever_the_environment_asks(monkeypatch):
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "CLICOLOR_FORCE"):
        monkeypatch.setenv(name, "1")
    pipe = io.StringIO()
    shown = Console(pipe)
    with shown.task("build") as task:
        task.update("news")
    shown.problem(CommandFailed("it broke", where="es-1", why="x", next_step="y"))

    assert "\x1b" not in pipe.getvalue()


HOSTILE = "logs\x1b]52;c;cm0=\x07\x1b[2J\x9bA\u202ex"


def table():
    rows = Table(box=None)
    rows.add_row(Text(HOSTILE), HOSTILE)
    return rows


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(lambda shown: shown.say(HOSTILE), id="a line"),
        pytest.param(lambda shown: shown.failure(HOSTILE, HOSTILE), id="a failure"),
        pytest.param(lambda shown: shown.show(Text(HOSTILE)), id="a text"),
        pytest.param(lambda shown: shown.show(table()), id="a table"),
        pytest.param(
            lambda shown: shown.problem(CommandFailed(HOSTILE, where=HOSTILE, why=HOSTILE, next_step=HOSTILE)),
            id="a problem",
        ),
    ],
)
@pytest.mark.parametrize("live", [True, False])
def test_nobody_who_is_told_of_commands_the_terminal(told, live, terminal):
    stream = terminal if live else io.StringIO()
    told(Console(stream))

    text = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())  # Rich's own colours
    assert "logs\\x1b]52" in text
    assert not [sign for sign in text if not sign.isprintable() and sign != "\n"]


def test_news_of_a_task_do_not_command_the_terminal(terminal):
    with Console(terminal).task(HOSTILE) as task:
        task.update(HOSTILE)

    assert "\x1b]52" not in terminal.getvalue()
    assert "\x1b[2J" not in terminal.getvalue()
    assert "\x1b[?25l" in terminal.getvalue(), "Rich's own controls are sent"


def test_a_terminal_gets_live_lines_and_keeps_one_still_line_of_each_task(terminal):
    shown = Console(terminal)
    with shown.task("start es-1"), shown.task("start es-2") as task:
        task.update("joining")

    text = terminal.getvalue()
    assert "\x1b[?25l" in text
    assert text.rstrip().endswith("s")
    assert "✓" in text
    assert text.index("start es-2: done") < text.index("start es-1: done")


def test_a_terminal_without_colours_is_respected(terminal, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    shown = Console(terminal)
    with shown.task("start es-1"):
        shown.say("hello")

    assert not re.search(r"\x1b\[(?:\d+;)*(?:3\d|9\d|4\d)m", terminal.getvalue())


def test_a_dumb_terminal_gets_plain_lines(terminal, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    with Console(terminal).task("start es-1"):
        pass

    assert "\x1b" not in terminal.getvalue()


def test_tasks_of_several_threads_do_not_mix_their_lines():
    pipe = io.StringIO()
    shown = Console(pipe)

    def work(number):
        with shown.task(f"task {number}"):
            shown.say(f"line {number}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(pipe.getvalue().splitlines()) == 60
    assert all(
        re.match(r"^(· task \d+ …|line \d+|✓ task \d+: done in .*)$", line) for line in pipe.getvalue().splitlines()
    )


def test_the_console_of_the_process_follows_a_replaced_stream(capsys):
    console.say("one line")

    assert capsys.readouterr().out == "one line\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        pytest.param(0.04, "0.0 s", id="at once"),
        pytest.param(9.94, "9.9 s", id="short ones keep a digit"),
        pytest.param(74.2, "74 s", id="about a minute"),
        pytest.param(119.4, "119 s", id="just below two minutes"),
        pytest.param(545, "9 min 5 s", id="minutes"),
    ],
)
def test_durations_read_as_people_say_them(seconds, text):
    assert console.readable_time(seconds) == text
