"""The plugin, as it is, but that it halts after steps: the engine starts it by way of `Halting`.

A step is what a rollout lists as one, or all the work on one resource. It halts when the step is done and nobody has
heard of that yet, neither the engine nor the state; and it does so after every step after which no earlier run halted,
or after chosen ones alone.
In the middle of a resource it halts where a proof by handshakes begins, and where it is shown and not yet told.
Resources that are worked on at the same time halt together, as do the nodes that are asked for a proof.
"""

import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from components.handling import Handler
from components.nodes import asked_for, served, wave_handler
from components.rollout import perform
from components.rollout.steps import Action, Step
from provider.process import main
from provider.registry import HANDLERS

HALTED, PLANNED, CHOSEN = "halted", "planned", "chosen"
"""Files with one line for each step: after which a run halted, which a preview announced, after which alone to halt."""

BEGUN, SHOWN = ": begun", ": shown"
"""How the steps of a proof end, after what is waited for."""


class Journal:
    """What a test reads: the steps that were planned, and those after which a run halted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._one_at_a_time = threading.Lock()
        self._before = frozenset(lines(folder / HALTED))
        self._chosen = frozenset(lines(folder / CHOSEN))

    def plan(self, name: str) -> None:
        """Note that a preview announced the work on a resource."""
        self._note(PLANNED, name)

    def halt(self, name: str) -> None:
        """Stay here for ever, unless an earlier run halted after this step, or others were chosen."""
        if name in self._chosen or (not self._chosen and name not in self._before):
            self._note(HALTED, name)
            threading.Event().wait()

    def _note(self, file: str, line: str) -> None:
        with self._one_at_a_time, (self.folder / file).open("a") as stream:
            stream.write(f"{line}\n")


def lines(path: Path) -> list[str]:
    """Return the lines of a file; none where it does not exist."""
    return path.read_text().splitlines() if path.exists() else []


def halting(action: Action, act: Callable[..., None], journal: Journal) -> Callable[..., None]:
    """Return what does a step of a rollout, and halts after it."""

    def act_and_halt(do: perform.Performer, names: Sequence[str]) -> None:
        act(do, names)
        journal.halt(str(Step(action, tuple(names))))

    return act_and_halt


def halting_proof(wait_until: Callable[..., None], journal: Journal) -> Callable[..., None]:
    """Return what waits until a node shows something, and halts before the first handshake and after the last one."""

    def wait_and_halt(reached: Callable[[], bool], waiting: str, refused: Any, context: Any) -> None:
        journal.halt(f"{waiting}{BEGUN}")
        wait_until(reached, waiting, refused, context)
        journal.halt(f"{waiting}{SHOWN}")

    return wait_and_halt


def watch(handler: Handler[Any, Any], journal: Journal) -> None:
    """Let a handler halt after its work on a resource, and note the resources for which a preview announced some."""
    converge, preview = handler.converge, handler.preview

    def converge_and_halt(recorded: Any, wanted: Any, context: Any) -> Any:
        outputs = converge(recorded, wanted, context)
        journal.halt(name_of(handler, wanted))
        return outputs

    def preview_and_note(recorded: Any, wanted: Any, context: Any) -> Any:
        journal.plan(name_of(handler, wanted))
        return preview(recorded, wanted, context)

    handler.converge, handler.preview = converge_and_halt, preview_and_note


def name_of(handler: Handler[Any, Any], wanted: Any) -> str:
    """Return a resource's type and id."""
    return f"{handler.token.rpartition(':')[2]} {handler.name(wanted)}"


if __name__ == "__main__":
    journal = Journal(Path(sys.argv.pop(1)))
    perform.ACTIONS.update({action: halting(action, act, journal) for action, act in perform.ACTIONS.items()})
    for room in (wave_handler, served, asked_for):
        room.wait_until = halting_proof(room.wait_until, journal)
    for handler in HANDLERS.values():
        watch(handler, journal)
    main()
