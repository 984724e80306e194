"""What a look at files by SSH shows, out of what `ssh_scripts.STAT` writes."""

from collections.abc import Iterator

from components.nodes.target import FileStat

REGULAR = "regular"
"""How the kind of a file begins, also of an empty one. Source: stat(1), `%F`."""
UNNAMED = "UNKNOWN"
"""What `stat` calls an owner that the machine has no name for."""


def stats_in(out: bytes) -> Iterator[tuple[int, FileStat]]:
    """Yield the number of each path that is there, and what is known of it.

    Raises:
        ValueError: something came or went while one looked, so that there are too few or too many lines.
    """
    numbers, *lines = out.removesuffix(b"\n").split(b"\n")
    there = [int(number) for number in numbers.split()]
    facts = [line.decode().split(" ", 6) for line in lines[: len(there)]]
    digests = iter(lines[len(there) :])
    for number, (mode, uid, gid, modified, user, group, kind) in zip(there, facts, strict=True):
        digest = _digest(next(digests, b"")) if kind.startswith(REGULAR) else ""
        yield (
            number,
            FileStat(
                sha256=digest,
                mode=int(mode, 8),
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
