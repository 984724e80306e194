"""A real node laid out as by the Debian package, run by a stand-in for systemd (tests/systemd_standin): open to HTTPS.

Folders have the package's owners and modes; only their names differ, so that nothing of this machine is touched. As
root the owner is root and the node runs as somebody else; else both are whoever runs the test. Once the node is on this
machine, and once nothing but SSH leads to its machine, as a login that has to use `sudo`.
"""

import os
import pwd
import ssl
from pathlib import Path
from typing import ClassVar

import pytest

from devcluster.seed import INDEX, count
from tests.cluster.laid_out_anew import DOCUMENTS, LaidOutAnew, stack_of_one
from tests.cluster.stack_run import wait_for
from tests.cluster.ways import here
from tests.sshd import sshd_or_skip
from tests.systemd_standin.installed import install_systemd
from tests.systemd_standin.units import Unit

pytestmark = [pytest.mark.cluster(nodes=1), pytest.mark.engine]
UNIT = "elasticsearch.service"
UNFINISHED, UNKNOWN = "cluster.name: [unfinished\n", "node.attr.rack: ${no.such.variable}\n"
"""Lines of elasticsearch.yml with which a node ends before it has a log. The second is no mistake in YAML."""
REISSUED = {"reissue": {"transport": 1, "http": 1}}


class PackagedNode(LaidOutAnew):
    """A node as a package lays it out."""

    defaults: ClassVar = {"unit": UNIT}

    def __init__(self, run, way):
        super().__init__(run, way, "etc-elasticsearch", os.geteuid(), run.cluster.account.gid, (0o2750, 0o660))
        self.units = install_systemd(way.folder)
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
            **self.way.section,
        }

    def told(self, since):
        """Return what systemd was told to do since then; `--unit` is a question for what its journal has of one."""
        return [words[1] for words in self.units.calls()[since:] if words[1] != "show"]

    def is_as_packaged(self):
        """Check that all that we write belongs to the folder's owner and group, and that the unit runs the node."""
        us = pwd.getpwuid(os.geteuid()).pw_name
        assert self.belongs("certs") == (us, self.group, "0o750")
        assert self.certificate_files() == {(us, self.group, "0o640")}
        assert self.belongs("elasticsearch.yml") == (us, self.group, "0o660")
        assert self.belongs("elasticsearch.keystore") == (us, self.group, "0o660")
        process = self.machine().process()
        assert Path(f"/proc/{process.pid}").stat().st_uid == self.account.uid
        assert (self.node.folder / "run-elasticsearch" / "elasticsearch.pid").read_text().strip() == str(process.pid)

    def leaf(self):
        """Return what it presents to clients."""
        return ssl.get_server_certificate(("127.0.0.1", self.node.spec.http_port))


@pytest.fixture
def packaged(tmp_path):
    with stack_of_one(tmp_path) as run, here(run) as way:
        one = PackagedNode(run, way)
        with one.started():
            yield one


@pytest.fixture
def packaged_elsewhere(request):
    sshd_or_skip()
    one = request.getfixturevalue("packaged")
    with one.reached_by_ssh():
        yield one


def test_a_node_of_the_debian_package_goes_from_open_to_https_by_its_unit(packaged):
    run = packaged.run
    run.write(machine=packaged.machine_section())
    assert run.preview()["plan"]["restart"]["procedure"] == "full stop"
    before = len(packaged.units.calls())

    assert run.up()["result"] == "changed"

    assert run.api().ask(f"/{INDEX}/_count")[1]["count"] == DOCUMENTS
    assert packaged.told(before) == ["stop", "start"]
    packaged.is_as_packaged()
    assert run.preview()["plan"]["rows"] == []

    failed = packaged.start_with(UNFINISHED)
    assert (failed.exit_status, "Job for elasticsearch.service failed" in failed.stderr) == (1, True)
    assert "elasticsearch.yml" in failed.stdout, "what the node said before it had a log, out of the journal"


def test_one_that_only_ssh_leads_to_is_put_back_secured_and_renewed_as_if_it_were_here(packaged_elsewhere):
    one, run = packaged_elsewhere, packaged_elsewhere.run
    run.write(machine=one.machine_section())
    settings, before = one.config / "elasticsearch.yml", len(one.units.calls())

    process = run.start("up", "--json")
    wait_for(lambda: "xpack.security.http" in settings.read_text(), process)
    with settings.open("a") as file:
        file.write(UNKNOWN)
    stderr = process.communicate()[1]

    assert process.returncode == 2
    assert "the previous files are back on every node, and the cluster runs as before" in stderr
    assert "Could not resolve placeholder 'no.such.variable'" in stderr, "what only the journal has, by SSH"
    assert one.told(before) == ["stop", "start", "--unit", "start"]
    assert count(run.cluster.nodes) == DOCUMENTS
    before = len(one.units.calls())

    assert run.up()["result"] == "changed"

    assert run.api().ask(f"/{INDEX}/_count")[1]["count"] == DOCUMENTS
    assert one.told(before) == ["stop", "start"]
    one.is_as_packaged()
    before, process, leaf = len(one.units.calls()), one.machine().process(), one.leaf()
    run.write(machine=one.machine_section(), certificates=REISSUED)

    assert run.up()["result"] == "changed"

    assert one.leaf() != leaf
    assert one.told(before) == []
    assert one.machine().process().is_same(process.pid, process.started)
    one.is_as_packaged()
    plan = run.preview()["plan"]
    assert (plan["rows"], plan["restart"]) == ([], None)
