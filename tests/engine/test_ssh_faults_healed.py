"""What is wrong with a machine is told by an `up`, changes nothing, and once it is mended the next `up` does it all."""

import subprocess
from contextlib import contextmanager

import pytest

from bench.sshd import make_key, public_key
from tests.cluster_fixtures import free_ports
from tests.engine.ssh_folders import SshFoldersRun
from tests.sshd import (
    WITH_PASSWORD,
    left_behind,
    logins,
    password_file,
    running_sshd,
    short_folder,
    sshd_or_skip,
    within,
)

pytestmark = pytest.mark.engine
ENDS_WITHIN = 30.0
OF_ITS_OWN = ("unshare", "--mount", "--propagation", "private")
"""A machine with mounts of its own: what is full or read-only there is not so here."""


@pytest.fixture
def run(tmp_path):
    sshd_or_skip()
    with (
        short_folder() as temporary,
        logins(),
        running_sshd("127.0.0.1", free_ports(1)[0], lead=OF_ITS_OWN) as sshd,
    ):
        yield SshFoldersRun(tmp_path, {"es-1": sshd}, temporary)


def there(run, script):
    """Run a script on the machine, with its node's folder, and return what it prints."""
    pid = str(run.sshds["es-1"].process.pid)
    words = ["nsenter", "--target", pid, "--mount", "sh", "-ec", script, "sh", str(run.nodes[0].config)]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def another_key(folder):
    make_key(folder / "another")
    return public_key(folder / "another")


@contextmanager
def another_host_key(run):
    run.differs = {"host_key": another_key(run.folder)}
    yield
    run.differs = {}


@contextmanager
def a_host_key_that_has_changed(run):
    sshd, known, config = run.sshds["es-1"], run.folder / "known_hosts", run.folder / "ssh_config"
    config.write_text(f"UserKnownHostsFile {known}\n")
    run.differs = {"host_key": None, "config_file": str(config)}
    known.write_text(f"[{sshd.address}]:{sshd.port} {another_key(run.folder)}\n")
    yield
    known.write_text(f"[{sshd.address}]:{sshd.port} {sshd.host_key}\n")


@contextmanager
def no_password_for_sudo(run):
    run.differs = {"user": WITH_PASSWORD}
    yield
    run.differs["sudo_password_file"] = password_file(run.folder)


@contextmanager
def a_folder_that_is_read_only(run):
    there(run, 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"')
    yield
    there(run, 'umount "$1"')


@contextmanager
def a_disk_that_is_full(run):
    copied = 'cp -a "$1" "$1.kept" && mount -t tmpfs -o size=64k,mode=755 none "$1" && cp -a "$1.kept/." "$1"'
    there(run, f'{copied}; head -c 1m /dev/zero >"$1/core" 2>/dev/null || true')
    yield
    there(run, 'rm "$1/core" && mount -o remount,size=16m "$1"')


FAULTS = [
    pytest.param(
        another_host_key, "the host key of 127.0.0.1 is another one", id="another host key than the stack file's"
    ),
    pytest.param(
        a_host_key_that_has_changed,
        "the host key of 127.0.0.1 is another one",
        id="another host key than in known_hosts",
    ),
    pytest.param(no_password_for_sudo, "`sudo` asks for a password", id="sudo asks for a password"),
    pytest.param(a_folder_that_is_read_only, "Read-only file system", id="read-only"),
    pytest.param(a_disk_that_is_full, "No space left on device", id="disk full"),
]


@pytest.mark.parametrize(("fault", "told"), FAULTS)
def test_an_up_tells_it_and_loses_nothing_and_the_next_one_does_it_all(run, fault, told):
    with fault(run):
        run.write()
        files = there(run, 'cd "$1" && find . -type f ! -name core -exec sha256sum {} +')
        failed = run.run("up")
        assert failed.status == 2, failed.stdout
        assert told in failed.stdout + failed.stderr
        assert "Traceback" not in failed.stdout + failed.stderr
        assert there(run, 'cd "$1" && find . -type f ! -name core -exec sha256sum {} +') == files
        assert run.sshds["es-1"].sessions_end()
        assert within(ENDS_WITHIN, lambda: left_behind(run.temporary) == []), left_behind(run.temporary)
    run.write()
    assert run.run("up").status == 0
    assert run.run("preview").status == 0, "nothing is left to be done"
