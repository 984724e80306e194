"""Watches a run from outside: every process's command line, and every file that appears."""

import os
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from devcluster.node import DevNode

FIRST_LOOKS = 10
"""How often a process is looked at before it counts as what it will stay; at first it may be a shell, or a fork."""


@dataclass
class Watched:
    """What was seen while a run went on.

    Attributes:
        command_lines: every distinct command line of any process.
        environments: every distinct environment of processes that are ours to read.
    """

    command_lines: set[str] = field(default_factory=set)
    environments: set[str] = field(default_factory=set)


@contextmanager
def watched_processes() -> Iterator[Watched]:
    """Look at all processes over and over; what a process shows for a few milliseconds is seen by most looks."""
    seen, stop = Watched(), threading.Event()

    def watch() -> None:
        looks: Counter[int] = Counter()
        while not stop.wait(0.002):
            for process in psutil.process_iter():
                if looks[process.pid] > FIRST_LOOKS and process.pid % 7:  # it was another program for a moment
                    continue
                looks[process.pid] += 1
                try:
                    seen.command_lines.add(" ".join(process.cmdline()))
                    seen.environments.add(repr(process.environ()))
                except psutil.Error:
                    continue

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


@contextmanager
def watched_nodes(nodes: Sequence[DevNode]) -> Iterator[set[frozenset[str]]]:
    """Note which nodes were down at the same time, over and over."""
    seen: set[frozenset[str]] = set()
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.05):
            seen.add(frozenset(node.name for node in nodes if not node.is_running()))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


def files_with(needles: list[bytes], folders: list[Path], without: list[Path]) -> list[str]:
    """Return the files under the folders that hold one of the needles, but those under `without`."""
    found = []
    for folder in folders:
        for path in _files_below(folder):
            if any(other in path.parents for other in without) or path.is_symlink() or not path.is_file():
                continue
            try:
                content = path.read_bytes()
            except OSError:
                continue
            if any(needle in content for needle in needles):
                found.append(str(path))
    return found


def _files_below(folder: Path) -> Iterator[Path]:
    """Yield what is there; what others take away meanwhile, as in a folder for everybody, is no concern of ours."""
    for place, _, names in os.walk(folder):
        yield from (Path(place, name) for name in names)
