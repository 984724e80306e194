"""What `ssh` alone costs: one login to each machine, as many at once as our plugin has in hand."""

import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.hosts import Host
from components.nodes.at_once import DEFAULT


def seconds_of_ssh(hosts: Sequence[Host], folder: Path) -> float:
    """Return how many seconds it takes to log in to each of them once."""
    known = folder / "known_hosts"
    known.write_text("".join(f"[{host.address}]:{host.ssh_port} {host.ssh()['host_key']}\n" for host in hosts))
    began = time.perf_counter()
    with ThreadPoolExecutor(DEFAULT) as pool:
        list(pool.map(lambda host: subprocess.run(_words(host, known), stdin=subprocess.DEVNULL, check=True), hosts))
    return time.perf_counter() - began


def _words(host: Host, known: Path) -> list[str]:
    options = ("BatchMode=yes", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes", f"UserKnownHostsFile={known}")
    said = [word for option in options for word in ("-o", option)]
    login = ["-l", "root", "-p", str(host.ssh_port), "-i", str(host.ssh()["identity_file"])]
    return ["ssh", "-F", "/dev/null", *said, *login, host.address, "true"]
