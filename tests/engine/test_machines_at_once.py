"""`rollout.machines_at_once` through the engine, as two machines see it: whether both are in hand at the same time."""

import pytest

from tests.cluster_fixtures import free_ports
from tests.engine.ssh_folders import SshFoldersRun
from tests.engine.stopping_commands import PATH
from tests.sshd import left_behind, running_sshd, short_folder, sshd_or_skip

pytestmark = pytest.mark.engine
NAMES = ("es-1", "es-2")
COMMANDS = ("mv", "sha256sum")
"""What a write, and a look at files, runs on the machine."""
LOOKS = {1: 10, 2: 400}
"""How often a command looks for one on the other machine, by the limit: where they may meet it waits for that."""
TOGETHER = """\
#!/bin/sh
(
  cd FOLDER && touch in-hand-ME
  for look in $(seq "$(cat looks)"); do
    if [ -e in-hand-OTHER ] || [ -e met ]; then touch met; break; fi
    sleep 0.05
  done
  rm -f in-hand-ME; echo "ME ${0##*/}" >>ran
)
exec "/usr/bin/${0##*/}" "$@"
"""
"""A command that says for a while that its machine is in hand, and looks whether the other one is, too."""


class Machines:
    """What both machines see of each other."""

    def __init__(self, folder):
        self.folder = folder

    def way(self, name):
        """Return what leads a machine to its own commands."""
        [other] = {*NAMES} - {name}
        folder = self.folder / name
        folder.mkdir(parents=True)
        for command in COMMANDS:
            path = folder / command
            path.write_text(TOGETHER.replace("FOLDER", str(self.folder)).replace("ME", name).replace("OTHER", other))
            path.chmod(0o755)
        return f"SetEnv PATH={folder}:{PATH}"

    def limited_to(self, most):
        """Begin to look anew, and return what the stack file says of the limit."""
        for said in ("ran", "met"):
            (self.folder / said).unlink(missing_ok=True)
        (self.folder / "looks").write_text(f"{LOOKS[most]}")
        return {"machines_at_once": most}

    @property
    def ran(self):
        """Return which machine ran which command."""
        return {*(self.folder / "ran").read_text().splitlines()}

    @property
    def met(self):
        return (self.folder / "met").exists()


@pytest.fixture
def machines(tmp_path):
    return Machines(tmp_path / "machines")


@pytest.fixture
def run(tmp_path, machines):
    sshd_or_skip()
    one, other = free_ports(2)
    with (
        short_folder() as temporary,
        running_sshd("127.0.0.1", one, more=machines.way("es-1")) as near,
        running_sshd("127.0.0.1", other, more=machines.way("es-2")) as far,
    ):
        yield SshFoldersRun(tmp_path, {"es-1": near, "es-2": far}, temporary)
        assert left_behind(temporary) == []


def test_with_two_at_a_time_both_machines_are_in_hand_together_and_with_one_never(run, machines):
    run.scenario("basic")
    cluster = run.sections["cluster"]
    run.write(cluster=cluster, rollout=machines.limited_to(2))
    run.up()
    assert machines.met

    run.write(cluster=cluster, rollout=machines.limited_to(1), certificates={"reissue": {"transport": 1}})
    run.up()
    assert machines.ran == {f"{name} {command}" for name in NAMES for command in COMMANDS}
    assert not machines.met
