"""What goes wrong on a machine by SSH that has mounts of its own: a full disk, a read-only folder, no more `sudo`."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.engine.ssh_folders import SshFoldersRun

OF_ITS_OWN = ("unshare", "--mount", "--propagation", "private")
"""What an sshd is started with whose machine has mounts of its own: what is full or read-only there is not so here."""
IN_THE_WAY = "core"
"""The file that fills a disk."""
SMALL_DISK = """
cp -a "$1" "$1.kept"
mount -t tmpfs -o size=512k,mode=755 none "$1"
cp -a "$1.kept/." "$1"
rm -r "$1.kept"
ln -s "$1.journal" "$1/journal"
"""
"""The stand-in for the keystore's command writes down each look; the real one writes nothing, so its journal is off."""
FILL = f"""
head -c 1m /dev/zero >"$1/{IN_THE_WAY}" 2>/dev/null || true
[ "$(stat -f -c %a "$1")" -eq 0 ]
"""


def put_on_a_small_disk(run: SshFoldersRun, name: str) -> None:
    """Let a node's config folder lie on a disk of its own, which only the node's machine sees."""
    run.there(name, SMALL_DISK)
    [node] = [one for one in run.nodes if one.name == name]
    node.config = Path(f"/proc/{run.pid_of_sshd(name)}/root{node.config}")


def full_disk(run: SshFoldersRun, name: str) -> AbstractContextManager[None]:
    """Fill that disk to its last block."""
    return _meanwhile(run, name, FILL, f'rm "$1/{IN_THE_WAY}"')


def read_only(run: SshFoldersRun, name: str) -> AbstractContextManager[None]:
    """Mount that disk so that nobody can write, as a kernel does that found it damaged."""
    return _meanwhile(run, name, 'mount -o remount,ro "$1"', 'mount -o remount,rw "$1"')


def no_sudo(run: SshFoldersRun, name: str) -> AbstractContextManager[None]:
    """Take the line away that lets its login use `sudo`."""
    return _meanwhile(run, name, "mount -t tmpfs -o mode=755 none /etc/sudoers.d", "umount /etc/sudoers.d")


@contextmanager
def _meanwhile(run: SshFoldersRun, name: str, breaks: str, mends: str) -> Iterator[None]:
    """Run one script on a node's machine before, and another one after."""
    run.there(name, breaks)
    try:
        yield
    finally:
        run.there(name, mends)
