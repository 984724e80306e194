"""Which Elasticsearch is laid out, and which one a home holds."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from components.errors import ConfigurationRefused

VARIABLE = "ELASTICSEARCH_VERSION"
"""Names the version to lay out, where it is not that of the POM."""
EIGHT = "8.19.21"
"""The 8.19 that tests run on beside the POM's version: the newest one on Maven Central when they were first run."""
POM = Path(__file__).parent / "pom.xml"


def wanted(environment: Mapping[str, str] | None = None) -> str:
    """Return the version that the environment names, else that of the POM.

    Args:
        environment: where the variable is read; our own by default.

    Raises:
        ConfigurationRefused: it names none that can be laid out.
    """
    named = (os.environ if environment is None else environment).get(VARIABLE)
    return checked(named) if named else of_pom(POM.read_text())


def checked(text: str) -> str:
    """Return a version that somebody wrote, if it is one that can be laid out.

    Raises:
        ConfigurationRefused: it is no whole version of 8.19 or 9.x.
    """
    if re.fullmatch(r"(8\.19|9\.\d+)\.\d+", text):
        return text
    raise ConfigurationRefused(
        f"{text} is no Elasticsearch that can be laid out",
        where=VARIABLE,
        why=f"it must be a whole version of 8.19 or 9.x, such as {EIGHT}",
        next_step=f"correct {VARIABLE}, or unset it",
    )


def of_pom(pom: str) -> str:
    """Return the version that the POM resolves unless it is told another one.

    Raises:
        ValueError: the POM names none.
    """
    found = re.search(r"<elasticsearch\.version>([^<]+)</elasticsearch\.version>", pom)
    if not found:
        raise ValueError("pom.xml names no elasticsearch.version")
    return found.group(1)


def of_home(home: Path) -> str | None:
    """Return the version that the name of a home's folder tells, as ours and the product's do; None where it does not.

    Args:
        home: the folder; it need not be there.
    """
    found = re.match(r"elasticsearch-(\d+\.\d+\.\d+)\b", home.name)
    return found.group(1) if found else None


def same(linked: Path, home: Path, where: Path) -> None:
    """Make sure that nodes go on with the version that they were laid out with.

    Args:
        linked: the home that they were laid out with.
        home: the one that is wanted now.
        where: the cluster's folder.

    Raises:
        ConfigurationRefused: it is another version.
    """
    before, now = of_home(linked), of_home(home)
    if before and now and before != now:
        raise ConfigurationRefused(
            f"the development cluster is one of Elasticsearch {before}, and {now} is wanted",
            where=str(where),
            why="a cluster is not upgraded here, and an older version does not read its data",
            next_step=f"set {VARIABLE}={before}; or remove the cluster with `make clean`, then `make up`",
        )
