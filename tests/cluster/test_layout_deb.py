"""A real node laid out as by the Debian package, run by a stand-in for systemd (tests/systemd_standin): open to HTTPS.

Folders have the package's owners and modes; only their names differ, so that nothing of this machine is touched. As
root the owner is root and the node runs as somebody else; else both are whoever runs the test.
"""

import os
import pwd
from pathlib import Path
from typing import ClassVar

import pytest

from devcluster.seed import INDEX
from tests.cluster.laid_out_anew import LaidOutAnew
from tests.cluster.stack_run import open_stack
from tests.systemd_standin.installed import install_systemd
from tests.systemd_standin.units import Unit

pytestmark = [pytest.mark.cluster(nodes=1), pytest.mark.engine]
DOCUMENTS = 200
UNIT = "elasticsearch.service"


class PackagedNode(LaidOutAnew):
    """A node as a package lays it out."""

    defaults: ClassVar = {"unit": UNIT}

    def __init__(self, run):
        super().__init__(run, "etc-elasticsearch", os.geteuid(), run.cluster.account.gid, (0o2750, 0o660))
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


@pytest.fixture
def packaged(tmp_path, monkeypatch):
    with open_stack(tmp_path, DOCUMENTS, ("es-1",)) as run:
        one = PackagedNode(run)
        with one.started(monkeypatch):
            yield one


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
    assert packaged.certificate_files() == {(us, packaged.group, "0o640")}
    assert packaged.belongs("elasticsearch.yml") == (us, packaged.group, "0o660")
    assert packaged.belongs("elasticsearch.keystore") == (us, packaged.group, "0o660")
    process = packaged.machine().process()
    assert Path(f"/proc/{process.pid}").stat().st_uid == packaged.account.uid
    assert (packaged.node.folder / "run-elasticsearch" / "elasticsearch.pid").read_text().strip() == str(process.pid)
    assert run.preview()["plan"]["rows"] == []

    failed = packaged.start_with("cluster.name: [unfinished\n")
    assert (failed.exit_status, "Job for elasticsearch.service failed" in failed.stderr) == (1, True)
    assert "elasticsearch.yml" in failed.stdout, "what the node said before it had a log, out of the journal"
