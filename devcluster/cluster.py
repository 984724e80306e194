"""The development cluster: laid out, started, stopped, killed, looked at, removed."""

import contextlib
import shutil
import signal
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import psutil

from components.clock import Clock, SystemClock
from components.errors import CommandFailed, ConfigurationRefused, SecurityError
from devcluster import api, laying_out, overlay, versions
from devcluster.accounts import node_account, own_folder
from devcluster.home import elasticsearch_home
from devcluster.node import DevNode, is_node_of, signal_quietly, wait_until_gone
from devcluster.spec import ClusterSpec
from devcluster.status import NodeStatus, status_of
from toolchain import console

JOIN_TIMEOUT = 90.0
"""Seconds that a node found starting gets until its ports answer."""


class DevCluster:
    """Nodes on this machine, in a folder of their own.

    Args:
        spec: the cluster as its stack file wants it.
        clock: measures waiting.

    Raises:
        ConfigurationRefused: nodes cannot run as the user that the stack file names.
    """

    def __init__(self, spec: ClusterSpec, clock: Clock | None = None) -> None:
        self.spec = spec
        self.account = node_account(spec.user)
        self._clock = clock or SystemClock()

    @property
    def nodes(self) -> tuple[DevNode, ...]:
        """The nodes that are laid out, with the ports they really have."""
        return laying_out.laid_out(self.spec, self.account)

    @property
    def home(self) -> Path:
        """The Elasticsearch that the nodes run from, laid out if need be.

        Raises:
            ConfigurationRefused: Maven or a JDK is missing, or the nodes' user may not reach it.
            CommandFailed: Maven or the compiler failed.
        """
        given = self.spec.home
        home = given.resolve() if given.is_dir() and not given.is_symlink() else elasticsearch_home()
        for folder in (home / "bin", home / "jdk" / "bin"):
            if folder.exists() and not self.account.may_reach(folder):
                raise ConfigurationRefused(
                    f"the user {self.account.name} may not reach what the nodes run from",
                    where=str(folder.resolve()),
                    why="a folder above it is closed to that user",
                    next_step="set ESSECURITY_CACHE, or JAVA_HOME, to a folder that every user may enter; run again",
                )
        return home

    def node(self, name: str) -> DevNode:
        """Return one node that is laid out.

        Raises:
            ConfigurationRefused: there is none of that name.
        """
        return self._chosen([name])[0]

    def lay_out(self) -> tuple[DevNode, ...]:
        """Lay out what is not laid out yet, and return all nodes; of those that are there only ports may change.

        Raises:
            ConfigurationRefused: the stack file gives a node that runs other ports, or another version is wanted than
                the nodes were laid out with.
        """
        home = self._same_home()
        laying_out.follow_stack_file(self.spec, self.nodes)
        folder = own_folder(self.spec.folder, self.account)
        nodes = laying_out.lay_out(self.spec, folder, self.account)
        if not self.spec.home.is_dir() or self.spec.home.is_symlink():
            _link(self.spec.home, home)
        overlay.write(self.spec, nodes)
        return nodes

    def start(self, *names: str) -> tuple[DevNode, ...]:
        """Start the nodes of these names, or all, at the same time, and return once every one is ready.

        Returns:
            The nodes that were started; those that ran already are left alone.

        Raises:
            ConfigurationRefused: nothing is laid out, there is no node of that name, one runs with other ports, or
                another version is wanted than the nodes were laid out with.
            CommandFailed: a node did not start; the others run.
        """
        if not self._chosen(names):
            raise ConfigurationRefused(
                "there is nothing to start",
                where=str(self.spec.folder),
                why="no node is laid out",
                next_step="lay the nodes out and start them with `make up`",
            )
        home = self._same_home()
        laying_out.follow_stack_file(self.spec, self.nodes)
        laying_out.move_from_taken_ports(self.nodes)
        overlay.write(self.spec, self.nodes)
        chosen = self._chosen(names)
        stopped = [node for node in chosen if not node.is_running()]

        def start(node: DevNode) -> None:
            with console.task(f"start {node.name}") as task:
                node.start(home)
                process = node.process()
                task.done(f"process {process.pid}, {node.url}" if process else "ended at once")

        _at_once(start, stopped)
        for node in chosen:
            self._wait_until_listening(node)
        return tuple(stopped)

    def stop(self, *names: str) -> tuple[DevNode, ...]:
        """Stop the nodes of these names, or all, at the same time; return those that ran."""
        running = [node for node in self._chosen(names) if node.is_running()]

        def stop(node: DevNode) -> None:
            with console.task(f"stop {node.name}"):
                node.stop(self._clock)

        _at_once(stop, running)
        return tuple(running)

    def kill(self, name: str) -> None:
        """Kill one node on the spot, as a crash would."""
        self.node(name).kill(self._clock)

    def wait_until_green(self) -> None:
        """Wait until all nodes have joined and all shards are started; only an open cluster can be asked.

        Raises:
            NotConverged: that did not happen in time.
        """
        api.wait_until_green(self.nodes, self._clock)

    def is_unsecured(self) -> bool:
        """Tell whether any running node answers without credentials over plain HTTP."""
        return any(api.is_unsecured(node) for node in self.nodes if node.is_running())

    def status(self) -> tuple[NodeStatus, ...]:
        """Return how each node of the stack file is."""
        nodes = {node.name: node for node in self.nodes}
        return tuple(status_of(spec, nodes.get(spec.name)) for spec in self.spec.nodes)

    def remove(self) -> None:
        """Stop every node in the folder, also such as the stack file no longer names, and remove the folder."""
        self.stop()
        folder = self.spec.folder
        for process in _nodes_below(folder.resolve()):
            signal_quietly(process, signal.SIGKILL)
            wait_until_gone(process, self._clock, JOIN_TIMEOUT)
        if folder.is_dir():
            shutil.rmtree(folder.resolve())
        if folder.is_symlink():
            folder.unlink()
        for link in (self.spec.overlay, self.spec.home):
            if link.is_symlink() or link.is_file():
                link.unlink()

    def _same_home(self) -> Path:
        home = self.home
        if self.nodes and self.spec.home.is_symlink():
            versions.same(self.spec.home.readlink(), home, self.spec.folder)
        return home

    def _chosen(self, names: Collection[str]) -> list[DevNode]:
        nodes = {node.name: node for node in self.nodes}
        for name in names:
            if name not in nodes:
                raise ConfigurationRefused(
                    f"there is no node {name}",
                    where=str(self.spec.folder),
                    why=f"laid out are: {', '.join(nodes) or 'none'}",
                    next_step="check the name, or lay it out with `make up`",
                )
        return [node for node in nodes.values() if not names or node.name in names]

    def _wait_until_listening(self, node: DevNode) -> None:
        deadline = self._clock.monotonic() + JOIN_TIMEOUT
        while not node.is_listening():
            if not node.is_running() or self._clock.monotonic() > deadline:
                raise CommandFailed(
                    f"ports {node.spec.http_port} and {node.spec.transport_port} do not answer",
                    where=node.name,
                    why="the node ended again" if not node.is_running() else "its process runs, but it is not ready",
                    next_step=f"read {node.log}",
                )
            self._clock.sleep(0.1)


@contextlib.contextmanager
def running(spec: ClusterSpec, clock: Clock | None = None) -> Iterator[DevCluster]:
    """Lay out and start a cluster, wait until it is green, and always stop and remove it."""
    cluster = DevCluster(spec, clock)
    try:
        cluster.lay_out()
        cluster.start()
        cluster.wait_until_green()
        yield cluster
    finally:
        cluster.remove()


def _at_once(work: Callable[[DevNode], None], nodes: Sequence[DevNode]) -> None:
    if not nodes:
        return
    with ThreadPoolExecutor(len(nodes)) as pool:
        futures = [pool.submit(work, node) for node in nodes]
    _raise_failures(futures)


def _raise_failures(futures: Sequence[Future[None]]) -> None:
    failures = [error for future in futures if (error := future.exception())]
    ours = [error for error in failures if isinstance(error, SecurityError)]
    if len(ours) > 1 and len(ours) == len(failures):
        raise CommandFailed(
            f"{len(ours)} nodes failed",
            where=", ".join(error.where for error in ours),
            why="\n        ".join(f"{error.where}: {error.why}" for error in ours),
            next_step=ours[0].next_step,
        )
    if failures:
        raise failures[0]


def _link(link: Path, home: Path) -> None:
    if link.is_symlink() and link.resolve() == home:
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    temporary = link.with_name(f"{link.name}.new")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(home)
    temporary.replace(link)


def _nodes_below(folder: Path) -> Iterator[psutil.Process]:
    configs = list(folder.glob("*/config"))
    for process in psutil.process_iter():
        if any(is_node_of(process, config) for config in configs):
            yield process
