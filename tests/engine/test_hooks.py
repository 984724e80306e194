"""The operator's hooks with the real engine, on nodes that are folders: when they run, with what, and what stops."""

import json
from pathlib import Path

import pytest

from tests.engine.command_plugin import install_command_plugin
from tests.engine.folders_run import FoldersRun

pytestmark = pytest.mark.engine
HOOK = """\
#!/bin/sh
cat >{folder}/$1.json
echo $1 >>{folder}/journal
env >{folder}/environment
[ ! -e {folder}/breaks-$1 ] || {{ echo "no answer from the alert manager" >&2; exit 3; }}
"""


class HooksRun(FoldersRun):
    """Folders, and a hook before and after that note what they read."""

    def __init__(self, folder):
        super().__init__(folder, ("es-1",))
        self.hook = folder / "hook.sh"
        self.hook.write_text(HOOK.format(folder=folder))
        self.hook.chmod(0o755)
        install_command_plugin(Path(self.environment["PULUMI_HOME"]))

    def usual(self):
        return {**super().usual(), "hooks": self.hooks()}

    def hooks(self):
        return {
            "before": [{"name": "silence-alerts", "command": [str(self.hook), "before"]}],
            "after": [{"name": "wake-alerts", "command": [str(self.hook), "after"]}],
        }

    def ran(self):
        """Return which hooks ran since it was asked last."""
        journal = self.folder / "journal"
        lines = journal.read_text().split() if journal.exists() else []
        journal.unlink(missing_ok=True)
        return lines

    def read(self, name):
        return json.loads((self.folder / f"{name}.json").read_text())

    def breaks(self, name):
        (self.folder / f"breaks-{name}").touch()

    def mend(self, name):
        (self.folder / f"breaks-{name}").unlink()

    def on_nodes(self):
        return [node.files() for node in self.nodes]

    def damage(self):
        """Take away a trust file: drift, of which the state knows nothing."""
        (self.nodes[0].config / "certs" / "transport-trust.pem").unlink()


@pytest.fixture
def run(tmp_path):
    return HooksRun(tmp_path)


def hooks_in(plan):
    return [row["change"].partition(":")[0] for row in plan["rows"] if row["what"].startswith("hook ")]


def test_hooks_run_around_each_rollout_with_its_plan_and_never_without_one(run):
    run.write()
    before = run.on_nodes()
    run.breaks("before")
    failed = run.run("up")
    assert failed.status == 2
    assert "hook silence-alerts (before): ended with exit status 3" in failed.stdout
    assert "why:  no answer from the alert manager" in failed.stdout
    assert "nothing was changed on any node" in failed.stdout
    assert "components.hooks.run" not in failed.stdout
    assert run.ran() == ["before"]
    assert run.on_nodes() == before

    run.mend("before")
    plan = run.up()["plan"]
    assert hooks_in(plan) == ["silence-alerts", "wake-alerts"]
    assert run.ran() == ["before", "after"]
    told = run.read("before")
    assert told == run.read("after")
    assert told["plan"] == plan
    environment = (run.folder / "environment").read_text()
    assert "PULUMI" not in environment
    assert "PATH=" in environment

    edited = {**run.hooks(), "after": [{"name": "wake-alerts", "command": [str(run.hook), "other"]}]}
    run.write(hooks=edited)
    assert run.up()["result"] == "unchanged"
    assert run.ran() == []

    run.damage()
    run.breaks("other")
    failed = run.run("up")
    assert failed.status == 2
    assert "hook wake-alerts (after): ended with exit status 3" in failed.stdout
    assert run.ran() == ["before", "other"]

    run.write()
    plan = run.up()["plan"]
    assert hooks_in(plan) == ["silence-alerts", "wake-alerts"]
    assert plan["rows"][-1]["change"] == f"wake-alerts: {run.hook} after (left undone by an earlier run)"
    assert len(plan["rows"]) == 2
    assert run.ran() == ["before", "after"], "as they are written now"

    run.write(hooks={})
    forgotten = "− forgotten: hook after wake-alerts, hook before silence-alerts"
    assert [row["change"] for row in run.up()["plan"]["rows"]] == [forgotten]
    assert run.ran() == []
    assert "command:local:Command" not in run.state()
    assert "pulumi:providers:command" not in run.state()
    assert run.up()["result"] == "unchanged"


def test_without_the_driver_hooks_run_when_what_is_wanted_changes_and_know_no_plan(run):
    run.write()
    bare_up(run)
    assert run.ran() == ["before", "after"]
    told = run.read("before")
    assert told["plan"] is None
    assert {leaf["node"] for leaf in told["wanted"]["leaves"]} == {"es-1"}

    run.damage()
    bare_up(run)
    assert run.ran() == [], "drift alone is not known to the program"


def bare_up(run):
    process = run.start_bare_up()
    stdout, stderr = process.communicate()
    assert process.returncode == 0, f"{stdout}\n{stderr}"
