"""What a stand-in knows: what each service is, how it is now, and which calls came, as files in one folder."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

Service = TypeVar("Service")
State = TypeVar("State")


class Records(Generic[Service, State]):
    """All services of a stand-in, in a folder."""

    service: ClassVar[type]
    state_type: ClassVar[type]

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, service: Service) -> None:
        (self.folder / f"{name}.service").write_text(json.dumps(asdict(service)))

    def read(self, name: str) -> Service | None:
        path = self.folder / f"{name}.service"
        return self.service(**json.loads(path.read_text())) if path.exists() else None

    def state(self, name: str) -> State:
        path = self.folder / f"{name}.state"
        return self.state_type(**json.loads(path.read_text())) if path.exists() else self.state_type()

    def becomes(self, name: str, state: State) -> None:
        path = self.folder / f"{name}.state"
        path.with_suffix(".new").write_text(json.dumps(asdict(state)))
        path.with_suffix(".new").replace(path)

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def wait(self, name: str, until: Callable[[State], bool], seconds: float = float("inf")) -> State:
        """Wait until a service is so, or the time is over; return how it is then."""
        deadline = time.monotonic() + seconds
        while not until(state := self.state(name)) and time.monotonic() < deadline:
            time.sleep(0.05)
        return state

    def supervise(self, module: str, name: str) -> None:
        """Let a process of its own run a service: it goes on when the command that began it has ended."""
        subprocess.Popen(
            [sys.executable, "-m", module, str(self.folder), name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "supervisor.log").open("a"),
            start_new_session=True,
        )

    def note(self, words: Sequence[str]) -> None:
        """Write down a call, for the test to see."""
        with (self.folder / "calls").open("a") as calls:
            calls.write(f"{json.dumps([*words, os.geteuid()])}\n")

    def calls(self) -> list[list[str]]:
        return [json.loads(line)[:-1] for line in (self.folder / "calls").read_text().splitlines()]
