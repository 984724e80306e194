"""A service's process as a stand-in runs it: in the foreground, as somebody, and heard line by line."""

import os
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import IO

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def run_as(
    command: Sequence[str], user: int, group: int, environment: Mapping[str, str], stdin: int
) -> subprocess.Popen[bytes]:
    """Start a process with this environment and nothing of ours, in a session of its own."""
    us = user == os.geteuid()
    return subprocess.Popen(
        list(command),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": DEFAULT_PATH, **environment},
        cwd="/",
        user=None if us else user,
        group=None if us else group,
        extra_groups=None if us else [],
        start_new_session=True,
    )


def hear(process: subprocess.Popen[bytes], line_came: Callable[[str, bytes], None]) -> int:
    """Hand on each line with the name of its stream, one at a time; return the status when all is said."""
    lock = threading.Lock()

    def listen(name: str, stream: IO[bytes]) -> None:
        for line in stream:
            with lock:
                line_came(name, line)

    streams = {"stdout": process.stdout, "stderr": process.stderr}
    readers = [threading.Thread(target=listen, args=named) for named in streams.items()]
    for reader in readers:
        reader.start()
    status = process.wait()
    for reader in readers:
        reader.join()
    return status
