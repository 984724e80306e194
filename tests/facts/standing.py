"""A node that stands on this machine: its folders, and a process that looks like it. No Elasticsearch."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from tests.cluster_fixtures import free_ports

SERVER = "org.elasticsearch.server/org.elasticsearch.bootstrap.Elasticsearch"
WAIT = "import sys; print('ready', flush=True); sys.stdin.read()"
HTTP_PORT, TRANSPORT_PORT = PORTS = free_ports(2)
"""Written, and called, but nobody listens there."""


def lay_out(folder: Path, name: str, more: str = "") -> Path:
    """Make ES_HOME and a config folder beside it; return the folder of both."""
    (folder / "home" / "lib").mkdir(parents=True)
    (folder / "home" / "lib" / "elasticsearch-core-9.9.9.jar").touch()
    (folder / "home" / "lib" / "elasticsearch-9.5.3.jar").touch()
    (folder / name).mkdir()
    (folder / name / "elasticsearch.yml").write_text(
        f"cluster.name: facts\nnode.name: {name}\nnetwork.host: 127.0.0.1\nhttp.port: {HTTP_PORT}\n"
        f"transport.port: {TRANSPORT_PORT}\n{more}"
    )
    return folder


@contextmanager
def running(folder: Path, name: str):
    """Let a process stand there whose command line and environment are those of an archive's node."""
    words = ["-Des.distribution.type=tar", "--module-path", f"{folder}/home/lib", "-m", SERVER, "-p", f"{folder}/pid"]
    environment = {**os.environ, "ES_PATH_CONF": str(folder / name)}
    command = [sys.executable, "-c", WAIT, *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        try:
            assert process.stdout.readline() == b"ready\n"
            yield process.pid
        finally:
            process.stdin.close()
            process.wait()


def snapshot(folder: Path) -> dict[str, tuple[bytes, float]]:
    """Return every file below a folder with its content and its time."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path): (path.read_bytes(), path.stat().st_mtime) for path in files}
