"""Finds a JDK that Elasticsearch runs on and that can compile the launcher."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from components.errors import ConfigurationRefused

OLDEST = 21
"""Elasticsearch 9 runs on nothing older (docs: deploy-manage/deploy/self-managed/installing-elasticsearch)."""
TRIED = 25
"""What the development cluster is tried with; preferred where several fit and none was asked for."""
NEEDED_TOOLS = ("java", "javac", "jar")
HINT = (
    f"install a JDK {OLDEST} or newer (`apt install openjdk-{OLDEST}-jdk-headless`, `dnf install "
    f"java-{OLDEST}-openjdk-devel`, `brew install openjdk@{OLDEST}`) and set JAVA_HOME to it"
)
USUAL_FOLDERS = (
    ("/", "usr/lib/jvm/*"),
    ("/", "usr/java/*"),
    ("/", "opt/*jdk*"),
    ("/", "Library/Java/JavaVirtualMachines/*/Contents/Home"),
    ("~", ".sdkman/candidates/java/*"),
)


@dataclass(frozen=True, slots=True)
class Jdk:
    """A Java installation.

    Attributes:
        home: its folder.
        version: its major version; 0 where it could not be told.
        missing: which of the tools that we need it has not.
    """

    home: Path
    version: int
    missing: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether it is new enough and complete."""
        return self.version >= OLDEST and not self.missing

    def tool(self, name: str) -> Path:
        """Return the path of one of its commands."""
        return self.home / "bin" / name

    def __str__(self) -> str:
        """Say what it is, as an error lists it."""
        return f"{self.home}: {self.version or 'unknown version'}" + (
            f", without {' and '.join(self.missing)}" if self.missing else ""
        )


def find_jdk(environment: Mapping[str, str] | None = None, folders: Iterable[Path] | None = None) -> Jdk:
    """Return the JDK to use: ES_JAVA_HOME, JAVA_HOME and the path first, then the usual folders.

    Args:
        environment: where the variables are read; our own by default.
        folders: the usual places of JVMs; those of this machine by default.

    Raises:
        ConfigurationRefused: none of those seen fits; the error lists them.
    """
    variables = os.environ if environment is None else environment
    seen: list[Jdk] = []
    for home in _asked_for(variables):
        seen.append(look_at(home))
        if seen[-1].fits:
            return seen[-1]
    usual = [look_at(home) for home in _unlike(seen, usual_folders() if folders is None else folders)]
    if fitting := [jdk for jdk in usual if jdk.fits]:
        return min(fitting, key=lambda jdk: (jdk.version != TRIED, jdk.version, str(jdk.home)))
    raise ConfigurationRefused(
        f"no JDK {OLDEST} or newer",
        where="this machine",
        why="seen: " + ("; ".join(map(str, [*seen, *usual])) or "no Java at all"),
        next_step=HINT,
    )


def look_at(home: Path) -> Jdk:
    """Tell what a folder holds, if it is a Java installation at all."""
    missing = tuple(tool for tool in NEEDED_TOOLS if not os.access(home / "bin" / tool, os.X_OK))
    return Jdk(home, 0 if "java" in missing else _version(home), missing)


def usual_folders() -> Iterator[Path]:
    """List the folders in which Java installations usually lie, each real folder once."""
    for root, pattern in USUAL_FOLDERS:
        for found in sorted(Path(root).expanduser().glob(pattern)):
            if (found / "bin" / "java").exists() and not found.is_symlink():
                yield found


def major_version(text: str) -> int:
    """Return the major version that a version text such as ``25.0.1``, ``21-ea`` or ``1.8.0_392`` means."""
    found = re.match(r"(?:1\.)?(\d+)", text)
    return int(found.group(1)) if found else 0


def _asked_for(environment: Mapping[str, str]) -> Iterator[Path]:
    for variable in ("ES_JAVA_HOME", "JAVA_HOME"):
        if home := environment.get(variable):
            yield Path(home)
    if java := shutil.which("java", path=environment.get("PATH", "")):
        yield Path(java).resolve().parent.parent


def _unlike(seen: Iterable[Jdk], folders: Iterable[Path]) -> Iterator[Path]:
    known = {jdk.home.resolve() for jdk in seen}
    return (folder for folder in folders if folder.resolve() not in known)


def _version(home: Path) -> int:
    release = home / "release"
    if release.is_file():
        found = re.search(r'^JAVA_VERSION="([^"]+)"', release.read_text(errors="replace"), re.MULTILINE)
        if found:
            return major_version(found.group(1))
    try:
        said = subprocess.run([home / "bin" / "java", "-version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r'version "([^"]+)"', said.stderr)
    return major_version(found.group(1)) if found else 0
