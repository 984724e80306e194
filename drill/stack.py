"""A stack, run as people run it, in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.errors import CommandFailed
from components.pki.spec import Layer
from drill.load import Load
from drill.state import authority_pem, clear_state
from stacks.workspace import ROOT

WELL = (0, 1)
"""How a run ends that went well: 1 is a preview that found something to do."""


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack.

    Attributes:
        name: the environment's name.
        project: the folder with Pulumi.yaml that it is run in.
        environment: the whole environment of its processes.
        local: whether it is that of the development cluster, whose folder the driver finds by itself.
    """

    name: str
    project: Path
    environment: Mapping[str, str]
    local: bool = False

    def up(self) -> dict[str, Any]:
        """Run `up` and return what it printed.

        Raises:
            CommandFailed: it failed.
        """
        return self._json("up")

    def preview(self) -> dict[str, Any]:
        """Run `preview` and return what it printed; likewise."""
        return self._json("preview")

    def outputs(self) -> dict[str, Any]:
        """Return the outputs, in clear; likewise."""
        return self._json("output", "--show-secrets")

    def state(self) -> dict[str, Any]:
        """Return the state, in clear."""
        return clear_state(self.name, self.project, self.environment)

    def up_only(self, *resources: str) -> None:
        """Run `up` for the resources of these names alone; likewise."""
        project = "" if self.local else str(self.project)
        self._run(["drill.only", self.name, project, *resources])

    def up_with_covered_clients(self, load: Load) -> None:
        """Make the next HTTP CA, let the clients of a load trust it beside the present one, then run `up`.

        Raises:
            CommandFailed: a run failed.
        """
        self.up_only(f"{Layer.HTTP}-ca")
        load.authority_pem += authority_pem(self.state(), Layer.HTTP)
        self.up()

    def _json(self, command: str, *options: str) -> dict[str, Any]:
        project = [] if self.local else ["--project", str(self.project)]
        printed: dict[str, Any] = json.loads(self._run(["stacks", command, self.name, "--json", *options, *project]))
        return printed

    def _run(self, module: list[str]) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *module],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in WELL:
            raise CommandFailed(
                f"`python -m {' '.join(module)}` ended with status {done.returncode}",
                where=f"stack {self.name}",
                why=done.stderr.strip()[-2000:] or "it said nothing",
                next_step="mend what it names; then run it again: what was done is recorded, and it does the rest",
            )
        return done.stdout
