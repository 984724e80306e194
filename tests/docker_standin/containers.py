"""Containers of the stand-in for docker: what each was created with, and how it is now."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.standin_parts.records import Records

IMAGE = f"sha256:{hashlib.sha256(b'elasticsearch').hexdigest()}"
"""The id of the only image."""


@dataclass(frozen=True)
class Container:
    """What a container was created with, its image with it."""

    command: Sequence[str]
    user: int
    group: int
    image_environment: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    restarts: bool = False


@dataclass(frozen=True)
class State:
    """How a container is.

    Attributes:
        starts: how often it was started.
        running: whether its first process is there, or will be again by its restart policy.
        pid: that process; 0 for none.
        exit_code: how it ended last.
        started_at: when it was started last, as docker writes it.
        error: why there was no process at all; empty when there was one.
    """

    starts: int = 0
    running: bool = False
    pid: int = 0
    exit_code: int = 0
    started_at: str = "0001-01-01T00:00:00Z"
    error: str = ""


class Containers(Records[Container, State]):
    """All containers, in a folder."""

    service, state_type = Container, State

    def stopping(self, name: str) -> Path:
        """Return what is there from a `stop` to a `start`: no restart policy counts then."""
        return self.folder / f"{name}.stopping"
