"""Builders for files on this very machine."""

import grp
import os
import pwd
from pathlib import Path, PurePosixPath

from components.nodes.folder_lock import TEMPORARY_SUFFIX
from components.nodes.local import LocalTarget
from components.nodes.target import DesiredFile

OURS = pwd.getpwuid(os.geteuid()).pw_name
OUR_GROUP = grp.getgrgid(os.getegid()).gr_name
TARGET = LocalTarget("es-1")


def someone_else() -> str:
    """Return a user whom we may give files to: another one if we are root, ourselves if not."""
    return "nobody" if os.geteuid() == 0 else OURS


def some_other_group() -> str:
    """Return a group that we may give files to: another one if we may."""
    groups = range(1, 10) if os.geteuid() == 0 else [*os.getgroups(), os.getegid()]
    return grp.getgrgid(next(gid for gid in groups if _exists(gid) and (os.geteuid() or gid != os.getegid()))).gr_name


def desired(path: Path, content: bytes = b"new", **differs) -> DesiredFile:
    """Return a file as it must be: ours, and for its group to read."""
    return DesiredFile(
        PurePosixPath(path),
        content,
        **{"mode": 0o640, "owner": OURS, "group": OUR_GROUP, **differs},
    )


def leftover_of(path: Path) -> Path:
    """Return the temporary name of a file."""
    return path.with_name(path.name + TEMPORARY_SUFFIX)


def pure(path: Path) -> PurePosixPath:
    return PurePosixPath(path)


def _exists(gid: int) -> bool:
    try:
        grp.getgrgid(gid)
    except KeyError:
        return False
    return True
