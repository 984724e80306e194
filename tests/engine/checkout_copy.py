"""A copy of this checkout's code, as another machine has it."""

import shutil
from pathlib import Path

from tests.cluster.stack_run import CHECKOUT

CODE = ("components", "policy", "provider", "stacks", "toolchain", "__main__.py", "Pulumi.yaml")


def copy_checkout(folder: Path) -> None:
    """Copy the code into a folder that is there, without environments."""
    for name in CODE:
        if (CHECKOUT / name).is_dir():
            shutil.copytree(CHECKOUT / name, folder / name, ignore=shutil.ignore_patterns(".venv", "__pycache__"))
        else:
            shutil.copy2(CHECKOUT / name, folder / name)
