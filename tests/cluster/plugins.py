"""Lets the engine start a plugin that a test changed, instead of the usual one."""

import shlex
import sys
from pathlib import Path

from tests.cluster.stack_run import CHECKOUT, StackRun

SCRIPT = """#!/bin/sh
GRPC_ENABLE_FORK_SUPPORT=0 PYTHONPATH={checkout} exec {command} "$@"
"""


def install(run: StackRun, name: str, *arguments: str) -> Path:
    """Use a plugin from the next `write` on.

    Args:
        run: the stack.
        name: the module in this folder that is run.
        arguments: what it gets, after a folder of its own.

    Returns:
        Its folder.
    """
    folder = run.folder / "-".join([name, *arguments])
    folder.mkdir()
    path = folder / "pulumi-resource-essecurity"
    command = [sys.executable, "-u", "-m", f"tests.cluster.{name}", str(folder), *arguments]
    path.write_text(SCRIPT.format(checkout=shlex.quote(str(CHECKOUT)), command=shlex.join(command)))
    path.chmod(0o755)
    run.provider = folder
    return folder
