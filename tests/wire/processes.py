"""The plugin's own process, started as an engine starts it: by a process that may die."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.wire.talking import Talk

PLUGIN = Path(__file__).resolve().parents[2] / "provider" / "pulumi-resource-essecurity"
PARENT = '"$@" & wait'


class PluginProcess:
    """The plugin, and the process that started it."""

    def __init__(self, engine: str, temporary: Path) -> None:
        self.parent = subprocess.Popen(
            ["sh", "-c", PARENT, "sh", str(PLUGIN), engine],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(temporary)},
        )
        self.said = [self.parent.stdout.readline().decode()]
        [self.process] = psutil.Process(self.parent.pid).children()
        self.talk = Talk(int(self.said[0]))

    def lose_its_parent(self) -> None:
        """Kill the process that started the plugin, without warning."""
        self.parent.kill()
        self.parent.wait()

    def wait_ended(self) -> str:
        """Return once the plugin has ended, with what it wrote besides its port: then nobody holds its output open."""
        return self.parent.stdout.read().decode()

    def alive(self) -> bool:
        """Tell whether the plugin runs."""
        return self.process.is_running() and self.process.status() != psutil.STATUS_ZOMBIE

    def interrupt(self) -> None:
        """Ask it to end, as an engine does."""
        self.process.send_signal(signal.SIGINT)

    def close(self) -> None:
        """End whatever is left."""
        self.talk.channel.close()
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in (*self.process.children(recursive=True), self.process):  # a command that it waits for, too
                process.kill()
        self.parent.kill()
        self.parent.wait()
        self.parent.stdout.close()


@contextmanager
def plugin_process(engine: str, temporary: Path) -> Iterator[PluginProcess]:
    """Run the plugin's process for a while."""
    started = PluginProcess(engine, temporary)
    try:
        yield started
    finally:
        started.close()
