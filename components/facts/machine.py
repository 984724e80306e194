"""One look at a machine: what it is called, where it is reached, and which nodes run on it. Read-only."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from components.nodes import hosts
from components.nodes.layouts import LAYOUTS, Layout
from components.nodes.target import NodeTarget
from components.nodes.units import OF_UNIT, unit_of

LOOK = (
    OF_UNIT
    + r"""
say() { printf '%s=%s\n' "$1" "$2"; }
say host "$(timeout 5 hostname -f 2>/dev/null || uname -n)"
say host "$(uname -n)"
if command -v ip >/dev/null 2>&1; then
  ip -o addr show 2>/dev/null | while read -r number device family address rest; do say "$family" "${address%%/*}"; done
else
  for address in $(hostname -I 2>/dev/null); do say inet "$address"; done
fi
[ -e /var/lib/dpkg/info/elasticsearch.list ] && say package deb
command -v rpm >/dev/null 2>&1 && rpm -q elasticsearch >/dev/null 2>&1 && say package rpm
here=$(readlink /proc/self/ns/pid 2>/dev/null)
grep -ls 'org\.elasticsearch\.' /proc/[0-9]*/cmdline 2>/dev/null | while read -r file; do
  process=${file%/cmdline}
  say process "${process#/proc/}"
  say user "$(stat -c %U "$process" 2>/dev/null)"
  sed -n 's/^PPid:[[:space:]]*/parent=/p' "$process/status" 2>/dev/null
  tr '\0' '\n' 2>/dev/null <"$file" | sed -n \
    -e 's/^-Des\.path\.home=/home=/p' \
    -e 's/^-Des\.path\.conf=/config=/p' \
    -e 's/^-Des\.distribution\.type=/type=/p' \
    -e 's/^-Dcli\.name=/tool=/p' \
    -e 's/^--module-path=/modules=/p' \
    -e '/^--module-path$/{n;s/^/modules=/p;}' \
    -e '/^-p$/{n;s/^/pid_file=/p;}' \
    -e 's/^--\{0,1\}pidfile=/pid_file=/p' \
    -e 's/^.*org\.elasticsearch\.bootstrap\..*$/main=&/p'
  [ -r "$process/environ" ] && say environment read
  tr '\0' '\n' 2>/dev/null <"$process/environ" | sed -n 's/^ES_PATH_CONF=/variable=/p'
  of_unit "${process#/proc/}"
  there=$(readlink "$process/ns/pid" 2>/dev/null)
  [ -n "$there" ] && [ "$there" != "$here" ] && say inside container
done
true
"""
)
"""A line of `NAME=VALUE` for each fact, those of a process after its `process`. Of a command line and of an
environment only what is named here leaves the machine: the rest may hold secrets."""
SERVER = "org.elasticsearch.bootstrap."
LAUNCHED = "server"
TYPES: Mapping[str, Layout] = {
    "tar": Layout.ARCHIVE,
    "zip": Layout.ARCHIVE,
    "deb": Layout.DEB,
    "rpm": Layout.RPM,
    "docker": Layout.DOCKER,
}
"""Values of `es.distribution.type`, which the start script gives to the JVM. Source: distribution/src/bin."""
_MODULES = re.compile(r"(?P<home>.+?)/lib/?(:.*)?")


@dataclass(frozen=True, slots=True)
class RunningNode:
    """A process that is a node, as far as its command line tells.

    Attributes:
        pid: process id.
        user: whom it runs as; empty where nobody may see it.
        home: ES_HOME; empty where it is not told.
        config: ES_PATH_CONF; empty where it is not told.
        layout: how it was installed; None where it is not told.
        pid_file: where it writes its process id; empty where it is not told.
        unit: the unit of systemd that runs it; empty without one.
        in_container: whether it runs in a container, where its paths are other ones than the machine's.
    """

    pid: int
    user: str = ""
    home: str = ""
    config: str = ""
    layout: Layout | None = None
    pid_file: str = ""
    unit: str = ""
    in_container: bool = False


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """What a machine tells.

    Attributes:
        names: what it calls itself, the longest form first.
        addresses: where it is reached, without loopback and without what means something on one cable only.
        package: the layout of the package that is installed; None without one.
        running: the nodes that run on it.
        node_name: `uname -n`, which Elasticsearch takes for a node without a name.
    """

    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    package: Layout | None = None
    running: tuple[RunningNode, ...] = ()
    node_name: str = ""


def look_at(target: NodeTarget) -> MachineFacts:
    """Return what a machine tells.

    Raises:
        TargetUnreachable: it did not answer.
        CommandFailed: it did not answer in time.
    """
    return read_look(target.run(["sh", "-c", LOOK]).stdout)


def read_look(text: str) -> MachineFacts:
    """Return what the lines of the look say; a line that says nothing to us is left out."""
    about_machine: list[tuple[str, str]] = []
    about_processes: list[list[tuple[str, str]]] = []
    for name, found, value in (line.partition("=") for line in text.splitlines()):
        if not found or not value:
            continue
        if name == "process":
            about_processes.append([])
        (about_processes[-1] if about_processes else about_machine).append((name, value))
    called = _values(about_machine, "host")
    names = sorted(dict.fromkeys(called), key=len, reverse=True)
    packages = [TYPES[value] for value in _values(about_machine, "package") if value in TYPES]
    return MachineFacts(
        tuple(name for name in names if not hosts.is_loopback(name)),
        tuple(_reachable([*_values(about_machine, "inet"), *_values(about_machine, "inet6")])),
        packages[0] if packages else None,
        tuple(_nodes(about_processes)),
        called[-1] if called else "",
    )


def _values(lines: Iterable[tuple[str, str]], name: str) -> list[str]:
    return [value for key, value in lines if key == name]


def _reachable(texts: Iterable[str]) -> Iterator[str]:
    for text in dict.fromkeys(texts):
        address = hosts.ip_of(text)
        if address is not None and not (address.is_loopback or address.is_link_local):
            yield str(address)


def _nodes(processes: Sequence[Sequence[tuple[str, str]]]) -> Iterator[RunningNode]:
    """Yield the servers; where a launcher goes on beside one, as with the packages, it knows the folders."""
    launchers = {lines[0][1]: _node(lines) for lines in processes if LAUNCHED in _values(lines, "tool")}
    for lines in processes:
        if not any(SERVER in main for main in _values(lines, "main")):
            continue
        node, told = _node(lines), launchers.get("".join(_values(lines, "parent")[:1]))
        if told is not None:
            node = replace(
                node,
                home=told.home or node.home,
                config=told.config or node.config,
                layout=told.layout or node.layout,
                pid_file=told.pid_file or node.pid_file,
            )
        yield node


def _node(lines: Sequence[tuple[str, str]]) -> RunningNode:
    """Return what the lines of a process say; where nobody named another folder, it is the layout's."""
    said = dict(lines)  # of an option that is given twice the last one counts, as with the JVM
    modules = _MODULES.fullmatch(said.get("modules", ""))
    home, layout = said.get("home", modules["home"] if modules else ""), TYPES.get(said.get("type", ""))
    usual = LAYOUTS[layout].config if layout else None
    if not usual and home and "environment" in said:
        usual = f"{home}/config"
    return RunningNode(
        pid=int(said["process"]),
        user=said.get("user", "").replace("UNKNOWN", ""),
        home=home,
        config=said.get("config") or said.get("variable") or usual or "",
        layout=layout,
        pid_file=said.get("pid_file", ""),
        unit=unit_of(lines, said["process"]),
        in_container="inside" in said or layout is Layout.DOCKER,
    )
