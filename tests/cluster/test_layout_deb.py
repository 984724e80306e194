"""A real node laid out as by the Debian package, run by a stand-in for systemd (tests/systemd_standin): open to HTTPS.

Folders have the package's owners and modes; only their names differ, so that nothing of this machine is touched. As
root the owner is root and the node runs as somebody else; else both are whoever runs the test.
"""

import grp
import os
import pwd
import shutil
from pathlib import Path

import pytest

from components.clock import SystemClock
from components.nodes.local import MINIMAL_ENVIRONMENT
from components.nodes.spec import Machine
from components.nodes.targets import machine_of
from devcluster.seed import INDEX
from tests.cluster.plugins import install
from tests.cluster.stack_run import open_stack
from tests.systemd_standin.installed import install_systemd
from tests.systemd_standin.units import Unit

pytestmark = [pytest.mark.cluster(nodes=1), pytest.mark.engine]
DOCUMENTS = 200
UNIT = "elasticsearch.service"


class PackagedNode:
    """The node of an open development cluster, laid out anew as a package does it, and run by the stand-in."""

    def __init__(self, run):
        self.run = run
        [self.node] = run.cluster.nodes
        self.account = run.cluster.account
        run.cluster.stop()
        self.config = self.node.folder / "etc-elasticsearch"
        self.group = grp.getgrgid(self.account.gid).gr_name
        shutil.copytree(self.node.config, self.config)
        for path in [self.config, *self.config.rglob("*")]:
            os.chown(path, os.geteuid(), self.account.gid)
            path.chmod(0o2750 if path.is_dir() else 0o660)
        self.plugin = install(run, "standin_provider")
        self.units = install_systemd(self.plugin)
        runtime = self.node.folder / "run-elasticsearch"
        home = run.cluster.home
        environment = {**self.node.environment(), "ES_HOME": str(home), "ES_PATH_CONF": str(self.config)}
        command = [str(home / "bin" / "elasticsearch"), "-p", str(runtime / "elasticsearch.pid"), "--quiet"]
        self.units.write(UNIT, Unit(command, self.account.uid, self.account.gid, str(runtime), environment))

    def machine_section(self):
        return {
            "layout": "deb",
            "home": str(self.run.cluster.home),
            "config": str(self.config),
            "user": self.account.name,
        }

    def machine(self):
        """Return the node's machine as the plugin has it, for what is asked beside a run."""
        section = self.machine_section()
        return machine_of(Machine(node=self.node.name, pid_file="/nowhere", unit=UNIT, **section))

    def belongs(self, relative):
        """Return owner, group and mode of something in the config folder."""
        status = (self.config / relative).stat()
        return pwd.getpwuid(status.st_uid).pw_name, grp.getgrgid(status.st_gid).gr_name, oct(status.st_mode & 0o7777)


@pytest.fixture
def packaged(tmp_path, monkeypatch):
    with open_stack(tmp_path, DOCUMENTS, ("es-1",)) as run:
        one = PackagedNode(run)
        monkeypatch.setitem(MINIMAL_ENVIRONMENT, "PATH", f"{one.plugin / 'bin'}:{MINIMAL_ENVIRONMENT['PATH']}")
        try:
            assert one.machine().start(SystemClock()).ok
            yield one
        finally:
            one.machine().stop(SystemClock())


def test_a_node_of_the_debian_package_goes_from_open_to_https_by_its_unit(packaged):
    run, us = packaged.run, pwd.getpwuid(os.geteuid()).pw_name
    run.write(machine=packaged.machine_section())
    assert run.preview()["plan"]["restart"]["procedure"] == "full stop"
    before = len(packaged.units.calls())

    assert run.up()["result"] == "changed"

    assert run.api().ask(f"/{INDEX}/_count")[1]["count"] == DOCUMENTS
    verbs = [words[1] for words in packaged.units.calls()[before:] if words[1] != "show"]
    assert verbs == ["stop", "start"]
    assert packaged.belongs("certs") == (us, packaged.group, "0o750")
    assert {packaged.belongs(path.relative_to(packaged.config)) for path in (packaged.config / "certs").iterdir()} == {
        (us, packaged.group, "0o640")
    }
    assert packaged.belongs("elasticsearch.yml") == (us, packaged.group, "0o660")
    assert packaged.belongs("elasticsearch.keystore") == (us, packaged.group, "0o660")
    process = packaged.machine().process()
    assert Path(f"/proc/{process.pid}").stat().st_uid == packaged.account.uid
    assert (packaged.node.folder / "run-elasticsearch" / "elasticsearch.pid").read_text().strip() == str(process.pid)
    assert run.preview()["plan"]["rows"] == []

    packaged.machine().stop(SystemClock())
    assert packaged.machine().process() is None
    settings = packaged.config / "elasticsearch.yml"
    kept = settings.read_bytes()
    settings.write_bytes(b"cluster.name: [unfinished\n")
    failed = packaged.machine().start(SystemClock())
    settings.write_bytes(kept)
    assert (failed.exit_status, "Job for elasticsearch.service failed" in failed.stderr) == (1, True)
    assert "elasticsearch.yml" in failed.stdout, "what the node said before it had a log, out of the journal"
