"""Resolves the jars with the machine's own Maven, whose settings, mirrors and credentials thus apply."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from components.errors import CommandFailed, ConfigurationRefused
from toolchain import console, processes
from toolchain.java import Jdk
from toolchain.requirements import MAVEN_HINT

GOAL = "dependency:build-classpath"


def resolve(pom: Path, jdk: Jdk, task: console.Task, properties: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the jars that a POM asks for, fetched if need be.

    Args:
        pom: the POM.
        jdk: what Maven runs on.
        task: told how many files were fetched.
        properties: what the POM's properties of these names are to be.

    Raises:
        ConfigurationRefused: there is no Maven.
        CommandFailed: Maven could not resolve; its own words are in the text.
    """
    maven = shutil.which("mvn")
    if maven is None:
        raise ConfigurationRefused(
            "Maven is missing",
            where="this machine",
            why="the Elasticsearch of development is laid out from the jars on Maven Central",
            next_step=f"{MAVEN_HINT}; or set ES_HOME to an unpacked Elasticsearch",
        )
    fetched = 0

    def count(line: str) -> None:
        nonlocal fetched
        fetched += "Downloaded from" in line
        task.update(f"{fetched} files fetched")

    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "classpath"
        given = {**properties, "mdep.outputFile": answer, "mdep.pathSeparator": os.pathsep}
        ended = processes.run(
            [maven, "--batch-mode", "--file", str(pom), GOAL, *(f"-D{name}={value}" for name, value in given.items())],
            count,
            cwd=pom.parent,
            environment={**os.environ, "JAVA_HOME": str(jdk.home)},
        )
        if ended.exit_status != 0:
            errors = [line for line in ended.last_lines if "ERROR" in line] or ended.last_lines
            raise CommandFailed(
                "Maven could not resolve Elasticsearch",
                where=str(pom.name),
                why="\n".join(errors[:6]),
                next_step="check that Maven reaches its repository (a mirror goes into ~/.m2/settings.xml), run again",
            )
        return tuple(Path(jar) for jar in answer.read_text().strip().split(os.pathsep))
