"""Over a real sshd: what a session that is killed leaves, and two writers at a time."""

import fcntl
import os
import re
import tempfile
import threading
from contextlib import suppress
from pathlib import Path, PurePosixPath

import psutil
import pytest

from components.errors import CommandFailed, MachineUnreachable
from components.nodes import ssh_scripts
from components.nodes.folder_lock import TEMPORARY_SUFFIX
from components.nodes.ssh import SshTarget, close_connections
from components.nodes.ssh_spec import Ssh
from components.nodes.target import DesiredFile
from tests.cluster_fixtures import free_ports
from tests.sshd import kill_all, left_behind, running_sshd, short_folder, sshd_or_skip, within

REACHED_WITHIN = 20.0
RENAME = """\
#!/bin/sh
[ "$1 $2 $3" = "-f -T --" ] && [ "$#" -eq 5 ] || exit 9
echo "$(pwd -P)/$4" >{folder}/reached.new && /bin/mv {folder}/reached.new {folder}/reached
while [ ! -e {folder}/go ]; do sleep 0.05; done
exec /bin/mv "$@"
"""
"""A `mv` that says where it was reached, and goes on when it is told to."""


@pytest.fixture
def bin_folder(tmp_path):
    """A folder that the machine looks into first for its commands."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


@pytest.fixture
def sshd(bin_folder):
    sshd_or_skip()
    path = f"{bin_folder}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    with running_sshd("127.0.0.1", free_ports(1)[0], more=f"SetEnv PATH={path}") as found:
        yield found


@pytest.fixture(autouse=True)
def temporary(monkeypatch, tmp_path_factory):
    """A folder for temporary files, in which nothing may be left."""
    tmp_path_factory.getbasetemp()  # made where it belongs, before the place of temporary files is another one
    with short_folder() as folder:
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        yield
        close_connections()
        assert left_behind(folder) == []


@pytest.fixture
def target(sshd):
    how = {"host": sshd.address, "port": sshd.port, "user": "root", "config_file": "/dev/null"}
    return SshTarget("es-1", Ssh(**how, identity_file=sshd.identity_file, host_key=sshd.host_key))


@pytest.fixture
def renames(bin_folder):
    """Let the machine stop before each rename."""

    class Renames:
        def stop(self):
            (bin_folder / "mv").write_text(RENAME.format(folder=bin_folder))
            (bin_folder / "mv").chmod(0o755)

        def wait(self):
            """Return what is about to get its name."""
            assert within(REACHED_WITHIN, (bin_folder / "reached").exists)
            return Path((bin_folder / "reached").read_text().strip())

        def go_on(self):
            (bin_folder / "go").touch()

        def let(self):
            (bin_folder / "mv").unlink()

    return Renames()


@pytest.fixture
def certs(tmp_path):
    folder = tmp_path / "certs"
    folder.mkdir()
    return folder


def file(path, content):
    return DesiredFile(PurePosixPath(path), content, 0o600, "root", "root")


class Write(threading.Thread):
    """A write beside the test."""

    def __init__(self, target, wanted):
        super().__init__()
        self.target, self.wanted, self.error = target, wanted, None
        self.start()

    def run(self):
        try:
            self.target.write(self.wanted)
        except (MachineUnreachable, CommandFailed) as error:
            self.error = error


def whole_session(sshd):
    """Return every process of every session, as root's shells and what they started."""
    return psutil.Process(sshd.process.pid).children(recursive=True)


def called(sshd, *names):
    """Return those of them with these names; one that ends meanwhile is none."""
    found = []
    for one in whole_session(sshd):
        with suppress(psutil.NoSuchProcess):
            found += [one] if one.name() in names else []
    return found


def test_a_machine_that_dies_between_content_and_name_keeps_the_old_file_and_the_next_write_cleans_up(
    target, sshd, renames, certs
):
    target.write(file(certs / "http-key.p12", b"before"))
    renames.stop()
    write = Write(target, file(certs / "http-key.p12", b"a new key"))
    left = renames.wait()
    assert (left.read_bytes(), left.stat().st_mode & 0o777) == (b"a new key", 0o600)
    sshd.kill_sessions()
    sshd.stop()
    write.join()
    assert "does not answer by SSH" in str(write.error)
    assert re.search(r"why:  (Connection to 127\.0\.0\.1 closed|the connection broke)", str(write.error)), write.error
    assert "run again, which goes on where this run stopped" in str(write.error)
    assert (certs / "http-key.p12").read_bytes() == b"before"
    assert left.match(f"http-key.p12.*{TEMPORARY_SUFFIX}")
    assert left.exists(), "nobody was left to remove it"

    sshd.start()
    renames.let()
    target.write(file(certs / "http-key.pem", b"after"))  # what is wanted may have changed since then
    contents = {path.name: path.read_bytes() for path in certs.iterdir()}
    assert contents == {"http-key.p12": b"before", "http-key.pem": b"after"}


def test_a_shell_that_is_killed_there_alone_is_told_and_keeps_the_old_file(target, sshd, renames, certs):
    """As the kernel does that runs out of memory: the connection goes on."""
    target.write(file(certs / "http-key.p12", b"before"))
    renames.stop()
    write = Write(target, file(certs / "http-key.p12", b"a new key"))
    renames.wait()
    kill_all(called(sshd, "sh", "bash", "timeout", "mv", "sleep"))
    write.join()
    assert str(write.error) == (
        "es-1: what was run there was killed\n"
        "  why:  the machine ran out of memory, or somebody ended it\n"
        "  next: see the machine's own log (`dmesg`); then run again, which goes on where this run stopped"
    )
    assert (certs / "http-key.p12").read_bytes() == b"before"
    renames.let()
    target.write(file(certs / "http-key.p12", b"after"))
    assert [(path.name, path.read_bytes()) for path in certs.iterdir()] == [("http-key.p12", b"after")]


def test_two_writers_in_a_folder_wait_for_each_other_and_take_nothing_from_each_other(target, sshd, renames, certs):
    """Two operators, each with a connection of their own: what the first one has half done is no leftover."""
    renames.stop()
    first = Write(target, file(certs / "http-key.p12", b"the first"))
    left = renames.wait()
    second = Write(target, file(certs / "http-trust.pem", b"the second"))
    assert within(REACHED_WITHIN, lambda: called(sshd, "flock"))
    assert left.read_bytes() == b"the first"
    renames.go_on()
    first.join()
    second.join()
    assert (first.error, second.error) == (None, None)
    contents = {path.name: path.read_bytes() for path in certs.iterdir()}
    assert contents == {"http-key.p12": b"the first", "http-trust.pem": b"the second"}


def test_a_writer_that_does_not_end_is_told_to_the_other(target, certs, monkeypatch):
    monkeypatch.setattr(ssh_scripts, "WRITE", ssh_scripts.WRITE.replace("flock -w 30", "flock -w 0"))
    folder = os.open(certs, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        with pytest.raises(CommandFailed) as caught:
            target.write(file(certs / "http-key.p12", b"ours"))
    finally:
        os.close(folder)
    assert caught.value.why == "another run writes into this folder, and has not ended"
    assert list(certs.iterdir()) == []
