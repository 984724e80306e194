"""A hook on a machine by SSH, through whole runs: it reads the plan there, and where it fails nobody is touched."""

import json
from pathlib import Path

import pytest

from tests.cluster_fixtures import free_ports
from tests.engine.command_plugin import install_command_plugin
from tests.engine.ssh_folders import SshFoldersRun
from tests.sshd import left_behind, running_sshd, short_folder, sshd_or_skip

pytestmark = pytest.mark.engine
HOOK = """\
#!/bin/sh
cat >"$0.read" && echo "$(readlink /proc/self/ns/mnt) $1" >>"$0.journal"
[ ! -e "$0.breaks" ] || { echo "no answer from the alert manager" >&2; exit 3; }
"""
"""A hook that notes on which machine it runs, and what it reads."""


class HooksRun(SshFoldersRun):
    """Two machines, and hooks on the second one."""

    @property
    def there(self):
        """What the second machine is known by: it has mounts of its own, and this one has not."""
        here, there = (Path(f"/proc/{who}/ns/mnt").readlink() for who in ("self", self.sshds["es-2"].process.pid))
        assert there != here
        return there

    @property
    def hook(self):
        return self.folder / "hook"

    def usual(self):
        def hook(moment):
            return {"name": "alerts", "command": [str(self.hook), moment], "on": "es-2"}

        return {**super().usual(), "hooks": {moment: [hook(moment)] for moment in ("before", "after")}}

    def ran(self):
        """Return where which hooks ran since it was asked last."""
        journal = Path(f"{self.hook}.journal")
        lines = journal.read_text().splitlines() if journal.exists() else []
        journal.unlink(missing_ok=True)
        return lines


@pytest.fixture
def run(tmp_path):
    sshd_or_skip()
    one, other = free_ports(2)
    with (
        short_folder() as temporary,
        running_sshd("127.0.0.1", one) as near,
        running_sshd("127.0.0.1", other, lead=("unshare", "--mount")) as far,
    ):
        run = HooksRun(tmp_path, {"es-1": near, "es-2": far}, temporary)
        run.hook.write_text(HOOK)
        run.hook.chmod(0o755)
        install_command_plugin(Path(run.environment["PULUMI_HOME"]))
        run.scenario("basic")
        yield run
        assert left_behind(temporary) == []


def test_a_hook_that_fails_there_keeps_every_machine_as_it_is_and_a_good_one_reads_the_plan_and_lets_it_through(run):
    before, breaks = run.files(), Path(f"{run.hook}.breaks")
    breaks.touch()
    failed = run.run("up")
    assert failed.status == 2
    assert "hook alerts (before, on es-2): ended with exit status 3" in failed.stdout
    assert "why:  no answer from the alert manager" in failed.stdout
    assert "nothing was changed on any node" in failed.stdout
    assert (run.ran(), run.files()) == ([f"{run.there} before"], before)

    breaks.unlink()
    plan = run.up()["plan"]
    assert [row["nodes"] for row in plan["rows"] if row["what"].startswith("hook ")] == [["es-2"], ["es-2"]]
    assert run.ran() == [f"{run.there} before", f"{run.there} after"]
    told = json.loads(Path(f"{run.hook}.read").read_text())
    assert told["plan"] == plan
    assert {tuple(sorted(leaf)) for leaf in told["wanted"]["leaves"]} == {("layer", "node", "not_after", "serial")}
    assert all(set(before[name]) < set(files) for name, files in run.files().items())
    assert run.preview()["plan"]["rows"] == []
    assert run.ran() == []
