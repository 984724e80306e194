"""Writes the folders and files of nodes, and moves nodes to other ports when theirs are taken."""

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from components.errors import ConfigurationRefused
from devcluster import files, overlay, ports
from devcluster.accounts import Account
from devcluster.node import DevNode
from devcluster.spec import ClusterSpec, NodeSpec
from toolchain import console

HEAP_MEGABYTES = 256
FOLDERS = ("config", "config/jvm.options.d", "data", "logs", "tmp")


def laid_out(spec: ClusterSpec, account: Account) -> tuple[DevNode, ...]:
    """Return those nodes of the stack file that are laid out, with the ports that their own files name."""
    found = []
    for wanted in spec.nodes:
        node = DevNode(wanted, spec.folder.resolve() / wanted.name, spec.name, account)
        if node.settings.exists():
            found.append(_with_own_ports(node))
    return tuple(found)


def lay_out(spec: ClusterSpec, folder: Path, account: Account) -> tuple[DevNode, ...]:
    """Lay out the nodes of the stack file that are not laid out yet, and return all.

    Args:
        spec: the cluster.
        folder: where the nodes' folders belong, without symbolic links.
        account: whom the files belong to.
    """
    there = laid_out(spec, account)
    known = {node.name for node in there}
    missing = [node for node in spec.nodes if node.name not in known]
    given = with_free_ports(missing, taken=_ports_of(node.spec for node in there))
    everyone = [node.spec for node in there] + given
    for node in given:
        write_node(DevNode(node, folder / node.name, spec.name, account), everyone, bootstrap=not there)
    return laid_out(spec, account)


def write_node(node: DevNode, everyone: Sequence[NodeSpec], *, bootstrap: bool) -> None:
    """Write a node's folders and files."""
    node.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    node.account.take(node.folder, 0o755)
    for name in FOLDERS:
        (node.folder / name).mkdir(exist_ok=True)
        node.account.take(node.folder / name, 0o750)
    settings = files.settings(node.cluster, node.spec, everyone, node.folder, bootstrap=bootstrap)
    _put(node, "log4j2.properties", files.LOGGING)
    _put(node, "jvm.options", files.JVM_OPTIONS)
    _put(node, "jvm.options.d/heap.options", files.heap_options(node.folder, HEAP_MEGABYTES))
    for name in files.EMPTY_AS_SHIPPED:
        _put(node, name, "")
    _put(node, "elasticsearch.yml", settings)  # last: it is what tells that a node is laid out


def move_from_taken_ports(nodes: Sequence[DevNode]) -> None:
    """Give every stopped node whose port somebody else holds another one, in the files of all nodes.

    Raises:
        ConfigurationRefused: a port is taken, and the node's file is no longer of our shape.
    """
    stuck = [node.spec for node in nodes if not node.is_running() and not _can_bind(node.spec)]
    if stuck:
        _move(nodes, stuck)


def follow_stack_file(spec: ClusterSpec, nodes: Sequence[DevNode]) -> None:
    """Give stopped nodes the ports of the stack file, where somebody changed them there since they were laid out.

    Raises:
        ConfigurationRefused: such a node runs; nothing was changed.
    """
    astray = [node for node in nodes if node.spec not in spec.nodes and not overlay.tells_of(spec, node.spec)]
    wanted = {node.name: node for node in spec.nodes}
    changes = {node.name: _changes(node.spec, wanted[node.name]) for node in astray}
    running = [node.name for node in astray if node.is_running()]
    if running:
        raise ConfigurationRefused(
            "the stack file gives other ports than those that it runs with",
            where=", ".join(running),
            why="; ".join(f"{name}: {changes[name]}" for name in running),
            next_step="stop the nodes with `make down`, then `make up`; or put the previous ports back",
        )
    for name, change in changes.items():
        console.say(f"{name}: {change}, as the stack file says")
    if astray:
        _move(nodes, [wanted[node.name] for node in astray])


def with_free_ports(
    nodes: Sequence[NodeSpec], taken: Collection[int], free: Callable[[int], bool] = ports.is_free
) -> list[NodeSpec]:
    """Return the nodes with the ports they want where those are free, else with the next free ones.

    Args:
        nodes: the nodes, with the ports wanted.
        taken: the ports of other nodes of the cluster.
        free: tells whether a port is free now.
    """
    wanted_by_all, given, placed = _ports_of(nodes), set(taken), []
    for node in nodes:
        got = []
        for kind, wanted in (("HTTP", node.http_port), ("transport", node.transport_port)):
            others = (given | wanted_by_all) - {wanted} | (given & {wanted})
            got.append(ports.choose(wanted, others, free))
            given.add(got[-1])
            if got[-1] != wanted:
                console.say(f"{node.name}: {kind} port {wanted} is taken, {got[-1]} takes its place")
        placed.append(node.with_ports(*got))
    return placed


def _move(nodes: Sequence[DevNode], wanted: Sequence[NodeSpec]) -> None:
    """Give some of the nodes the ports wanted, or the next free ones, in the files of all."""
    names = {spec.name for spec in wanted}
    taken = _ports_of(node.spec for node in nodes if node.name not in names)
    moved = {spec.name: spec for spec in with_free_ports(wanted, taken)}
    everyone = [moved.get(node.name, node.spec) for node in nodes]
    for node, spec in zip(nodes, everyone, strict=True):
        text = files.with_ports(node.settings.read_text(), spec, everyone)
        if files.ports(text) != (spec.http_port, spec.transport_port):
            raise _cannot_move(node)
        node.settings.write_text(text)  # in place: owner and mode stay


def _changes(now: NodeSpec, wanted: NodeSpec) -> str:
    layers = (("HTTP", now.http_port, wanted.http_port), ("transport", now.transport_port, wanted.transport_port))
    return ", ".join(f"{layer} port {old} → {new}" for layer, old, new in layers if old != new)


def _with_own_ports(node: DevNode) -> DevNode:
    found = files.ports(node.settings.read_text())
    spec = node.spec.with_ports(*found) if found else node.spec
    return DevNode(spec, node.folder, node.cluster, node.account)


def _can_bind(spec: NodeSpec) -> bool:
    return ports.is_free(spec.http_port, spec.address) and ports.is_free(spec.transport_port, spec.address)


def _ports_of(nodes: Iterable[NodeSpec]) -> set[int]:
    return {port for node in nodes for port in (node.http_port, node.transport_port)}


def _put(node: DevNode, name: str, text: str) -> None:
    path = node.config / name
    path.write_text(text)
    node.account.take(path, 0o660)


def _cannot_move(node: DevNode) -> ConfigurationRefused:
    return ConfigurationRefused(
        f"port {node.spec.http_port} or {node.spec.transport_port} is taken",
        where=node.name,
        why=f"something else on this machine holds it, and {node.settings} is written too differently to change it",
        next_step="end what holds the port, or change http.port and transport.port there by hand",
    )
