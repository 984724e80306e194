"""How Elasticsearch can have been installed, as a table: where things are, whom they belong to, and what runs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Layout(StrEnum):
    """How Elasticsearch was installed. Source: install pages, deploy-manage/deploy/self-managed."""

    ARCHIVE = "archive"
    DEB = "deb"
    RPM = "rpm"
    DOCKER = "docker"


class Runtime(StrEnum):
    """The command that handles containers; both take the same words for what is asked of them here."""

    DOCKER = "docker"
    PODMAN = "podman"


class Way(StrEnum):
    """What starts and stops a node."""

    DAEMON = "bin/elasticsearch -d"
    SYSTEMD = "systemctl"
    CONTAINER = "the container's runtime"


@dataclass(frozen=True, slots=True)
class LayoutFacts:
    """What is so with a layout unless the stack file says otherwise.

    Attributes:
        way: what starts and stops the node, where the stack file names no unit.
        home: ES_HOME; None where it has to be named.
        config: ES_PATH_CONF on the machine; None for `config` in the home, where that is on the machine.
        pid_file: where the node writes its process id; empty for `elasticsearch.pid` in the config folder.
        user: whom the node runs as; None for the owner of the config folder.
        unit: systemd's unit; None without systemd.
        container: the container's name; None without one.
        user_owns_config: whether the files in the config folder belong to the node's user, who then changes the
            keystore as well. With the packages they belong to root, and the node only reads them by its group.
        keys: the keys of a machine that mean something with this layout alone, and with those like it.
        source: where Elastic says so.
    """

    way: Way
    home: str | None
    config: str | None
    pid_file: str
    user: str | None
    unit: str | None
    container: str | None
    user_owns_config: bool
    keys: frozenset[str]
    source: str


PACKAGE = LayoutFacts(
    way=Way.SYSTEMD,
    home="/usr/share/elasticsearch",
    config="/etc/elasticsearch",
    pid_file="/run/elasticsearch/elasticsearch.pid",
    user="elasticsearch",
    unit="elasticsearch.service",
    container=None,
    user_owns_config=False,
    keys=frozenset({"unit"}),
    source="install-elasticsearch-with-debian-package, install-elasticsearch-with-rpm; distribution/packages",
)
"""Debian packages and RPMs differ in the file with the unit's environment only, which nobody here reads."""

LAYOUTS: Mapping[Layout, LayoutFacts] = {
    Layout.ARCHIVE: LayoutFacts(
        way=Way.DAEMON,
        home=None,
        config=None,
        pid_file="",
        user=None,
        unit=None,
        container=None,
        user_owns_config=True,
        keys=frozenset({"pid_file", "unit"}),
        source="install-elasticsearch-from-archive-on-linux-macos",
    ),
    Layout.DEB: PACKAGE,
    Layout.RPM: PACKAGE,
    Layout.DOCKER: LayoutFacts(
        way=Way.CONTAINER,
        home="/usr/share/elasticsearch",  # in the container
        config=None,
        pid_file="",
        user="1000:0",
        unit=None,
        container="{name}",
        user_owns_config=False,
        keys=frozenset({"container", "runtime"}),
        source="install-elasticsearch-docker-prod; distribution/docker docker-entrypoint.sh",
    ),
}
OWN_KEYS: frozenset[str] = frozenset().union(*(facts.keys for facts in LAYOUTS.values()))
"""Keys of a machine that do not fit every layout."""
