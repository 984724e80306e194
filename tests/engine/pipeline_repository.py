"""A repository that is run by pipelines: this checkout's code, and three stack files for nodes that do not run."""

import os
import shutil
import sys
from itertools import count
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.cluster.stack_run import CHECKOUT, NAMESPACE
from tests.engine import gh_standin
from tests.engine.example_run import ENVIRONMENTS
from tests.wire.standins import CLOSED_PORT, StandInNode

CODE = ("components", "policy", "provider", "stacks", "toolchain", "__main__.py", "Pulumi.yaml")
BROKEN = {"cluster": {"name": "logs", "scenario": "basic", "colour": "blue"}}
"""What `check` refuses."""
AGED = """\
#!/bin/sh
exec env GRPC_ENABLE_FORK_SUPPORT=0 PYTHONPATH="{checkout}" "{python}" -u -m tests.cluster.changed_provider . aged "$@"
"""
"""Issues certificates as 400 days ago."""


class Repository:
    """The repository, with what lies beside it: the backend, the nodes, and what the runner has on its PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.main, self.numbers = folder, folder / "main", count(1)
        self.main.mkdir()
        for name in CODE:
            if (CHECKOUT / name).is_dir():
                shutil.copytree(CHECKOUT / name, self.main / name, ignore=shutil.ignore_patterns(".venv"))
            else:
                shutil.copy2(CHECKOUT / name, self.main / name)
        (self.main / ".venv").symlink_to(CHECKOUT / ".venv")
        for name in ("state", "bin"):
            (folder / name).mkdir()
        self.gh = folder / "gh.json"
        self.gh.touch()
        program = folder / "bin" / "gh"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{gh_standin.__file__}" "{self.gh}" "$@"\n')
        program.chmod(0o755)
        self.nodes = {name: StandInNode(folder / name, "es-1") for name in ENVIRONMENTS}

    @property
    def variables(self) -> dict[str, str]:
        """Return the environment of the runner's machine."""
        usual = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "GITHUB_", "CI"))}
        path = f"{self.folder / 'bin'}:{usual['PATH']}"
        return {**usual, "PATH": path, "PULUMI_HOME": str(self.folder / "pulumi"), "PYTHONUNBUFFERED": "1"}

    def checkout(self) -> Path:
        """Return a fresh checkout."""
        return shutil.copytree(self.main, self.folder / f"job-{next(self.numbers)}", symlinks=True)

    def commit(self, environment: str, **sections: Any) -> None:
        """Write a stack file; what Pulumi wrote into it stays."""
        node, yaml = self.nodes[environment], YAML(typ="safe", pure=True)
        path = self.main / "stacks" / f"Pulumi.{environment}.yaml"
        kept = {key: value for key, value in yaml.load(path).items() if key != "config"} if path.exists() else {}
        ports = {"http_port": CLOSED_PORT, "transport_port": 10}
        written = {
            "cluster": {"name": "logs", "scenario": "basic", "running": False},
            "machine": {"home": str(node.home), "config": str(node.config)},
            "nodes": [{"name": node.name, "address": "127.0.0.1", **ports}],
            **sections,
        }
        yaml.dump({**kept, "config": {f"{NAMESPACE}:{key}": value for key, value in written.items()}}, path)

    def commit_salt_of(self, checkout: Path, environment: str) -> None:
        """Commit the line that Pulumi wrote into one stack file; all have the same passphrase."""
        yaml = YAML(typ="safe", pure=True)
        salt = yaml.load(checkout / "stacks" / f"Pulumi.{environment}.yaml")["encryptionsalt"]
        for each in ENVIRONMENTS:
            path = self.main / "stacks" / f"Pulumi.{each}.yaml"
            yaml.dump({"encryptionsalt": salt, **yaml.load(path)}, path)

    def issue_as_long_ago(self, wanted: bool) -> None:
        """Let the next checkouts have a plugin whose certificates are old, or the usual one."""
        program = self.main / "provider" / "pulumi-resource-essecurity"
        shutil.copy2(CHECKOUT / "provider" / program.name, program)
        if wanted:
            program.write_text(AGED.format(checkout=CHECKOUT, python=sys.executable))
