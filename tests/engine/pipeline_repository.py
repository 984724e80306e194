"""A repository that is run by pipelines: this checkout's code, and three stack files for nodes that do not run.

It is a bare one of git's, with a work tree from which people merge.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.cluster.stack_run import CHECKOUT, NAMESPACE
from tests.engine import gh_standin
from tests.engine.checkout_copy import copy_checkout
from tests.engine.example_run import ENVIRONMENTS
from tests.wire.standins import CLOSED_PORT, StandInNode

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
        self.origin, self.aged, self.started = folder / "origin.git", False, ""
        self.main.mkdir()
        copy_checkout(self.main)
        self.git("init", "--quiet", "--bare", "--initial-branch", "main", str(self.origin))
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("remote", "add", "origin", self.origin.as_uri())
        self._merge()
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
        own = {"PULUMI_HOME": str(self.folder / "pulumi"), "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
        return {**usual, **own, "PATH": path, "PYTHONUNBUFFERED": "1"}

    def git(self, *words: str, where: Path | None = None) -> str:
        """Run git in the work tree, or elsewhere, and return what it printed."""
        people = [
            f"GIT_{who}_{what}=someone@example.net" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        ]
        variables = {**self.variables, **dict(one.split("=") for one in people)}
        done = subprocess.run(
            ["git", *words], cwd=where or self.main, env=variables, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def checkout(self, depth: str, writes: bool) -> Path:
        """Return a fresh checkout of `main`, or of the commit at which a run was started.

        It has no branch and no tag, which is less than both CI systems bring: a step fetches what it looks at.

        Args:
            depth: how many commits; with 0 it has all.
            writes: whether it may push.
        """
        folder = self.folder / f"job-{next(self.numbers)}"
        deep = () if depth == "0" else ("--depth", depth)
        self.git("init", "--quiet", str(folder))
        self.git("remote", "add", "origin", self.origin.as_uri(), where=folder)
        self.git("fetch", "--quiet", "--no-tags", *deep, "origin", self.started or self.head(), where=folder)
        self.git("checkout", "--quiet", "--detach", "FETCH_HEAD", where=folder)
        if not writes:
            self.git("config", "remote.origin.pushurl", (self.folder / "refused").as_uri(), where=folder)
        if self.aged:
            program = folder / "provider" / "pulumi-resource-essecurity"
            program.write_text(AGED.format(checkout=CHECKOUT, python=sys.executable))
        return folder

    @contextmanager
    def started_at(self, commit: str) -> Iterator[None]:
        """Let runs be of an older commit: started before what was merged since, or started again."""
        self.started = commit
        try:
            yield
        finally:
            self.started = ""

    def by_hand(self) -> Path:
        """Return a checkout of somebody who works at a shell."""
        folder = self.checkout("0", writes=True)
        (folder / ".venv").symlink_to(CHECKOUT / ".venv")
        return folder

    def head(self) -> str:
        """Return the commit that was merged last."""
        return self.git("rev-parse", "main", where=self.origin)

    def deployed(self, environment: str) -> str:
        """Return the commit that a tag is on; nothing where there is none."""
        return self.git(
            "for-each-ref", "--format=%(objectname)", f"refs/tags/deployed/{environment}", where=self.origin
        )

    def tag_what_was_never_merged(self, environment: str) -> None:
        """Let a tag be on a commit of another branch."""
        commit = self.git("commit-tree", "-p", "HEAD", "-m", "never merged", "HEAD^{tree}")
        self.git("push", "--quiet", "--force", "origin", f"{commit}:refs/tags/deployed/{environment}")

    def _merge(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "merged")
        self.git("push", "--quiet", "origin", "main")

    def commit(self, environment: str, **sections: Any) -> None:
        """Merge a stack file; what Pulumi wrote into it stays."""
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
        self._merge()

    def commit_salt_of(self, checkout: Path, environment: str) -> None:
        """Commit the line that Pulumi wrote into one stack file; all have the same passphrase."""
        yaml = YAML(typ="safe", pure=True)
        salt = yaml.load(checkout / "stacks" / f"Pulumi.{environment}.yaml")["encryptionsalt"]
        for each in ENVIRONMENTS:
            path = self.main / "stacks" / f"Pulumi.{each}.yaml"
            yaml.dump({"encryptionsalt": salt, **yaml.load(path)}, path)
        self._merge()
