"""The stand-in's engine, one for each start: runs a container's process, keeps what it says, writes down its end."""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from tests.docker_standin.containers import Containers, State
from tests.standin_parts.foreground import hear, run_as

RESTART_AFTER = 0.1
"""Seconds; docker doubles them each time."""


def supervise(containers: Containers, name: str) -> None:
    while run(containers, name):
        time.sleep(RESTART_AFTER)
        if containers.stopping(name).exists():
            containers.becomes(name, replace(containers.state(name), running=False))
            return


def run(containers: Containers, name: str) -> bool:
    """Run it once, and tell whether it is to be started anew."""
    container = containers.read(name)
    assert container is not None
    starts = containers.state(name).starts + 1
    environment = {**container.image_environment, **container.environment}
    nothing = os.open(os.devnull, os.O_RDONLY)
    try:
        process = run_as(container.command, container.user, container.group, environment, nothing)
    except OSError as error:
        containers.becomes(name, State(starts, exit_code=127, error=f"{container.command[0]}: {error.strerror}"))
        return False
    finally:
        os.close(nothing)
    runs = State(starts, running=True, pid=process.pid, started_at=rfc3339(time.time_ns()))
    containers.becomes(name, runs)
    status = hear(process, lambda stream, line: keep(containers, name, stream, line))
    again = container.restarts and not containers.stopping(name).exists()
    containers.becomes(name, replace(runs, running=again, pid=0, exit_code=status if status >= 0 else 128 - status))
    return again


def keep(containers: Containers, name: str, stream: str, line: bytes) -> None:
    """Keep a line with its stream and the moment at which it came."""
    text = line.decode(errors="replace").rstrip("\n")
    with containers.log(name).open("a") as log:
        log.write(f"{time.time_ns()}\t{stream}\t{text}\n")


def rfc3339(nanoseconds: int) -> str:
    """Return a time as docker writes it: in UTC, with as many digits of its fraction as there are."""
    seconds, fraction = divmod(nanoseconds, 10**9)
    digits = f".{fraction:09d}".rstrip("0").rstrip(".")
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}{digits}Z"


if __name__ == "__main__":
    supervise(Containers(Path(sys.argv[1])), sys.argv[2])
