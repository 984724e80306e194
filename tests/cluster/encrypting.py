"""Secrets of a stack file, encrypted as an operator encrypts them."""

import subprocess
from functools import reduce
from typing import Any

from ruamel.yaml import YAML

from tests.cluster.stack_run import NAMESPACE, STACK, StackRun
from toolchain.engine import engine


def encrypted(run: StackRun, path: str, text: str) -> Any:
    """Encrypt a text with `pulumi config set --secret`, and return what stands in the stack file then.

    Args:
        run: the stack.
        path: the key, such as `takeover.elastic_password`.
        text: the secret.
    """
    subprocess.run(
        [engine(), "config", "set", "--secret", "--path", f"{NAMESPACE}:{path}", "--stack", STACK],
        cwd=run.project,
        env=run.environment,
        input=text,
        check=True,
        capture_output=True,
        text=True,
    )
    section, *keys = path.split(".")
    config = YAML(typ="safe", pure=True).load(run.project / "stacks" / f"Pulumi.{STACK}.yaml")["config"]
    return reduce(lambda here, key: here[key], keys, config[f"{NAMESPACE}:{section}"])
