"""What a look at files by SSH shows, out of what `ssh_scripts.STAT` writes."""

import stat
from collections.abc import Iterator

from components.nodes.target import FileStat

UNNAMED = "UNKNOWN"
"""What `stat` calls an owner that the machine has no name for."""


def stats_in(out: bytes) -> Iterator[tuple[int, FileStat]]:
    """Yield the number of each path that is there, and what is known of it.

    Raises:
        ValueError: something came or went while one looked, so that there are too few or too many lines.
    """
    numbers, *lines = out.removesuffix(b"\n").split(b"\n")
    there = [int(number) for number in numbers.split()]
    facts = [line.decode().split(" ", 4) for line in lines[: len(there)]]
    digests = iter(lines[len(there) :])
    for number, (raw, uid, gid, modified, names) in zip(there, facts, strict=True):
        mode, (user, _, group) = int(raw, 16), names.partition(":")
        digest = _digest(next(digests, b"")) if stat.S_ISREG(mode) else ""
        yield (
            number,
            FileStat(
                sha256=digest,
                mode=stat.S_IMODE(mode),
                owner=uid if user == UNNAMED else user,
                group=gid if group == UNNAMED else group,
                modified=float(modified.replace(",", ".")),
            ),
        )
    if next(digests, None) is not None:
        raise ValueError("more digests than files")


def _digest(line: bytes) -> str:
    """Return the digest; a line begins with a backslash where a name has one. Source: coreutils manual (md5sum)."""
    digest = line.removeprefix(b"\\").partition(b" ")[0].decode()
    if not digest:
        raise ValueError("fewer digests than files")
    return digest
