"""An `up` by SSH whose machine goes in the middle of a write: every file is whole, and the next run does the rest."""

import pytest

from components.nodes.folder_lock import TEMPORARY_SUFFIX
from components.pki.inspect import parse_bundle
from tests.cluster.stack_run import kill_run
from tests.cluster_fixtures import free_ports
from tests.engine.ssh_folders import SshFoldersRun
from tests.engine.stopping_commands import BEFORE_THE_NAME, IN_THE_CONTENT, WITHIN, StoppingCommand
from tests.sshd import left_behind, running_sshd, short_folder, sshd_or_skip, within

pytestmark = pytest.mark.engine


@pytest.fixture
def bin_folder(tmp_path):
    """A folder that the machine looks into first for its commands."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


@pytest.fixture
def run(tmp_path, bin_folder):
    sshd_or_skip()
    way = StoppingCommand.way(bin_folder)
    with short_folder() as temporary, running_sshd("127.0.0.1", free_ports(1)[0], more=way) as sshd:
        run = SshFoldersRun(tmp_path, {"es-1": sshd}, temporary)
        run.write()
        assert run.up()["result"] == "changed"
        yield run
        assert left_behind(temporary) == []


def loses_its_connection(sshd):
    sshd.cut()


def dies(sshd):
    sshd.kill_sessions()
    sshd.stop()


@pytest.mark.parametrize(
    ("command", "script", "goes", "left"),
    [
        pytest.param("dd", IN_THE_CONTENT, loses_its_connection, 0, id="the connection breaks in the content"),
        pytest.param("mv", BEFORE_THE_NAME, dies, 1, id="the machine dies between content and name"),
    ],
)
def test_every_file_is_whole_and_the_next_up_finishes_the_rotation(run, bin_folder, command, script, goes, left):
    sshd, before = run.sshds["es-1"], run.files()
    stopping = StoppingCommand(bin_folder, command, script)
    stopping.install()
    run.write(authorities={"transport": {"generation": 2}})
    process = run.start("up")
    try:
        assert within(WITHIN, stopping.has_stopped)
        goes(sshd)
        stopping.go_on()
        said = "".join(process.communicate())
    finally:
        if process.poll() is None:
            kill_run(process)
    assert process.returncode == 2
    assert "es-1: the machine 127.0.0.1 does not answer by SSH" in said
    assert "the wave cover of transport CA g2 is not through without es-1" in said
    assert "Traceback" not in said

    assert within(WITHIN, lambda: len(unfinished(run)) == left)
    assert whole(run) == whole_of(before)
    if sshd.process is None:
        sshd.start()
    assert run.up()["result"] == "changed"
    assert unfinished(run) == []
    assert len(parse_bundle(run.files()["es-1"]["certs/transport-trust.pem"])) == 1
    assert run.preview()["plan"]["rows"] == []


def unfinished(run):
    return [name for name in run.files()["es-1"] if name.endswith(TEMPORARY_SUFFIX)]


def whole(run):
    return whole_of(run.files())


def whole_of(files):
    """Return every file that has its name, but the journals of the folder's locks."""
    return {
        name: content
        for name, content in files["es-1"].items()
        if not name.endswith(TEMPORARY_SUFFIX) and "journal" not in name
    }
