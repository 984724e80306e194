"""What is wrong with a machine is told by an `up`, changes nothing, and once it is mended the next `up` does it all."""

from contextlib import contextmanager

import pytest

from bench.sshd import make_key, public_key
from tests.cluster_fixtures import free_ports
from tests.engine.machine_faults import IN_THE_WAY, OF_ITS_OWN, full_disk, put_on_a_small_disk, read_only
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
EVERY_FILE = f'cd "$1" && find . -type f ! -name {IN_THE_WAY} -exec sha256sum {{}} +'


@pytest.fixture
def run(tmp_path):
    sshd_or_skip()
    with (
        short_folder() as temporary,
        logins(),
        running_sshd("127.0.0.1", free_ports(1)[0], lead=OF_ITS_OWN) as sshd,
    ):
        run = SshFoldersRun(tmp_path, {"es-1": sshd}, temporary)
        put_on_a_small_disk(run, "es-1")
        yield run


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
    pytest.param(lambda run: read_only(run, "es-1"), "Read-only file system", id="read-only"),
    pytest.param(lambda run: full_disk(run, "es-1"), "No space left on device", id="disk full"),
]


@pytest.mark.parametrize(("fault", "told"), FAULTS)
def test_an_up_tells_it_and_loses_nothing_and_the_next_one_does_it_all(run, fault, told):
    with fault(run):
        run.write()
        files = run.there("es-1", EVERY_FILE)
        failed = run.run("up")
        assert failed.status == 2, failed.stdout
        assert told in failed.stdout + failed.stderr
        assert "Traceback" not in failed.stdout + failed.stderr
        assert run.there("es-1", EVERY_FILE) == files
        assert run.sshds["es-1"].sessions_end()
        assert within(ENDS_WITHIN, lambda: left_behind(run.temporary) == []), left_behind(run.temporary)
    run.write()
    assert run.run("up").status == 0
    assert run.run("preview").status == 0, "nothing is left to be done"
