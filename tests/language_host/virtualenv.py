"""The environment of a project's or a policy pack's own Python, as `runtime.options` of its file names it."""

import os
from pathlib import Path

import grpc
from google.protobuf import json_format


def virtualenv_of(info, context):
    """Return the folder of the virtual environment; the real host would make it where it is missing."""
    options = json_format.MessageToDict(info.options)
    if options.keys() != {"virtualenv"}:
        context.abort(
            grpc.StatusCode.INVALID_ARGUMENT, f"the stand-in knows no other option than virtualenv: {options}"
        )
    folder = Path(info.root_directory, options["virtualenv"])
    if not python_of(folder).exists():
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"{folder} is no virtual environment")
    return folder


def python_of(virtualenv):
    return virtualenv / "bin" / "python"


def activated(virtualenv, variables):
    """Return variables as a shell has them in which the environment is activated."""
    kept = {name: value for name, value in variables.items() if name != "PYTHONHOME"}
    path = f"{virtualenv / 'bin'}{os.pathsep}{variables.get('PATH', '')}"
    return {**kept, "VIRTUAL_ENV": str(virtualenv), "PATH": path}
