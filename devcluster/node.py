"""One node of a development cluster: its folder, its process, and how it is started and ended."""

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil

from components.clock import Clock
from components.errors import CommandFailed
from devcluster import ports
from devcluster.accounts import Account
from devcluster.reasons import reason_of_failure
from devcluster.spec import NodeSpec

START_TIMEOUT = 180.0
STOP_TIMEOUT = 40.0
"""Seconds a node gets to end after SIGTERM; then it is killed, which a development node survives."""
MINIMAL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class DevNode:
    """A node that is laid out.

    Attributes:
        spec: its name and the ports it has.
        folder: its folder, without symbolic links.
        cluster: the cluster's name, which its log bears.
        account: whom it runs as.
    """

    spec: NodeSpec
    folder: Path
    cluster: str
    account: Account

    @property
    def name(self) -> str:
        """The node's name."""
        return self.spec.name

    @property
    def config(self) -> Path:
        """The folder with elasticsearch.yml (ES_PATH_CONF)."""
        return self.folder / "config"

    @property
    def settings(self) -> Path:
        """Its elasticsearch.yml."""
        return self.config / "elasticsearch.yml"

    @property
    def pid_file(self) -> Path:
        """Where it writes its process id."""
        return self.config / "elasticsearch.pid"

    @property
    def log(self) -> Path:
        """Its log."""
        return self.folder / "logs" / f"{self.cluster}.log"

    @property
    def url(self) -> str:
        """Where its HTTP layer answers while it is not secured."""
        return f"http://{self.spec.address}:{self.spec.http_port}"

    def process(self) -> psutil.Process | None:
        """Return its process, or None; a number left in the pid file that now belongs to another does not count."""
        try:
            process = psutil.Process(int(self.pid_file.read_text()))
            return process if is_node_of(process, self.config) else None
        except (OSError, ValueError, psutil.Error):
            return None

    def is_running(self) -> bool:
        """Tell whether its process is there."""
        return self.process() is not None

    def is_listening(self) -> bool:
        """Tell whether both its ports answer, whatever they speak."""
        return all(ports.is_open(port, self.spec.address) for port in (self.spec.http_port, self.spec.transport_port))

    def start(self, home: Path) -> None:
        """Start it and return once it is ready.

        Args:
            home: the Elasticsearch home.

        Raises:
            CommandFailed: it did not start, or not in time; what it said is in the text.
        """
        command = subprocess.Popen(
            [home / "bin" / "elasticsearch", "-d", "-p", self.pid_file],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            cwd="/",
            env=self.environment(),
            start_new_session=True,  # a Ctrl-C of ours is not meant for the node
            user=self.account.uid if self.account.switch else None,
            group=self.account.gid if self.account.switch else None,
            extra_groups=[] if self.account.switch else None,
        )
        try:
            said, complained = command.communicate(timeout=START_TIMEOUT)
        except subprocess.TimeoutExpired as error:
            command.kill()
            self.kill()
            command.communicate()
            raise self._failed(f"it was not ready after {START_TIMEOUT:.0f} s, and was killed") from error
        if command.returncode != 0:
            raise self._failed(f"exit status {command.returncode}: {reason_of_failure(said, complained)}")

    def environment(self) -> dict[str, str]:
        """Return the whole environment in which the node and its commands run."""
        return {
            "PATH": os.environ.get("PATH", MINIMAL_PATH),
            "LC_ALL": "C.UTF-8",
            "ES_PATH_CONF": str(self.config),
            "ES_TMPDIR": str(self.folder / "tmp"),
        }

    def stop(self, clock: Clock) -> None:
        """End it with SIGTERM and wait; kill it when it does not end in 40 s."""
        process = self.process()
        if process is None:
            return
        signal_quietly(process, signal.SIGTERM)
        if not wait_until_gone(process, clock, STOP_TIMEOUT):
            self.kill(clock)

    def kill(self, clock: Clock | None = None) -> None:
        """Kill it on the spot, as a crash would; with a clock, wait until it is gone."""
        process = self.process()
        if process is None:
            return
        signal_quietly(process, signal.SIGKILL)
        if clock is not None:
            wait_until_gone(process, clock, STOP_TIMEOUT)

    def _failed(self, why: str) -> CommandFailed:
        return CommandFailed(
            "the node did not start", where=self.name, why=why, next_step=f"read {self.log}, mend it, start again"
        )


def is_node_of(process: psutil.Process, config: Path) -> bool:
    """Tell whether a process is a living Elasticsearch node with this configuration folder."""
    try:
        arguments = process.cmdline()  # empty for a process that ended and was not reaped
    except psutil.Error:
        return False
    named = [Path(one.partition("=")[2]) for one in arguments if one.startswith("-Des.path.conf=")]
    return any(path.resolve() == config.resolve() for path in named)


def signal_quietly(process: psutil.Process, number: signal.Signals) -> None:
    """Send a signal; a process that is gone meanwhile is what was wanted."""
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def wait_until_gone(process: psutil.Process, clock: Clock, timeout: float) -> bool:
    """Wait until a process has ended; one that only waits to be reaped has ended.

    Returns:
        Whether it ended in time.
    """
    deadline = clock.monotonic() + timeout
    while clock.monotonic() < deadline:
        try:
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        clock.sleep(0.05)
    return False
