"""How a node's machine is reached where a stand-in runs the node: it is this one, or one that SSH leads to."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from components.nodes.local import MINIMAL_ENVIRONMENT
from components.nodes.ssh import close_connections
from tests.cluster.plugins import install
from tests.cluster.stack_run import CHECKOUT, StackRun
from tests.cluster_fixtures import free_ports
from tests.sshd import NO_PASSWORD, logins, running_sshd

USUAL_PATH = MINIMAL_ENVIRONMENT["PATH"]
FOUND_FIRST = USUAL_PATH.split(":")[0]


@dataclass(frozen=True)
class Way:
    """A way to a machine.

    Attributes:
        folder: programs in its `bin` are found there before those of the system; None where there are none.
        section: what the stack file says of the way, below `machine`.
        sees: a process that sees the machine's files, where they are others than ours.
    """

    folder: Path | None
    section: Mapping[str, Any] = field(default_factory=dict)
    sees: int | None = None

    @property
    def root(self) -> Path:
        """Where the machine's files are seen from here."""
        return Path(f"/proc/{self.sees}/root" if self.sees else "/")

    def there(self, path: Path) -> Path:
        """Return the machine's own name of a path that is seen from here, or of one that is its own already."""
        return Path("/") / path.relative_to(self.root) if path.is_relative_to(self.root) else path

    def tell(self, *command: str) -> list[str]:
        """Return the words that a command prints which sees the machine's files, and names of users."""
        lead = ["nsenter", f"--target={self.sees}", "--mount"] if self.sees else []
        return subprocess.run([*lead, *command], check=True, capture_output=True, text=True).stdout.split()


@contextmanager
def here(run: StackRun) -> Iterator[Way]:
    """Let programs be found on this machine: by a plugin that looks for them, and in this process."""
    folder = install(run, "standin_provider")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(MINIMAL_ENVIRONMENT, "PATH", f"{folder / 'bin'}:{USUAL_PATH}")
        yield Way(folder)


@contextmanager
def by_ssh(run: StackRun, folder: Path | None, lead: Sequence[str] = ()) -> Iterator[Way]:
    """Let the same programs be found in sessions of an sshd alone; the plugin is the usual one.

    The login has to use `sudo`.

    Args:
        run: the stack.
        folder: what has the programs; nothing where the machine has its own.
        lead: what the sshd is started with besides.
    """
    of_nodes = [port for node in run.cluster.nodes for port in (node.spec.http_port, node.spec.transport_port)]
    place, more = ("127.0.0.1", free_ports(1, of_nodes)[0]), f"AllowUsers {NO_PASSWORD}"
    with (
        logins(),
        running_sshd(*place, (*lead, *(lead_to(folder / "bin") if folder else ())), more) as sshd,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setitem(MINIMAL_ENVIRONMENT, "PATH", USUAL_PATH)
        patch.setattr(run, "provider", CHECKOUT / "provider")
        keys = {"identity_file": sshd.identity_file, "host_key": sshd.host_key, "config_file": "/dev/null"}
        reached = {"host": sshd.address, "port": sshd.port, "user": NO_PASSWORD, **keys}
        assert sshd.process is not None
        try:
            yield Way(folder, {"ssh": reached}, sshd.process.pid)
        finally:
            close_connections()


def lead_to(programs: Path) -> tuple[str, ...]:
    """Return what a command is started with that finds these programs, in a folder of the system's.

    It has mounts of its own for that. A `PATH` would not do: `sudo` sets another one, and so do we.
    """
    mount = f'mount --bind "$0" {FOUND_FIRST} && exec "$@"'
    return ("unshare", "--mount", "sh", "-c", mount, str(programs))
