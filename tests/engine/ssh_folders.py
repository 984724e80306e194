"""A stack for nodes that are folders, on machines that are reached by a real sshd on loopback."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stacks.file_backend import WITHOUT_ATTRIBUTES
from tests.cluster_fixtures import free_ports
from tests.engine.folders_run import FoldersRun
from tests.sshd import Sshd, left_behind, running_sshd, short_folder, sshd_or_skip


class SshFoldersRun(FoldersRun):
    """One stack on nodes that do not run, by SSH.

    Attributes:
        sshds: what leads to each node, by its name.
        temporary: where runs have their temporary files, and so the locks of their machine.
        differs: what is otherwise about the way to each node; None takes it out.
        ways: the whole way to a node, by its name, where it is another one.
        lead: what each run is started with.
        variables: more variables of each run.
    """

    def __init__(self, folder: Path, sshds: dict[str, Sshd], temporary: Path) -> None:
        super().__init__(folder, tuple(sshds))
        self.sshds, self.temporary = sshds, temporary
        self.differs: dict[str, Any] = {}
        self.ways: dict[str, dict[str, Any]] = {}
        self.lead: tuple[str, ...] = ()
        self.variables: dict[str, str] = {}

    @property
    def environment(self) -> dict[str, str]:
        backend = f"{self.state_folder.as_uri()}?{WITHOUT_ATTRIBUTES}"
        own = {"TMPDIR": str(self.temporary), "PULUMI_BACKEND_URL": backend, **self.variables}
        return {**super().environment, **own}

    def command(self, *arguments: str) -> list[str]:
        return [*self.lead, *super().command(*arguments)]

    def usual(self) -> dict[str, Any]:
        usual = super().usual()
        for node in usual["nodes"]:
            sshd = self.sshds[node["name"]]
            ssh: dict[str, Any] = {"host": sshd.address, "port": sshd.port, "user": "root", "config_file": "/dev/null"}
            ssh |= {"identity_file": sshd.identity_file, "host_key": sshd.host_key, **self.differs}
            ssh = self.ways.get(node["name"], ssh)
            node["machine"] = {"ssh": {key: value for key, value in ssh.items() if value is not None}}
        return usual

    def files(self) -> dict[str, dict[str, bytes]]:
        """Return every file in each node's config folder."""
        return {node.name: node.files() for node in self.nodes}

    def there(self, name: str, script: str) -> str:
        """Run a script with the mounts of a node's machine, and return what it prints; `$1` is its config folder."""
        words = ["nsenter", "--target", str(self.pid_of_sshd(name)), "--mount"]
        words += ["sh", "-ec", script, "sh", f"{self.folder}/{name}"]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout

    def pid_of_sshd(self, name: str) -> int:
        """Return the process that leads to a node."""
        process = self.sshds[name].process
        assert process is not None, f"the sshd of {name} does not run"
        return process.pid


@contextmanager
def on_two_machines(
    folder: Path, near: Sequence[str], far: Sequence[str], lead_of_far: Sequence[str] = ()
) -> Iterator[SshFoldersRun]:
    """Lay out nodes on two machines, and see at the end that nothing is left behind here.

    Args:
        folder: where they lie.
        near: the nodes on the one machine.
        far: those on the other one.
        lead_of_far: what the sshd of the other one is started with.
    """
    sshd_or_skip()
    one, other = free_ports(2)
    with (
        short_folder() as temporary,
        running_sshd("127.0.0.1", one) as here,
        running_sshd("127.0.0.1", other, lead=lead_of_far) as there,
    ):
        machines = {**dict.fromkeys(near, here), **dict.fromkeys(far, there)}
        yield SshFoldersRun(folder, dict(sorted(machines.items())), temporary)
        assert left_behind(temporary) == []


@contextmanager
def secured_on_two_machines(folder: Path, near: Sequence[str], far: Sequence[str]) -> Iterator[SshFoldersRun]:
    """Secure nodes on two machines, likewise."""
    with on_two_machines(folder, near, far) as run:
        run.scenario("basic")
        run.up()
        yield run
