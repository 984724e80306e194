"""What a machine must have for this project, and how to get it."""

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass

from components.errors import SecurityError
from toolchain import java
from toolchain.cache import place_of_cache

GO_HINT = "install Go 1.21 or newer (go.dev/dl, or `apt install golang-go`); it fetches the version it needs itself"
MAVEN_HINT = "install Apache Maven 3.6 or newer (`apt install maven`, `dnf install maven`, `brew install maven`)"
PYTHON_HINT = "install Python 3.11 or newer"
PYTHON_FLOOR = (3, 11)


@dataclass(frozen=True, slots=True)
class Requirement:
    """Something a machine must have.

    Attributes:
        name: what a person calls it.
        purpose: what the project needs it for.
        hint: how to install it.
        found: where it is, or "" where it is missing.
    """

    name: str
    purpose: str
    hint: str
    found: str

    @property
    def ok(self) -> bool:
        """Whether it is there."""
        return bool(self.found)


def requirements(which: Callable[[str], str | None] = shutil.which) -> tuple[Requirement, ...]:
    """Look for everything that the project needs on this machine.

    Args:
        which: how a command is looked up on the path.
    """
    return (
        Requirement("Python 3.11+", "runs everything", PYTHON_HINT, _python()),
        Requirement("Go", "builds the Pulumi engine where no release can be had", GO_HINT, _go(which)),
        Requirement("Maven", "resolves the Elasticsearch of development", MAVEN_HINT, _own() or which("mvn") or ""),
        Requirement(f"JDK {java.OLDEST}+", "runs the Elasticsearch of development", java.HINT, _own() or _jdk()),
    )


def _python() -> str:
    return sys.executable if sys.version_info[:2] >= PYTHON_FLOOR else ""


def _own() -> str:
    """Tell that a distribution of the operator's own is used, which brings its Java with it."""
    home = os.environ.get("ES_HOME", "")
    return f"not needed: ES_HOME is {home}" if home else ""


def _go(which: Callable[[str], str | None]) -> str:
    pulumi = which("pulumi") or next(place_of_cache().glob("engine-*/bin/pulumi"), None)
    return which("go") or (f"not needed: {pulumi} is there" if pulumi else "")


def _jdk() -> str:
    try:
        jdk = java.find_jdk()
    except SecurityError:
        return ""
    return f"{jdk.home} ({jdk.version})"
