"""A checkout of its own in which a person types `pulumi …`, with a language host on the path."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.cluster.stack_run import CHECKOUT, STACK, Finished
from tests.engine.checkout_copy import copy_checkout
from tests.engine.folders_run import FoldersRun
from tests.engine.language_host import install_language_host
from toolchain.engine import engine


class PlainRun(FoldersRun):
    """One stack on nodes that do not run, initialised and never put up; `pulumi` runs without the driver.

    What `StackRun` has runs it with the driver, on the same state.
    """

    def __init__(self, folder: Path, names: tuple[str, ...]) -> None:
        super().__init__(folder, names)
        self.project.mkdir()
        copy_checkout(self.project)
        for environment in (".venv", "policy/.venv"):
            (self.project / environment).symlink_to(CHECKOUT / environment)
        (folder / "bin").mkdir()
        install_language_host(folder / "bin")
        self.variables = {
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }
        self.write()
        self.well("stack", "init")

    def write(self, **sections: Any) -> None:
        """Write the stack file; `Pulumi.yaml` is as we ship it."""
        super().write(**sections)
        shutil.copy2(CHECKOUT / "Pulumi.yaml", self.project)

    def pulumi(self, *words: str) -> Finished:
        """Run a command of Pulumi's own in the checkout, to its end."""
        done = subprocess.run(
            [engine(), *words, "--stack", STACK],
            cwd=self.project,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    def well(self, *words: str) -> str:
        """Run a command that must succeed, and return all that it printed."""
        ended = self.pulumi(*words)
        said = ended.stdout + ended.stderr
        assert ended.status == 0, said
        return said

    def refused(self, *words: str) -> str:
        """Run a command that must fail, without a traceback through our code; return all that it printed.

        Where a policy stops a run, the engine interrupts the official executor, which may print a traceback of its own.
        """
        ended = self.pulumi(*words)
        said = ended.stdout + ended.stderr
        assert ended.status != 0, said
        assert f'File "{self.project}' not in said, said
        return said
