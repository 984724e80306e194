"""A node of a development cluster, laid out as something else has it, and run by a stand-in from its first start on."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from components.clock import SystemClock
from components.nodes.machine import NodeMachine
from components.nodes.spec import Machine
from components.nodes.targets import machine_of
from devcluster import keystore
from devcluster.cluster import DevCluster
from devcluster.seed import seed
from tests.cluster.stack_run import StackRun
from tests.cluster.ways import Way, by_ssh
from tests.cluster_fixtures import cluster_spec, elasticsearch_or_skip

DOCUMENTS = 200


@contextmanager
def stack_of_one(folder: Path) -> Iterator[StackRun]:
    """Lay out a node of an open cluster, which nothing has started, and a stack for it that was never run."""
    elasticsearch_or_skip()
    cluster = DevCluster(cluster_spec(folder, ("es-1",)))
    try:
        cluster.lay_out()
        run = StackRun(folder, cluster)
        run.write()
        yield run
    finally:
        cluster.remove()


class LaidOutAnew:
    """One node that was never started, with a copy of its config folder, in which there is a keystore.

    Attributes:
        defaults: what the stack file leaves to the layout.

    Args:
        run: the stack.
        way: how its machine is reached.
        config: the new folder's name, or its path on the machine.
        owner: whom it and its files belong to.
        group: their group.
        modes: of folders and of files.
    """

    defaults: ClassVar[Mapping[str, str]]

    def __init__(self, run: StackRun, way: Way, config: str, owner: int, group: int, modes: tuple[int, int]) -> None:
        self.run, self.way = run, way
        [self.node] = run.cluster.nodes
        self.account = run.cluster.account
        keystore.run(run.cluster.home, self.node.config, ("create",))  # as packages do when they are installed
        self.config = way.root / (self.node.folder / config).relative_to("/")
        shutil.copytree(self.node.config, self.config)
        for path in [self.config, *self.config.rglob("*")]:
            os.chown(path, owner, group)
            path.chmod(modes[0] if path.is_dir() else modes[1])
        self.group = self.belongs(".")[1]

    def machine_section(self) -> dict[str, Any]:
        """Return what the stack file says of the machine."""
        raise NotImplementedError

    def machine(self) -> NodeMachine:
        """Return the node's machine as the plugin has it, for what is asked beside a run."""
        named = {**self.defaults, **self.machine_section()}
        return machine_of(Machine(node=self.node.name, pid_file="/nowhere", **named))

    def belongs(self, relative: str | Path) -> tuple[str, str, str]:
        """Return owner, group and mode of something in the config folder, or elsewhere on its machine."""
        owner, group, mode = self.way.tell("stat", "--format=%U %G 0o%a", str(self.way.there(self.config / relative)))
        return owner, group, mode

    def certificate_files(self) -> set[tuple[str, str, str]]:
        """Return owner, group and mode of all that is in the folder of certificates."""
        return {self.belongs(path.relative_to(self.config)) for path in (self.config / "certs").iterdir()}

    @contextmanager
    def started(self) -> Iterator[None]:
        """Start it through the stand-in, with documents, and always stop it."""
        try:
            done = self.machine().start(SystemClock())
            assert done.ok, done
            self.run.cluster.wait_until_green()
            seed(self.run.cluster.nodes, DOCUMENTS)
            yield
        finally:
            self.machine().stop(SystemClock())

    @contextmanager
    def reached_by_ssh(self) -> Iterator[None]:
        """Let nothing but SSH lead to its machine for a while."""
        before = self.way
        try:
            with by_ssh(self.run, before.folder) as self.way:
                yield
        finally:
            self.way = before

    def start_with(self, line: str) -> Any:
        """Stop it, start it with one more line in elasticsearch.yml, and return how that went; the line goes again."""
        machine, settings = self.machine(), self.config / "elasticsearch.yml"
        machine.stop(SystemClock())
        assert machine.process() is None
        kept = settings.read_bytes()
        settings.write_bytes(kept + line.encode())
        failed = machine.start(SystemClock())
        settings.write_bytes(kept)
        return failed
