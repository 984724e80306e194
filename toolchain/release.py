"""Fetches the official Pulumi release with the SDK's own installer, and gives up early where there is no way out."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from components.clock import Clock, SystemClock
from toolchain.cache import publish, readable_size, size_of
from toolchain.console import Task
from toolchain.processes import end_group

PATIENCE = 20.0
"""Seconds without a single byte arriving after which the network counts as closed."""
INSTALL = "import sys; from pulumi.automation import PulumiCommand; PulumiCommand.install(root=sys.argv[1])"
"""Run in a process of its own: the installer knows no time limit, and runs a shell script that starts others."""


def install_release(cache: Path, task: Task, clock: Clock | None = None) -> Path | None:
    """Fetch the release that belongs to the installed SDK.

    Args:
        cache: where it goes, under a temporary name until it is whole.
        task: told how many bytes have arrived.
        clock: measures the silence.

    Returns:
        The folder that holds ``bin/pulumi``; None where it could not be had.
    """
    with tempfile.TemporaryDirectory(dir=cache, prefix="engine-fetch-") as temporary:
        root = Path(temporary) / "root"
        process = subprocess.Popen(
            [sys.executable, "-c", INSTALL, str(root)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": temporary, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            text=True,
            start_new_session=True,
        )
        try:
            _wait_while_bytes_arrive(process, Path(temporary), task, clock or SystemClock())
        finally:
            end_group(process)
        if process.returncode != 0 or not (root / "bin" / "pulumi").is_file():
            return None
        return _keep(root, cache)


def _wait_while_bytes_arrive(process: subprocess.Popen[str], folder: Path, task: Task, clock: Clock) -> None:
    arrived, since = 0, clock.monotonic()
    while process.poll() is None and clock.monotonic() - since < PATIENCE:
        with contextlib.suppress(FileNotFoundError):  # the installer moves files while we count them
            if (now := size_of(folder)) != arrived:
                arrived, since = now, clock.monotonic()
                task.update(readable_size(arrived))
        clock.sleep(0.1)


def _keep(root: Path, cache: Path) -> Path:
    folder = cache / "engine-release-official"
    publish(root)
    shutil.rmtree(folder, ignore_errors=True)
    root.rename(folder)
    return folder
