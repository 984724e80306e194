"""Builders for one node's machine in memory, and the keystore command as it answers there."""

from pathlib import PurePosixPath

from components.nodes.machine import NodeMachine
from components.nodes.target import Completed
from tests.fake_elasticsearch import USER, FakeNode
from tests.fakes import FakeFile, FakeProcess, FakeTarget

SETTINGS = "cluster.name: books\n"


def one_node(*, settings: str = SETTINGS) -> FakeNode:
    """Return a node that is laid out, with a keystore, and that does not run."""
    one = FakeNode("es-1", FakeTarget("es-1"), 1)
    one.target.put(one.config / "elasticsearch.yml", FakeFile(settings.encode(), 0o640, "root", USER))
    one.target.put(one.keystore.path, FakeFile(b'{"entries": {"keystore.seed": "x"}}', 0o660, USER, USER))
    return one


def running_node(**differs) -> FakeNode:
    """Return a node that its operator started."""
    one = one_node(**differs)
    one.starts()
    return one


def with_foreign_pid(one: FakeNode, args: str = "/usr/sbin/nginx -g daemon off;") -> FakeNode:
    """Let the pid file of a node that crashed name a process that is somebody else's."""
    one.target.put(one.pid_file, FakeFile(b"4711"))
    one.target.processes[4711] = FakeProcess(args, "www-data", one.target.now())
    return one


def with_user(one: FakeNode, user: str) -> NodeMachine:
    """Return the machine of a node whose stack file names the user."""
    return NodeMachine(one.node.machine.model_copy(update={"user": user}), one.target)


def keystore_says(one: FakeNode, status: int, stdout: str = "", stderr: str = "") -> None:
    """Let the keystore command end in this way whatever it is asked."""
    one.target.programs["elasticsearch-keystore"] = lambda call: Completed(status, stdout, stderr)


def commands(one: FakeNode, program: str) -> list[tuple[str, ...]]:
    """Return the arguments of every run of a program."""
    return [call.argv[1:] for call in one.target.ran if PurePosixPath(call.argv[0]).name == program]
