"""The plugin that runs hooks, `pulumi-resource-command`: found, or fetched by the engine, where a stack has hooks.

It is the only plugin besides ours, and no other stack needs it. So the engine is told not to look for plugins by itself
(`ENGINE_ENVIRONMENT`), and asked for this one alone.
"""

import os
import shutil
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

from components.errors import ConfigurationRefused
from toolchain import console

NAME = "command"
BINARY = f"pulumi-resource-{NAME}"
VERSION = version("pulumi-command")
"""The plugin is that of the pinned SDK."""


def refuse_missing_plugin(environment: Mapping[str, str], install: Callable[[str, str], None]) -> None:
    """Let the engine fetch the plugin, where it is not there.

    Args:
        environment: the engine's.
        install: lets the engine fetch a plugin of this name and version.

    Raises:
        ConfigurationRefused: it could not be fetched.
    """
    if _is_there({**os.environ, **environment}):
        return
    try:
        with console.task(f"fetch the plugin {NAME} {VERSION}, which runs hooks"):
            install(NAME, f"v{VERSION}")
    except Exception as error:  # noqa: BLE001 (the engine's errors have many types, and all mean this)
        lines = [line.strip() for line in str(error).splitlines() if "error" in line] or [type(error).__name__]
        raise ConfigurationRefused(
            f"the plugin {NAME} {VERSION} is missing, which runs hooks",
            where="this machine",
            why=lines[-1].removeprefix("error: "),
            next_step=f"fetch it where there is a network (`pulumi plugin install resource {NAME} {VERSION}`), or put "
            f"`{BINARY}` on the path; a stack that had hooks needs it for one `up` more, after the section `hooks` was "
            "taken out of the stack file",
        ) from None


def _is_there(environment: Mapping[str, str]) -> bool:
    home = Path(environment.get("PULUMI_HOME") or Path.home() / ".pulumi")
    kept = home / "plugins" / f"resource-{NAME}-v{VERSION}" / BINARY
    return kept.is_file() or shutil.which(BINARY, path=environment.get("PATH")) is not None
