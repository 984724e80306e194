"""A folder that somebody else may change, held by what is open of it: no name that is swapped leads root elsewhere.

One rule, twice: in Python for this machine, and as text for a POSIX shell. A process's current folder, and what
`/proc/self/fd` shows of an open one, stay what they are, whatever becomes of the names that led there (proc(5)).
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

OURS = """
ours() { [ "$(id -u)" -ne 0 ] || case $(stat -c %u:%A -- "$1") in 0:d????-??-?) ;; *) false ;; esac; }
"""
"""`ours` tells whether nobody but us can change what is in a folder.

Who is not root can do nothing for somebody else that this one could not do.
"""

ENTER = f"""{OURS}
enter() {{
  cd -P -- "$1" && here=$(pwd -P) || return
  ours . && here=
  cd -P -- "$2" || return
  case $(pwd -P)/ in "${{here%/}}"/*) ;; *) echo "a link leads out of $1" >&2; return 1 ;; esac
}}
"""
"""`enter` goes into a folder by way of the one that it has to be in: an absolute path each."""


def held(descriptor: int) -> Path:
    """Return a path that leads to what is open, whatever becomes of its name."""
    return Path(f"/proc/self/fd/{descriptor}")


def _real(descriptor: int) -> Path:
    return held(descriptor).readlink()


@contextmanager
def entered(folder: PurePath, within: PurePath) -> Iterator[Path]:
    """Yield a path of a folder that leads to this very one, whatever becomes of its name.

    Args:
        folder: the folder.
        within: the folder that it has to be in, unless that one is ours alone, or we are not root.

    Raises:
        OSError: one of them cannot be opened, or a link of somebody else's leads out of `within`.
    """
    descriptors = []
    try:
        for each in (within, folder):
            descriptors.append(os.open(each, os.O_PATH | os.O_DIRECTORY))  # noqa: PERF401 (those before are closed)
        around, inside = descriptors
        if not _ours(around) and not _real(inside).is_relative_to(_real(around)):
            raise OSError(f"a link leads out of {within}")
        yield held(inside)
    finally:
        for one in descriptors:
            os.close(one)


def _ours(descriptor: int) -> bool:
    found = os.fstat(descriptor)
    return os.geteuid() != 0 or (found.st_uid == 0 and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH))
