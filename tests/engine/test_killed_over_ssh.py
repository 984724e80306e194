"""Runs by SSH that are killed: the next one does the rest, and nothing of them is left, on the machines or here."""

import psutil
import pytest

from tests.cluster.halting import Halting
from tests.cluster.halting_provider import HALTED
from tests.cluster.stack_run import survivors
from tests.cluster_fixtures import free_ports
from tests.engine.ssh_folders import SshFoldersRun
from tests.sshd import running_sshd, short_folder, sshd_or_skip, within

pytestmark = pytest.mark.engine
NAMES = ("es-1", "es-2")
TOUCH_NO_MACHINE = (
    *(f"CertificateAuthority logs/{layer}/authority" for layer in ("transport", "http")),
    *(f"GeneratedPassword {user}/password" for user in ("bootstrap", "elastic", "kibana_system")),
    *(f"Certificate {name}/{layer}/leaf" for name in NAMES for layer in ("transport", "http")),
)
"""The first steps; no run is killed after these alone."""
KILLS = 3
ENDS_WITHIN = 30.0


@pytest.fixture
def run(tmp_path):
    sshd_or_skip()
    with short_folder() as temporary, running_sshd("127.0.0.1", free_ports(1)[0]) as sshd:
        run = SshFoldersRun(tmp_path, dict.fromkeys(NAMES, sshd), temporary)
        run.write()
        yield run


def connections(run):
    """Return every `ssh` that leads to the machine."""
    return [one.pid for one in psutil.process_iter() if leads_there(one, run)]


def leads_there(process, run):
    try:
        return process.name() == "ssh" and run.sshds["es-1"].identity_file in process.cmdline()
    except psutil.Error:
        return False


def have_ended(run):
    """Tell whether a run's connections end with it, and the folders of their sockets go, though nobody is left."""
    return within(ENDS_WITHIN, lambda: not connections(run) and not list(run.temporary.glob("essecurity-ssh-*")))


def test_the_next_up_does_the_rest_and_nothing_of_the_killed_ones_is_left(run):
    usual, halting = run.provider, Halting(run)
    halting.install()
    run.write()
    (run.provider / HALTED).write_text("".join(f"{step}\n" for step in TOUCH_NO_MACHINE))
    for _ in range(KILLS):
        assert halting.kill_after_next_step() is None
        assert have_ended(run)
        assert run.sshds["es-1"].sessions_end()
    killed = {step.partition(" ")[0] for step in halting.killed_after()[len(TOUCH_NO_MACHINE) :]}
    assert {"NodeTrust", "NodeIdentity"} <= killed
    run.provider = usual
    run.write()
    assert run.up()["result"] == "changed"
    plan = run.preview()["plan"]
    assert (plan["rows"], plan["restart"], survivors(run), have_ended(run)) == ([], None, [], True)
    ours = {"certs/http-key.p12", "certs/transport-key.p12", "certs/transport-trust.pem", "elasticsearch.yml"}
    for name, files in run.files().items():
        assert {each for each in files if "journal" not in each} == ours | {"elasticsearch.keystore"}, name
