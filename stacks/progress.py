"""Shows a run while it goes on: one line for each kind of work, with what it waits for."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType

from components.clock import Clock
from toolchain import console


class NotFinished(Exception):
    """Ends the line of a phase whose work did not come to its end."""


class RunDisplay(AbstractContextManager["RunDisplay"]):
    """Keeps a line for each phase of work that is under way. Also measures how long each one took, and all of them.

    A phase ends when all its resources are done, or the run ends. How many they are is known from the preview; where
    it is not, a phase also ends when another one begins and nothing of it is under way.

    Args:
        clock: measures.
        expected: how many resources each phase has.
    """

    def __init__(self, clock: Clock, expected: Mapping[str, int] | None = None) -> None:
        self._clock, self._expected = clock, expected or {}
        self._lines: dict[str, tuple[ExitStack, console.Task]] = {}
        self._open: Counter[str] = Counter()
        self._done: Counter[str] = Counter()
        self._failed: set[str] = set()
        self._began: dict[str, float] = {}
        self._spent: defaultdict[str, float] = defaultdict(float)
        self.times: dict[str, float] = {}
        self.total = 0.0
        self._start = clock.monotonic()

    def begin(self, phase: str, name: str) -> None:
        """Take notice that work on a resource begins."""
        if not self._open[phase]:  # a phase such as the waves goes on before and after a rollout, and not beside it
            self._began[phase] = self._clock.monotonic()
        self._open[phase] += 1
        for other in [key for key in self._lines if key != phase and self._is_over(key)]:
            self._close(other)
        if phase not in self._lines:
            lines = ExitStack()
            self._lines[phase] = (lines, lines.enter_context(console.task(phase)))

    def end(self, phase: str, name: str) -> None:
        """Take notice that work on a resource ended."""
        self._open[phase] -= 1
        self._done[phase] += 1
        now = self._clock.monotonic()
        spent = self._spent[phase] + now - self._began.get(phase, now)
        if not self._open[phase]:
            self._spent[phase] = spent
        self.times[phase] = round(spent, 1)

    def _is_over(self, phase: str) -> bool:
        return not self._open[phase] and self._done[phase] >= self._expected.get(phase, 0)

    def fail(self, phase: str, name: str) -> None:
        """Take notice that work on a resource failed; its phase ends without a success."""
        self._failed.add(phase)
        self.end(phase, name)

    def news(self, phase: str, text: str) -> None:
        """Show what is being done."""
        if phase in self._lines:
            self._lines[phase][1].update(text)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for phase in list(self._lines):
            self._close(phase)
        self.total = round(self._clock.monotonic() - self._start, 1)

    def _close(self, phase: str) -> None:
        lines, task = self._lines.pop(phase)
        if phase in self._failed or self._open[phase]:
            lines.__exit__(NotFinished, NotFinished(), None)
            return
        count = f"{self._done[phase]}" if self._done[phase] > 1 else ""
        task.done(count, self.times[phase])  # as long as its work: its line may have waited for that of another one
        lines.close()
