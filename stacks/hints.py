"""What a person needs after a run, each with the command that prints it."""

from collections.abc import Mapping
from typing import Any

from stacks.show import write_file_for_people
from stacks.workspace import Workspace, command_line


def hints_for(workspace: Workspace, outputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return where the CA's certificate is and how to get the password."""
    command = f"{command_line()} output {workspace.stack}"
    hints = []
    pem = outputs.get("caCertificatePem")
    if isinstance(pem, str):
        path = write_file_for_people(workspace.handed_out, "http-ca.pem", pem)
        hints.append(("certificate of the CA that clients trust", str(path) if path else f"{command} caCertificatePem"))
    if "elasticPassword" in outputs:
        hints.append(("password of elastic", f"{command} elasticPassword --show-secrets"))
    elif "certificateRequests" in outputs:
        hints.append(("requests to be signed before the cluster is touched", f"{command} certificateRequests"))
    return hints
