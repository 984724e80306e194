"""Runs the keystore command of a home that is being laid out."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from components.errors import CommandFailed
from toolchain import java


def run(home: Path, config: str | Path, arguments: Sequence[str], lines: str = "", java_option: str = "") -> None:
    """Run the command.

    Args:
        home: the home, whose own JDK it runs on.
        config: the configuration folder with the keystore.
        arguments: what follows the command's name.
        lines: what it reads.
        java_option: one more option for the JVM.

    Raises:
        CommandFailed: it ended with an error; its words are in the text.
    """
    ours = {"ES_PATH_CONF": str(config), "ES_JAVA_HOME": str(home / "jdk"), "CLI_JAVA_OPTS": java_option}
    done = subprocess.run(
        [home / "bin" / "elasticsearch-keystore", *arguments],
        input=lines,
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, **ours},
    )
    if done.returncode != 0:
        raise CommandFailed(
            "the keystore command does not run",
            where=str(home),
            why=(done.stderr or done.stdout).strip(),
            next_step=f"use a JDK {java.TRIED} (set JAVA_HOME), then run again",
        )
