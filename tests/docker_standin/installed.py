"""Puts the stand-in for docker into a folder: its program in `bin`, its containers in `containers`."""

from pathlib import Path

from tests.docker_standin.containers import Containers
from tests.standin_parts.programs import install_programs


def install_docker(folder: Path) -> Containers:
    """Install it, and return its containers, of which there are none."""
    containers = Containers(folder / "containers")
    install_programs(folder, "tests.docker_standin", ("docker",), containers.folder)
    return containers
