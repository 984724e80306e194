"""Desired minus observed for files: pure, ordered, printable."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from components.drift import DriftKind
from components.nodes.target import FileStat

FILE_MODE = 0o640
"""Source: tutorial-self-managed-secure (certificates belong to the group elasticsearch, mode 640)."""
FOLDER_MODE = 0o750
SET_GROUP, WRITABLE_BY_ALL = 0o2000, 0o002
ROOT = ("root", "0")
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
        is_folder: whether it is the folder of such files, of which mode and owner alone are set.
    """

    relative: str
    content: bytes | None = field(repr=False)
    mode: int
    shows: str
    is_folder: bool = False


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
        verb = "set" if self.file.is_folder else "write"
        return f"{verb} {self.file.relative} ({self.file.mode:04o}): {self.file.shows} ({self.why})"


def plan_files(
    wanted: Sequence[WantedFile],
    observed: Mapping[str, FileStat],
    owner: str,
    group: str,
    written_before: Collection[str] = (),
    user: str = "",
) -> tuple[PutFile, ...]:
    """Return the steps that make the observed files the wanted ones; nothing where they are.

    Args:
        wanted: the files as they must be.
        observed: the files that are there, and their folders, by path relative to the config folder.
        owner: the user they must belong to.
        group: the group they must belong to.
        written_before: paths of those that an earlier run wrote, as it is recorded.
        user: whom the node runs as, where that is not the owner: a package's config folder belongs to root.
    """
    steps = [*_folder_steps(wanted, observed, owner, group, user)]
    for file in wanted:
        was = GONE if file.relative in written_before else NEW
        found = tuple(_differences(file, observed.get(file.relative), owner, group, was))
        if found:
            steps.append(PutFile(file, found[0].why, found))
    return tuple(steps)


def folders_of(wanted: Sequence[WantedFile]) -> tuple[str, ...]:
    """Return the folders of files, below the config folder."""
    folders = {str(PurePosixPath(file.relative).parent) for file in wanted}
    return tuple(sorted(folders - {"."}))


def _folder_steps(
    wanted: Sequence[WantedFile], observed: Mapping[str, FileStat], owner: str, group: str, user: str
) -> Iterator[PutFile]:
    """Yield what is to be done for folders in which everybody may write, or which the node's user may not enter.

    Another mode that somebody gave a folder is theirs to choose.
    """
    for folder in folders_of(wanted):
        stat = observed.get(folder)
        if stat is None or (_may_enter(stat, owner, group, user) and not stat.mode & WRITABLE_BY_ALL):
            continue
        set_to = WantedFile(folder, b"", FOLDER_MODE | (stat.mode & SET_GROUP), "folder of key and trust files", True)
        found = tuple(_access_differences(set_to, stat, owner, group))
        yield PutFile(set_to, "; ".join(one.why for one in found), found)


def _may_enter(stat: FileStat, owner: str, group: str, user: str) -> bool:
    """Tell whether the node may; it is never root, so that a folder of root's is for its group."""
    theirs = stat.owner in {owner, user}.difference(ROOT) and stat.mode & 0o500 == 0o500
    groups = stat.group == group and stat.mode & 0o050 == 0o050
    return theirs or groups or stat.mode & 0o005 == 0o005


def _differences(file: WantedFile, stat: FileStat | None, owner: str, group: str, missing: str) -> Iterator[Difference]:
    if stat is None:
        yield Difference(DriftKind.FILE_MISSING, file.shows, "missing", missing)
        return
    if file.content is None or stat.sha256 != hashlib.sha256(file.content).hexdigest():
        yield Difference(DriftKind.FILE_CHANGED, file.shows, "other content", "content differs")
    yield from _access_differences(file, stat, owner, group)


def _access_differences(file: WantedFile, stat: FileStat, owner: str, group: str) -> Iterator[Difference]:
    if stat.mode != file.mode:
        yield Difference(DriftKind.MODE_CHANGED, f"{file.mode:04o}", f"{stat.mode:04o}", f"mode is {stat.mode:04o}")
    if (stat.owner, stat.group) != (owner, group):
        found = f"{stat.owner}:{stat.group}"
        yield Difference(DriftKind.OWNER_CHANGED, f"{owner}:{group}", found, f"belongs to {found}")
