"""Root writes and gives away nothing elsewhere, whatever the node's user puts in place of a name, and when."""

import subprocess
import tempfile
from pathlib import Path

import pytest

from components.errors import CommandFailed, SecurityError
from components.nodes import folder_lock, local
from components.nodes.converge import put_files
from components.nodes.local import LocalTarget
from components.nodes.plan import WantedFile
from components.nodes.service import OnMachine
from components.nodes.ssh import SshTarget, close_connections
from components.nodes.ssh_spec import Ssh
from components.nodes.systemd import Systemd
from components.nodes.target import Completed
from tests.cluster_fixtures import free_ports
from tests.rollout.kept_here import SECRET, laid_out
from tests.sshd import running_sshd, sshd_or_skip

FILES = [WantedFile("certs/http.p12", b"new", 0o640, "g1")]
LEFT = "of-roots.essecurity-new"
WRAPPER = '#!/bin/sh\nPATH=/usr/bin:/bin\n{before}\n{name} "$@" || exit\n{after}\n'


def sh(command: str) -> None:
    """Do at once what the node's user does in the middle of a step of ours."""
    subprocess.run(["sh", "-c", command], check=False)


class Here:
    """This machine; what happens in the middle of a step is patched into it."""

    def __init__(self, folder, monkeypatch):
        self.one, self.monkeypatch = laid_out(folder, LocalTarget("es-1")), monkeypatch

    def once_it_is_entered(self, swap):
        lock = folder_lock._lock
        self.monkeypatch.setattr(folder_lock, "_lock", lambda descriptor: (sh(swap), lock(descriptor)))

    def once_a_folder_is_made(self, swap):
        mkdir = Path.mkdir
        self.monkeypatch.setattr(local.Path, "mkdir", lambda path, mode: (mkdir(path, mode), sh(swap)))


class BySsh:
    """A machine by SSH; what happens in the middle of a script is done by a command that it looks for first."""

    def __init__(self, folder, sshd, commands):
        how = {"host": sshd.address, "port": sshd.port, "user": "root", "config_file": "/dev/null"}
        ssh = Ssh(**how, identity_file=sshd.identity_file, host_key=sshd.host_key)
        self.one, self.commands = laid_out(folder, SshTarget("es-1", ssh)), commands

    def once_it_is_entered(self, swap):
        self._wrap("flock", before=swap)

    def once_a_folder_is_made(self, swap):
        self._wrap("mkdir", after=swap)

    def _wrap(self, name, before="", after=""):
        (self.commands / name).write_text(WRAPPER.format(name=name, before=before, after=after))
        (self.commands / name).chmod(0o755)


@pytest.fixture(scope="module")
def sshd(tmp_path_factory):
    sshd_or_skip()
    commands = tmp_path_factory.mktemp("commands")
    path = f"{commands}:/usr/sbin:/usr/bin:/sbin:/bin"
    with running_sshd("127.0.0.1", free_ports(1)[0], more=f"SetEnv PATH={path}") as found:
        yield found, commands
        close_connections()


@pytest.fixture
def home():
    """Return a folder that every user may walk into."""
    with tempfile.TemporaryDirectory(prefix="essecurity-home-") as found:
        Path(found).chmod(0o755)
        yield Path(found)


@pytest.fixture(params=["here", "by SSH"])
def reached(request, home, monkeypatch):
    if request.param == "here":
        found = Here(home, monkeypatch)
    else:
        sshd, commands = request.getfixturevalue("sshd")
        for each in commands.iterdir():
            each.unlink()
        found = BySsh(home, sshd, commands)
    (found.one.roots / LEFT).write_bytes(b"half of a file of somebody else's")
    return found


def swapped(one) -> str:
    """Return how the node's user puts a link to a folder of root's in place of `certs`."""
    return f"mv {one.config}/certs {one.config}/aside; ln -s {one.roots} {one.config}/certs"


def roots_are_as_they_were(one) -> bool:
    found = {path.name: (path.read_bytes(), path.stat().st_uid, path.stat().st_gid) for path in one.roots.iterdir()}
    return found.keys() == {"secret", LEFT} and found["secret"] == (SECRET, 0, 0) and one.roots.stat().st_uid == 0


def test_a_folder_that_becomes_a_link_between_our_look_and_the_write_is_not_written_into(reached, monkeypatch):
    one, write = reached.one, reached.one.target.write
    one.put("certs/other.pem", b"")
    monkeypatch.setattr(one.target, "write", lambda file: (sh(swapped(one)), write(file)))
    with pytest.raises(CommandFailed) as caught:
        put_files(one.machine, FILES)
    assert caught.value.why == f"a link leads out of {one.config}"
    assert roots_are_as_they_were(one)


def test_a_folder_that_becomes_a_link_once_it_is_entered_leads_nowhere_else(reached):
    one = reached.one
    one.put("certs/left.essecurity-new", b"of a run that was killed")
    reached.once_it_is_entered(swapped(one))
    with pytest.raises(SecurityError):  # what was written is not found where it has to be
        put_files(one.machine, FILES)
    assert roots_are_as_they_were(one)
    assert {path.name: path.read_bytes() for path in (one.config / "aside").iterdir()} == {"http.p12": b"new"}


@pytest.mark.parametrize("by", ["ln -s {roots} {made}", "mv {kept} {made}"], ids=["a link", "a folder of root's"])
def test_who_takes_the_name_of_a_folder_that_is_made_is_given_nothing_of_roots(reached, by):
    one = reached.one
    one.node.keep_previous()
    kept, made = one.kept.stat().st_ino, one.config / "certs.essecurity-new"
    reached.once_a_folder_is_made(f"rmdir {made} && {by.format(roots=one.roots, kept=one.kept, made=made)}")
    with pytest.raises(CommandFailed):
        put_files(one.machine, FILES)
    assert roots_are_as_they_were(one)
    [still] = [path for path in one.config.iterdir() if path.lstat().st_ino == kept]
    assert (still.stat().st_uid, (still / "elasticsearch.keystore").stat().st_uid) == (0, 0)


def test_a_folder_is_still_made_and_written_into_for_its_owner(reached):
    put_files(reached.one.machine, FILES)
    assert reached.one.access("certs") == (*reached.one.access("elasticsearch.yml")[:2], 0o750)
    assert (reached.one.config / "certs" / "http.p12").read_bytes() == b"new"


def test_a_keystore_that_becomes_a_link_gives_no_file_of_roots_to_the_nodes_group(reached, monkeypatch):
    one = reached.one
    secret, done = one.roots / "secret", Completed(0, "", "")
    monkeypatch.setattr(OnMachine, "keystore", lambda *asked: (one.link("elasticsearch.keystore", secret), done)[1])
    Systemd(one.machine.place).keystore(["add"], b"")
    assert roots_are_as_they_were(one)


def test_settings_take_over_no_bit_by_which_a_program_runs_as_its_owner(reached):
    one = reached.one
    one.put("elasticsearch.yml", b"", 0o6640)
    one.machine.write_settings("node.name: es-1\n")
    assert one.access("elasticsearch.yml")[2] == 0o640
