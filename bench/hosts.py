"""Many machines on loopback: each an address and an sshd of its own, with its own host key, let in by a key.

`python -m bench.hosts FOLDER NUMBER` runs them, with a stand-in for the nodes' services: on each address something
answers TLS on both ports of a node. They end when standard input does, so nothing is left however a measurement ends.
"""

import asyncio
import contextlib
import datetime
import os
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from bench.sshd import CONFIGURATION, RIGHTS_ARE_DROPPED_IN, SSHD, make_key, public_key
from components.pki.issue import LeafRequest, issue_leaf, new_authority
from components.pki.profiles import PROFILES, ProfileName
from components.pki.sans import Sans
from components.pki.spec import KeyType, Layer
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
        http_port: where its stand-in for a service answers, as the HTTP layer of a node.
        transport_port: likewise, as the transport layer.
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
        asyncio.run(_serve(hosts, _tls(folder)))
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


def _tls(folder: Path) -> ssl.SSLContext:
    """Return what the stand-ins serve: a leaf of a CA that nobody knows."""
    now = datetime.datetime.now(datetime.UTC)  # noqa: TID251 (no rule of ours is asked here)
    kind = KeyType.EC_P256
    authority = new_authority(cluster="bench", layer=Layer.HTTP, generation=1, key_type=kind, valid_for="1y", now=now)
    leaf = issue_leaf(
        LeafRequest("any", Sans(ips=("127.0.0.1",)), PROFILES[ProfileName.HTTP], kind, "1y"), authority, now
    )
    file = folder / "stand-in.pem"
    file.write_text(leaf.private_key_pem + leaf.certificate_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


async def _serve(hosts: Sequence[Host], tls: ssl.SSLContext) -> None:
    """Answer TLS on every node's ports, say so once all sshd's answer too, and return when standard input ends."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await reader.read()
        writer.close()

    addresses = [host.address for host in hosts]
    for port in (hosts[0].http_port, hosts[0].transport_port):
        await asyncio.start_server(hang_up, addresses, port, ssl=tls, backlog=32)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, ended.set)
    async with asyncio.timeout(WITHIN):
        for host in hosts:
            await _answers(host)
    print(READY, flush=True)  # noqa: T201 (to the process that started this one)
    await ended.wait()


async def _answers(host: Host) -> None:
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(host.address, host.ssh_port)
            writer.close()
            return
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), [int(word) for word in sys.argv[3:]])
