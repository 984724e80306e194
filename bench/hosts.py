"""Many machines on loopback: each an address and an sshd of its own, with its own host key, let in by a key.

`python -m bench.hosts FOLDER NUMBER PORT…` runs them, all with the same ports: the sshd's, and those of a node. Nothing
listens on the latter, since the nodes do not run: whatever answered TLS there would have to prove that it takes our
files. They end when standard input does, so nothing is left however a measurement ends.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from bench.sshd import CONFIGURATION, RIGHTS_ARE_DROPPED_IN, SSHD, make_key, public_key
from devcluster.ports import is_open
from stacks.workspace import ROOT

A_NET = 250
READY = "ready"
WITHIN = 60.0
"""Seconds in which all sshd's answer."""
MORE = """\
MaxStartups 100:30:200
SetEnv HOME={home}
"""
"""A home of its own, without a `.bashrc`: the one of this machine's root may take longer than all that is measured."""


@dataclass(frozen=True, slots=True)
class Host:
    """A machine.

    Attributes:
        address: an address of its own on loopback.
        ssh_port: where its sshd listens.
        http_port: of its node, which does not run.
        transport_port: likewise.
        folder: its keys.
    """

    address: str
    ssh_port: int
    http_port: int
    transport_port: int
    folder: Path

    def ssh(self) -> dict[str, object]:
        """Return how it is reached, as a stack file says it."""
        return {
            "user": "root",
            "port": self.ssh_port,
            "identity_file": str(self.folder.parent / "identity"),
            "config_file": "/dev/null",
            "host_key": public_key(self.folder / "host_key"),
        }


def missing() -> str:
    """Return what keeps this machine from running them; empty where nothing does."""
    programs = [str(path) for path in (SSHD, Path("/usr/bin/ssh")) if not path.exists()]
    if programs:
        return f"there is no {' and no '.join(programs)}"
    return "" if os.geteuid() == 0 else "only root can run an sshd that lets root in"


@contextmanager
def running_hosts(folder: Path, number: int) -> Iterator[tuple[Host, ...]]:
    """Run so many machines; the folder is made, and what is in it goes with them.

    Raises:
        RuntimeError: they do not come up.
    """
    folder.mkdir()
    folder.chmod(0o755)
    ports = _free_ports(3)
    command = [sys.executable, "-m", "bench.hosts", str(folder), str(number), *map(str, ports)]
    runner = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert runner.stdin is not None and runner.stdout is not None  # noqa: S101, PT018 (both are pipes)
    try:
        if runner.stdout.readline().strip() != READY:
            raise RuntimeError(f"{number} sshd's did not come up within {WITHIN:.0f} s")
        yield tuple(_hosts(folder, number, ports))
    finally:
        runner.stdin.close()
        runner.wait()
        runner.stdout.close()


def _hosts(folder: Path, number: int, ports: Sequence[int]) -> Iterator[Host]:
    for one in range(number):
        yield Host(f"127.80.{one // A_NET}.{one % A_NET + 1}", ports[0], ports[1], ports[2], folder / f"host-{one:03}")


def _free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        listening = [stack.enter_context(socket.create_server(("127.80.0.1", 0))) for _ in range(number)]
        return [one.getsockname()[1] for one in listening]


def main(folder: Path, number: int, ports: Sequence[int]) -> None:
    """Run them until standard input ends."""
    hosts = tuple(_hosts(folder, number, ports))
    sshds: list[subprocess.Popen[bytes]] = []
    try:
        RIGHTS_ARE_DROPPED_IN.mkdir(mode=0o755, exist_ok=True)
        make_key(folder / "identity")
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            sshds += pool.map(partial(_start, folder), hosts)
        _until_told(hosts)
    finally:
        for sshd in sshds:
            _stop(sshd)
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path, host: Host) -> subprocess.Popen[bytes]:
    host.folder.mkdir()
    make_key(host.folder / "host_key")
    text = CONFIGURATION.format(
        level="ERROR",
        port=host.ssh_port,
        address=host.address,
        folder=host.folder,
        authorized_keys=folder / "identity.pub",
        more=MORE.format(home=host.folder),
    )
    (host.folder / "sshd_config").write_text(text)
    words = [str(SSHD), "-D", "-f", str(host.folder / "sshd_config")]
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _stop(sshd: subprocess.Popen[bytes]) -> None:
    """End an sshd and what it lets in: killing the listener alone would leave the sessions."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for one in psutil.Process(sshd.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
    sshd.kill()
    sshd.wait()


def _until_told(hosts: Sequence[Host]) -> None:
    """Say so once all sshd's answer, and return when standard input ends."""
    deadline = time.monotonic() + WITHIN
    for host in hosts:
        while not is_open(host.ssh_port, host.address):
            if time.monotonic() > deadline:
                raise TimeoutError(f"nothing answers at {host.address}")
            time.sleep(0.05)
    print(READY, flush=True)  # noqa: T201 (to the process that started this one)
    sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), [int(word) for word in sys.argv[3:]])
