"""Pulumi's plugin `command` for tests: the real one where there is one, else a stand-in (`tests/command_standin`)."""

import os
import shlex
import shutil
import sys
from pathlib import Path

from stacks.command_plugin import BINARY, VERSION
from tests.cluster.stack_run import CHECKOUT


def install_command_plugin(pulumi_home: Path) -> None:
    """Put the plugin where the engine looks for it.

    Args:
        pulumi_home: the engine's own folder.
    """
    plugin = pulumi_home / "plugins" / f"resource-command-v{VERSION}" / BINARY
    plugin.parent.mkdir(parents=True)
    if real := os.environ.get("ESSECURITY_COMMAND_PLUGIN"):
        shutil.copy(real, plugin)
        return
    starts = f"PYTHONPATH={shlex.quote(str(CHECKOUT))} exec {sys.executable} -m tests.command_standin.server"
    plugin.write_text(f'#!/bin/sh\n{starts} "$@"\n')
    plugin.chmod(0o755)
