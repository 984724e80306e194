"""A node's config folder on this machine that belongs to somebody else, while we are root."""

import grp
import os
import pwd
from dataclasses import dataclass
from pathlib import Path

import pytest

from components.nodes.machine import NodeMachine
from components.nodes.spec import Machine, Node
from components.rollout.node import RolloutNode
from components.settings.content import Content

THEIRS = pwd.getpwnam("nobody")
THEIR_GROUP = grp.getgrgid(THEIRS.pw_gid).gr_name
KEYSTORE = b"\x00\xffks."
SECRET = b"root's alone"


def root_or_skip() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: files of two users")


@dataclass
class Folder:
    """A config folder, and something of root's beside it."""

    config: Path
    target: object

    @property
    def machine(self) -> NodeMachine:
        home = self.config.parent
        return NodeMachine(
            Machine(node="es-1", home=str(home), config=str(self.config), pid_file=f"{home}/pid"), self.target
        )

    @property
    def node(self) -> RolloutNode:
        machine = self.machine
        node = Node(name="es-1", address="127.0.0.1", http_port=1, transport_port=2, machine=machine.machine)
        return RolloutNode(node, machine, Content(settings={}), None)

    @property
    def kept(self) -> Path:
        return self.config / "essecurity-rollout"

    @property
    def roots(self) -> Path:
        """A folder that is root's alone."""
        return self.config.parent / "roots"

    def put(self, name: str, content: bytes, mode: int = 0o640) -> Path:
        """Write a file as the node's user would."""
        path = self.config / name
        if not path.parent.exists():
            path.parent.mkdir()
            self.give(path.parent)
        path.unlink(missing_ok=True)
        path.write_bytes(content)
        self.give(path)
        path.chmod(mode)
        return path

    def link(self, name: str, to: Path) -> None:
        """Make a link as the node's user would, in place of what is there."""
        path = self.config / name
        path.unlink(missing_ok=True)
        path.symlink_to(to)
        self.give(path)

    def give(self, path: Path) -> None:
        os.chown(path, THEIRS.pw_uid, THEIRS.pw_gid, follow_symlinks=False)

    def access(self, name: str) -> tuple[str, str, int]:
        found = (self.config / name).lstat()
        return pwd.getpwuid(found.st_uid).pw_name, grp.getgrgid(found.st_gid).gr_name, found.st_mode & 0o7777


def laid_out(home: Path, target: object) -> Folder:
    """Return the config folder of a node, as an archive that a user unpacked has it."""
    root_or_skip()
    one = Folder(home / "config", target)
    one.config.mkdir()
    one.give(one.config)
    one.put("elasticsearch.yml", b"node.name: es-1\n")
    one.put("elasticsearch.keystore", KEYSTORE, 0o600)
    one.roots.mkdir(mode=0o700)
    (one.roots / "secret").write_bytes(SECRET)
    (one.roots / "secret").chmod(0o600)
    return one


def kept_by_an_earlier_version(one: Folder, manifest: bytes, **files: bytes) -> None:
    """Let the kept files be there as they were while they belonged to the node's user."""
    for name, content in files.items():
        one.put(f"essecurity-rollout/elasticsearch.{name}", content, 0o600)
    one.put("essecurity-rollout/manifest.json", manifest, 0o600)
