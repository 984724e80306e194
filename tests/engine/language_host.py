"""Pulumi's language host for Python, for tests: a real one where there is one, else the stand-in."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster.stack_run import CHECKOUT
from toolchain.engine import MODULE, engine

HOST, EXECUTOR = "pulumi-language-python", "pulumi-language-python-exec"
SDK = "github.com/pulumi/pulumi/sdk/v3"
STARTS = "import sys; sys.path.insert(0, {checkout!r}); from tests.language_host.server import main; "
"""Not by PYTHONPATH, which a program and a policy pack would inherit."""


def installed_host() -> Path | None:
    """Return the folder of a host that the engine finds by itself, as that of an official Pulumi."""
    folders = [engine().parent, *map(Path, os.get_exec_path())]
    return next((folder for folder in folders if (folder / HOST).is_file()), None)


def install_language_host(folder: Path) -> None:
    """Put the host into a folder that is to be on the engine's path, unless there is a real one."""
    if real := os.environ.get("ESSECURITY_LANGUAGE_HOST"):
        for name in (HOST, EXECUTOR):
            shutil.copy(Path(real) / name, folder)
        return
    if installed_host():
        return
    code = f"{STARTS.format(checkout=str(CHECKOUT))}main({str(official_executor())!r}, words=sys.argv)"
    program = folder / HOST
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -u -c {shlex.quote(code)} "$@"\n')
    program.chmod(0o755)


def official_executor() -> Path:
    """Return what runs a program for the official host; it comes with the Go module that the engine is built from."""
    if shutil.which("go") is None:
        pytest.skip("needs Go, which knows where the module is that has the official executor")
    asked = ["go", "mod", "download", "-json", SDK]
    found = subprocess.run(asked, cwd=MODULE, check=True, capture_output=True, text=True)
    return Path(json.loads(found.stdout)["Dir"]) / "python" / "cmd" / EXECUTOR
