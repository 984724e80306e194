"""The stand-in's process 1, one for each start: runs a service, keeps its journal, and writes down how it ended."""

import os
import sys
from pathlib import Path

from components.clock import SystemClock
from tests.standin_parts.foreground import hear, run_as
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
    environment = {**unit.environment, **assignments(unit.environment_file)}
    passphrase = environment.get("ES_KEYSTORE_PASSPHRASE_FILE")
    said = os.open(passphrase or os.devnull, os.O_RDONLY)
    process = run_as(unit.exec_start, unit.user, unit.group, environment, said)
    units.becomes(name, State("activating", process.pid))
    status = hear(process, lambda _, line: keep(units, name, line, process.pid))
    asked = units.state(name).active == "deactivating"
    units.becomes(name, State("inactive" if status in SUCCESS and asked else "failed"))


def assignments(path: str) -> dict[str, str]:
    """Return what a unit's `EnvironmentFile=-` assigns, without quotes; it need not be there."""
    lines = Path(path).read_text().splitlines() if path and Path(path).exists() else []
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, equals, value in pairs if equals}


def keep(units: Units, name: str, line: bytes, pid: int) -> None:
    """Keep a line; the mark says that the service is ready, and is no line."""
    if READY in line and units.state(name).active == "activating":
        units.becomes(name, State("active", pid))
    if (text := line.replace(READY, b"")).strip():
        with units.log(name).open("a") as journal:
            journal.write(f"{int(SystemClock().now().timestamp())}\t{text.decode(errors='replace').rstrip()}\n")


if __name__ == "__main__":
    supervise(Units(Path(sys.argv[1])), sys.argv[2])
