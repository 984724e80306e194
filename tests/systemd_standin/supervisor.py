"""The stand-in's process 1, one for each start: runs a service, keeps its journal, and writes down how it ended."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

from components.clock import SystemClock
from tests.systemd_standin.units import State, Units

READY = b"\x18"
"""Elasticsearch writes it to its standard error when it is ready (BootstrapInfo.SERVER_READY_MARKER)."""
SUCCESS = (0, 143, -15)


def supervise(units: Units, name: str) -> None:
    unit = units.read(name)
    assert unit is not None
    runtime = Path(unit.runtime_folder)
    runtime.mkdir(mode=0o755, exist_ok=True)
    os.chown(runtime, unit.user, unit.group)
    passphrase = unit.environment.get("ES_KEYSTORE_PASSPHRASE_FILE")
    us = unit.user == os.geteuid()
    said = os.open(passphrase or os.devnull, os.O_RDONLY)
    process = subprocess.Popen(
        list(unit.exec_start),
        stdin=said,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", **unit.environment},
        cwd="/",
        user=None if us else unit.user,
        group=None if us else unit.group,
        extra_groups=None if us else [],
        start_new_session=True,
    )
    units.becomes(name, State("activating", process.pid))
    lock = threading.Lock()
    readers = [
        threading.Thread(target=keep, args=(units, name, stream, process.pid, lock))
        for stream in (process.stdout, process.stderr)
    ]
    for reader in readers:
        reader.start()
    status = process.wait()
    for reader in readers:
        reader.join()
    asked = units.state(name).active == "deactivating"
    units.becomes(name, State("inactive" if status in SUCCESS and asked else "failed"))


def keep(units: Units, name: str, stream: IO[bytes], pid: int, lock: threading.Lock) -> None:
    """Keep what comes, line by line; the mark says that the service is ready, and is no line."""
    for line in stream:
        text = line
        if READY in line:
            text = line.replace(READY, b"")
            if units.state(name).active == "activating":
                units.becomes(name, State("active", pid))
        if text.strip():
            with lock, units.journal(name).open("a") as journal:
                journal.write(f"{int(SystemClock().now().timestamp())}\t{text.decode(errors='replace').rstrip()}\n")


if __name__ == "__main__":
    supervise(Units(Path(sys.argv[1])), sys.argv[2])
