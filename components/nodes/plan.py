"""Desired minus observed for files: pure, ordered, printable."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from components.drift import DriftKind
from components.nodes.target import FileStat

FILE_MODE = 0o640
"""Source: tutorial-self-managed-secure (certificates belong to the group elasticsearch, mode 640)."""
NEW, GONE = "new", "missing: written again"
"""Why a file is written that is not there: nobody wrote it yet, or somebody took it away."""


@dataclass(frozen=True, slots=True)
class WantedFile:
    """A file of ours in a node's config folder.

    Attributes:
        relative: path in the config folder.
        content: bytes; None in a preview that cannot know them yet.
        mode: permission bits.
        shows: what a person reads of the content, such as `es-1, until 2027-11-24`; never the content.
    """

    relative: str
    content: bytes | None = field(repr=False)
    mode: int
    shows: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One respect in which a file is not the wanted one; ``why`` is what a plan says of it."""

    kind: DriftKind
    wanted: str
    found: str
    why: str


@dataclass(frozen=True, slots=True)
class PutFile:
    """Put a file in place."""

    file: WantedFile
    why: str
    differences: tuple[Difference, ...] = ()

    def __str__(self) -> str:
        return f"write {self.file.relative} ({self.file.mode:04o}): {self.file.shows} ({self.why})"


def plan_files(
    wanted: Sequence[WantedFile],
    observed: Mapping[str, FileStat],
    owner: str,
    group: str,
    written_before: Collection[str] = (),
) -> tuple[PutFile, ...]:
    """Return the steps that make the observed files the wanted ones; nothing where they are.

    Args:
        wanted: the files as they must be.
        observed: the files that are there, by path relative to the config folder.
        owner: the user they must belong to.
        group: the group they must belong to.
        written_before: paths of those that an earlier run wrote, as it is recorded.
    """
    steps = []
    for file in wanted:
        was = GONE if file.relative in written_before else NEW
        found = tuple(_differences(file, observed.get(file.relative), owner, group, was))
        if found:
            steps.append(PutFile(file, found[0].why, found))
    return tuple(steps)


def _differences(file: WantedFile, stat: FileStat | None, owner: str, group: str, missing: str) -> Iterator[Difference]:
    if stat is None:
        yield Difference(DriftKind.FILE_MISSING, file.shows, "missing", missing)
        return
    if file.content is None or stat.sha256 != hashlib.sha256(file.content).hexdigest():
        yield Difference(DriftKind.FILE_CHANGED, file.shows, "other content", "content differs")
    if stat.mode != file.mode:
        yield Difference(DriftKind.MODE_CHANGED, f"{file.mode:04o}", f"{stat.mode:04o}", f"mode is {stat.mode:04o}")
    if (stat.owner, stat.group) != (owner, group):
        found = f"{stat.owner}:{stat.group}"
        yield Difference(DriftKind.OWNER_CHANGED, f"{owner}:{group}", found, f"belongs to {found}")
