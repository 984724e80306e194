"""The one way this project shows progress and problems.

On a terminal every running task is a line with a spinner, its latest news and its age, and becomes one still
line when it ends. In a pipe there are only plain lines, without a single control code.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from io import TextIOWrapper
from typing import TextIO

from rich.console import Console as RichConsole
from rich.console import ConsoleOptions, RenderableType
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.segment import Segment

from components.clock import Clock, SystemClock
from components.errors import SecurityError
from components.printable import printable

PIPE_WIDTH = 160
"""Columns of a table in a pipe, where nothing says how wide a line may be."""
NEWS_EVERY = 30.0
"""Seconds between two lines of news of one task in a pipe: enough to see life in a CI log, no more."""


class Task:
    """Something that takes a while. Made by :meth:`Console.task`."""

    def __init__(self, console: "Console", name: str) -> None:
        self.name = name
        self.result = ""
        self.seconds: float | None = None
        self._console = console

    def update(self, news: str) -> None:
        """Show how far it is, such as ``compiling (812 packages)``."""
        self._console._tell(self, news)  # noqa: SLF001 (one room, one secret)

    def done(self, result: str, seconds: float | None = None) -> None:
        """Say what came of it; shown on the closing line when the task ends well.

        Args:
            result: what came of it.
            seconds: how long its work took, where its line was open for longer.
        """
        self.result, self.seconds = result, seconds


class PlainPipes(RichConsole):
    """Rich, with two habits of its own less.

    It would end the process with status 1 where nobody reads any more, which is "something is due" to a pipeline, and
    it would pass on what a terminal obeys, such as an escape sequence in the name of a machine.
    """

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """Yield what is shown, as it may be shown; Rich's own controls are none of the text."""
        for part in super().render(renderable, options):
            yield part if part.control else part._replace(text=printable(part.text))

    def on_broken_pipe(self) -> None:
        """Leave it to whoever runs the command.

        Raises:
            BrokenPipeError: always.
        """
        raise BrokenPipeError


class Console:
    """Shows tasks, lines and problems on one stream.

    Args:
        stream: where to write; a terminal gets live lines, anything else plain text.
        clock: measures how long tasks take.
    """

    def __init__(self, stream: TextIO, clock: Clock | None = None) -> None:
        self.stream = stream
        self.live = is_live(stream)
        self._clock = clock or SystemClock()
        self._rich = PlainPipes(
            file=stream,
            force_terminal=self.live,
            highlight=False,
            emoji=False,
            soft_wrap=True,
            legacy_windows=False,
            width=None if self.live else PIPE_WIDTH,
        )
        self._lock = threading.RLock()
        self._progress: Progress | None = None
        self._shown: dict[Task, TaskID] = {}
        self._last_news: dict[Task, float] = {}

    def say(self, line: str) -> None:
        """Print one line for a person."""
        self._print(escape(line))

    def show(self, view: RenderableType) -> None:
        """Print a table or another view; what must not be broken, such as a command to copy, may be wider than it."""
        with self._lock:
            if self.live:
                self._rich.print(view, soft_wrap=False, crop=False)
                return
            with self._rich.capture() as captured:  # rows of a table are filled up with blanks
                self._rich.print(view, soft_wrap=False, crop=False)
            self.stream.write("\n".join(line.rstrip(" ") for line in captured.get().split("\n")))
            self.stream.flush()

    def failure(self, where: str, text: str) -> None:
        """Print an error that the engine or the plugin reported, with the resource that it is about."""
        head, *rest = text.splitlines()
        lead = f"{escape(where)}: " if where else ""
        self._print("\n".join([f"[red]✗[/red] {lead}{escape(head)}", *map(escape, rest)]))

    def problem(self, error: SecurityError) -> None:
        """Print an error: what and where first, then why and what to do next."""
        head, *rest = str(error).splitlines()
        self._print("\n".join([f"[red]✗[/red] {escape(head)}", *map(escape, rest)]))

    @contextmanager
    def task(self, name: str) -> Iterator[Task]:
        """Show that something is under way until the block ends, well or not.

        Args:
            name: what is being done, in the imperative: "build the engine".
        """
        task, started = Task(self, name), self._clock.monotonic()
        self._begin(task)
        try:
            yield task
        except BaseException as error:
            verb = "failed" if isinstance(error, Exception) else "interrupted"
            self._end(task, "[red]✗[/red]", f"{verb} after {readable_time(self._clock.monotonic() - started)}")
            raise
        took = readable_time(self._clock.monotonic() - started if task.seconds is None else task.seconds)
        self._end(task, "[green]✓[/green]", f"{task.result} · {took}" if task.result else f"done in {took}")

    def _begin(self, task: Task) -> None:
        with self._lock:
            self._last_news[task] = self._clock.monotonic()
            if not self.live:
                self._print(f"· {escape(task.name)} …")
                return
            if self._progress is None:
                self._progress = _live_lines(self._rich)
                self._progress.start()
            self._shown[task] = self._progress.add_task(escape(task.name), news="")

    def _tell(self, task: Task, news: str) -> None:
        with self._lock:
            if self._progress is not None and task in self._shown:
                self._progress.update(self._shown[task], news=escape(news))
            elif not self.live and self._clock.monotonic() - self._last_news[task] >= NEWS_EVERY:
                self._last_news[task] = self._clock.monotonic()
                self._print(f"· {escape(task.name)}: {escape(news)}")

    def _end(self, task: Task, sign: str, ending: str) -> None:
        with self._lock:
            del self._last_news[task]
            if self._progress is not None and task in self._shown:
                self._progress.remove_task(self._shown.pop(task))
                if not self._shown:
                    self._progress.stop()
                    self._progress = None
            self._print(f"{sign} {escape(task.name)}: {escape(ending)}")

    def _print(self, markup: str) -> None:
        with self._lock:
            self._rich.print(markup)


def is_live(stream: TextIO) -> bool:
    """Tell whether a stream is a terminal that understands control codes."""
    return stream.isatty() and os.environ.get("TERM", "") not in {"dumb", "unknown"}


def readable_time(seconds: float) -> str:
    """Return a duration as a person reads it, such as ``0.4 s``, ``74 s`` or ``9 min 5 s``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def _live_lines(rich: RichConsole) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("[dim]{task.fields[news]}[/dim]"),
        TimeElapsedColumn(),
        console=rich,
        transient=True,
    )


class _Process:
    """What this process shows things on: a name, looked up late, since tests and tools replace the streams."""

    name = "stdout"
    console: Console | None = None


def shared() -> Console:
    """Return the console of this process; another one once ``sys.stdout`` or ``sys.stderr`` was replaced."""
    stream: TextIO = getattr(sys, _Process.name)
    if _Process.console is None or _Process.console.stream is not stream:
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a locale without → must not end in a traceback
        _Process.console = Console(stream)
    return _Process.console


@contextmanager
def stdout_for_data(*, wanted: bool) -> Iterator[None]:
    """Show everything on standard error meanwhile, as a command does that prints JSON or a path.

    Args:
        wanted: False to change nothing.
    """
    before = _Process.name
    _Process.name = "stderr" if wanted else before
    try:
        yield
    finally:
        _Process.name = before


def task(name: str) -> AbstractContextManager[Task]:
    """Show on this process's console that something is under way; see :meth:`Console.task`."""
    return shared().task(name)


def say(line: str) -> None:
    """Print one line on this process's console."""
    shared().say(line)


def show(view: RenderableType) -> None:
    """Print a view on this process's console."""
    shared().show(view)


def failure(where: str, text: str) -> None:
    """Print a reported error on this process's console."""
    shared().failure(where, text)


@contextmanager
def quiet_task(name: str) -> Iterator[Callable[[str], None]]:
    """Give a voice to something that hardly ever takes long: a task is shown from its first news on."""
    with ExitStack() as stack:
        shown: list[Task] = []

        def news(text: str) -> None:
            if not shown:
                shown.append(stack.enter_context(task(name)))
            shown[0].update(text)

        yield news


def problem(error: SecurityError) -> None:
    """Print an error on this process's console."""
    shared().problem(error)
