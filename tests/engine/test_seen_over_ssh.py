"""What a run by SSH shows to others on either machine: no secret in a command line, and how often it logs in."""

import pytest

from components.pki.inspect import parse_bundle
from tests.cluster.secrets_of import secrets_of
from tests.cluster.watching import watched_processes
from tests.cluster_fixtures import free_ports
from tests.engine.ssh_folders import SshFoldersRun
from tests.sshd import (
    SUDO_PASSWORD,
    WITH_PASSWORD,
    left_behind,
    logins,
    password_file,
    running_sshd,
    short_folder,
    sshd_or_skip,
)

pytestmark = pytest.mark.engine
NAMES = ("es-1", "es-2")
LOGGED_IN = "Accepted publickey for "


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A stack on two machines: one login is root, the other one has to give sudo its password."""
    sshd_or_skip()
    one, other = free_ports(2)
    with (
        short_folder() as temporary,
        logins(),
        running_sshd("127.0.0.1", one) as near,
        running_sshd("127.0.0.1", other) as far,
    ):
        run = SshFoldersRun(tmp_path_factory.mktemp("run"), dict(zip(NAMES, (near, far), strict=True)), temporary)
        run.ways["es-2"] = {
            "host": far.address,
            "port": far.port,
            "user": WITH_PASSWORD,
            "config_file": "/dev/null",
            "identity_file": far.identity_file,
            "host_key": far.host_key,
            "sudo_password_file": password_file(temporary),
        }
        run.write()
        yield run
        assert left_behind(temporary) == []
        assert all(sshd.sessions_end() for sshd in run.sshds.values())


def logins_of(run):
    """Return how often somebody logged in on each machine."""
    return {name: (sshd.folder / "sshd.log").read_text().count(LOGGED_IN) for name, sshd in run.sshds.items()}


class Days:
    """What was seen while the stack was made, looked at, and had its transport CA rotated."""

    def __init__(self, run):
        self.logins = {}
        with watched_processes() as self.seen:
            self.after("up", run, run.up)
            self.after("preview", run, run.preview)
            run.write(authorities={"transport": {"generation": 2}})
            self.after("rotation", run, run.up)
        self.secrets = [*secrets_of(run.clear_state()), SUDO_PASSWORD.split(" $")[0]]
        self.trusted = [len(parse_bundle(files["certs/transport-trust.pem"])) for files in run.files().values()]

    def after(self, what, run, do):
        before = logins_of(run)
        do()
        self.logins[what] = {name: now - before[name] for name, now in logins_of(run).items()}


@pytest.fixture(scope="module")
def days(run):
    return Days(run)


def test_an_engine_logs_in_once_on_each_machine_and_up_runs_two_the_one_of_its_plan_first(days):
    assert days.trusted == [1, 1]
    assert days.logins == {
        "up": dict.fromkeys(NAMES, 2),
        "preview": dict.fromkeys(NAMES, 1),
        "rotation": dict.fromkeys(NAMES, 2),
    }


def test_a_backend_that_is_to_keep_no_attributes_keeps_none(days, run):
    assert (run.state_folder / ".pulumi" / "stacks" / "elasticsearch-security" / "test.json").exists()
    assert list(run.state_folder.rglob("*.attrs")) == []


@pytest.mark.parametrize("where", ["command_lines", "environments"])
def test_no_secret_is_in_any_command_line_or_environment_here_or_on_the_machines(days, where):
    seen = getattr(days.seen, where)
    assert len(days.secrets) > 15
    assert [secret for secret in days.secrets if any(secret in one for one in seen)] == []


@pytest.mark.parametrize("what", ["ssh -F /dev/null", "sha256sum -- ", "suffix=$2 size=$3", "elasticsearch-keystore"])
def test_what_runs_here_and_what_runs_there_was_seen(days, what):
    assert any(what in line for line in days.seen.command_lines)
