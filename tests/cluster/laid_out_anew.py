"""The node of an open development cluster, laid out as something else has it, and run by a stand-in."""

import grp
import os
import pwd
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from components.clock import SystemClock
from components.nodes.local import MINIMAL_ENVIRONMENT
from components.nodes.machine import NodeMachine
from components.nodes.spec import Machine
from components.nodes.targets import machine_of
from tests.cluster.plugins import install
from tests.cluster.stack_run import StackRun


class LaidOutAnew:
    """One stopped node with a copy of its config folder.

    Attributes:
        defaults: what the stack file leaves to the layout.

    Args:
        run: the stack.
        config: the new folder's name.
        owner: whom it and its files belong to.
        group: their group.
        modes: of folders and of files.
    """

    defaults: ClassVar[Mapping[str, str]]

    def __init__(self, run: StackRun, config: str, owner: int, group: int, modes: tuple[int, int]) -> None:
        self.run = run
        [self.node] = run.cluster.nodes
        self.account = run.cluster.account
        run.cluster.stop()
        self.config = self.node.folder / config
        self.group = grp.getgrgid(group).gr_name
        shutil.copytree(self.node.config, self.config)
        for path in [self.config, *self.config.rglob("*")]:
            os.chown(path, owner, group)
            path.chmod(modes[0] if path.is_dir() else modes[1])
        self.plugin = install(run, "standin_provider")

    def machine_section(self) -> dict[str, Any]:
        """Return what the stack file says of the machine."""
        raise NotImplementedError

    def machine(self) -> NodeMachine:
        """Return the node's machine as the plugin has it, for what is asked beside a run."""
        named = {**self.defaults, **self.machine_section()}
        return machine_of(Machine(node=self.node.name, pid_file="/nowhere", **named))

    def belongs(self, relative: str | Path) -> tuple[str, str, str]:
        """Return owner, group and mode of something in the config folder."""
        status = (self.config / relative).stat()
        return pwd.getpwuid(status.st_uid).pw_name, grp.getgrgid(status.st_gid).gr_name, oct(status.st_mode & 0o7777)

    def certificate_files(self) -> set[tuple[str, str, str]]:
        """Return owner, group and mode of all that is in the folder of certificates."""
        return {self.belongs(path.relative_to(self.config)) for path in (self.config / "certs").iterdir()}

    @contextmanager
    def started(self, monkeypatch: Any) -> Iterator[None]:
        """Start it through the stand-in, whose programs are found here as in the plugin, and always stop it."""
        monkeypatch.setitem(MINIMAL_ENVIRONMENT, "PATH", f"{self.plugin / 'bin'}:{MINIMAL_ENVIRONMENT['PATH']}")
        try:
            done = self.machine().start(SystemClock())
            assert done.ok, done
            yield
        finally:
            self.machine().stop(SystemClock())

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
