"""What a person needs after a run, each with the command that prints it."""

import os
import shlex
from collections.abc import Mapping
from typing import Any

from stacks.config import named
from stacks.show import write_file_for_people
from stacks.workspace import Workspace, command_line


def hints_for(workspace: Workspace, outputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return where the CA's certificate is and how to get the password; on the development cluster, what to try."""
    command = f"{command_line()} output {workspace.stack}"
    hints, trusted = [], ""
    pem = outputs.get("caCertificatePem")
    if isinstance(pem, str):
        path = write_file_for_people(workspace.handed_out, "http-ca.pem", pem)
        trusted = f"--cacert {shlex.quote(os.path.relpath(path))} " if path else ""
        hints.append(("certificate of the CA that clients trust", str(path) if path else f"{command} caCertificatePem"))
    if "elasticPassword" in outputs:
        hints.append(("password of elastic", f"{command} elasticPassword --show-secrets"))
    elif "certificateRequests" in outputs:
        hints.append(("requests to be signed before the cluster is touched", f"{command} certificateRequests"))
    if workspace.handed_out is not None and "elasticPassword" in outputs and outputs.get("httpUrls"):
        hints.append(("ask a node (curl asks for that password)", f"curl {trusted}-u elastic {outputs['httpUrls'][0]}"))
        changed = f"{command_line()} preview {workspace.stack}"
        hints.append((f"what is next: change {named(workspace.stack_file)}, and read the plan", changed))
    return hints
