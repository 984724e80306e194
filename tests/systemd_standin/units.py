"""Units of the stand-in for systemd: what is written of one, and what is known of it now, as files in one folder."""

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Unit:
    """What a unit's file says."""

    exec_start: Sequence[str]
    user: int
    group: int
    runtime_folder: str
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class State:
    """How a unit is, in systemd's words."""

    active: str = "inactive"
    main_pid: int = 0


class Units:
    """All units, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, unit: Unit) -> None:
        (self.folder / f"{name}.unit").write_text(json.dumps(asdict(unit)))

    def read(self, name: str) -> Unit | None:
        path = self.folder / f"{name}.unit"
        return Unit(**json.loads(path.read_text())) if path.exists() else None

    def state(self, name: str) -> State:
        path = self.folder / f"{name}.state"
        return State(**json.loads(path.read_text())) if path.exists() else State()

    def becomes(self, name: str, state: State) -> None:
        path = self.folder / f"{name}.state"
        path.with_suffix(".new").write_text(json.dumps(asdict(state)))
        path.with_suffix(".new").replace(path)

    def journal(self, name: str) -> Path:
        return self.folder / f"{name}.journal"

    def wait(self, name: str, until: Callable[[State], bool]) -> State:
        while not until(state := self.state(name)):
            time.sleep(0.05)
        return state

    def note(self, words: Sequence[str]) -> None:
        """Write down a call, for the test to see."""
        with (self.folder / "calls").open("a") as calls:
            calls.write(f"{json.dumps([*words, os.geteuid()])}\n")

    def calls(self) -> list[list[str]]:
        return [json.loads(line)[:-1] for line in (self.folder / "calls").read_text().splitlines()]
