"""What a drill reads out of a stack's state, with its secrets in clear, in memory only."""

import json
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.pki.spec import Layer
from stacks.engine_errors import decoded_error, is_half_written
from toolchain.engine import engine

TRIES, BETWEEN = 20, 0.1
"""How often, and how many seconds apart, a state is asked for that another engine is just writing."""


def clear_state(stack: str, project: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the state as the engine exports it for whoever has the passphrase, also while another engine writes it.

    Args:
        stack: the environment's name.
        project: the folder with Pulumi.yaml.
        environment: the whole environment of the engine.

    Raises:
        SecurityError: the engine does not export it.
    """
    for _ in range(TRIES):
        done = subprocess.run(
            [engine(), "stack", "export", "--show-secrets", "--stack", stack],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            state: dict[str, Any] = json.loads(done.stdout)
            return state
        if not is_half_written(done.stderr):
            break
        time.sleep(BETWEEN)
    raise decoded_error("export the state", done.stderr)


def plain(value: Any) -> Any:
    """Return an exported value without its wrapper."""
    return json.loads(value["plaintext"]) if isinstance(value, dict) and "plaintext" in value else value


def key_file_passwords(state: Mapping[str, Any], layer: Layer) -> dict[str, str]:
    """Return the password of each node's key file on a layer, by the node's name."""
    return {
        resource["inputs"]["node"]: plain(resource["outputs"]["keyFilePassword"])
        for resource in state["deployment"]["resources"]
        if resource["type"].endswith(":Certificate") and resource["inputs"]["layer"] == layer.value
    }


def authority_pem(state: Mapping[str, Any], layer: Layer) -> str:
    """Return the certificate of the CA that signs on a layer."""
    resources = state["deployment"]["resources"]
    found = next(one for one in resources if one["urn"].endswith(f"::{layer}-ca"))
    return str(plain(found["outputs"]["signerCertificatePem"]))
