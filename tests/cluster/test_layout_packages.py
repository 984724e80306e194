"""A real node laid out as by a package, from open to HTTPS: run by systemd, or by a stand-in (tests/systemd_standin).

Once the node is on this machine: its folders have the package's owners and modes, and other names, so that nothing here
is touched. As root the owner is root and the node runs as somebody else; else both are whoever runs the test.

And once for each package nothing but SSH leads to its machine, as a login that has to use `sudo`: the folders have the
package's own paths there, the user is the package's (tests/cluster/package_paths.py), and the stack file names neither.
That of the Debian package is run by a real systemd, process 1 of a machine made of namespaces, where such a one can be
made (tests/systemd_machine.py); else, and that of the RPM package, by the stand-in. The test says which.
"""

import os
import pwd
import ssl
import sys
from contextlib import ExitStack
from typing import ClassVar

import pytest

from devcluster.seed import INDEX, count
from tests.cluster import package_paths
from tests.cluster.laid_out_anew import DOCUMENTS, LaidOutAnew, stack_of_one
from tests.cluster.package_unit import write_unit
from tests.cluster.stack_run import wait_for
from tests.cluster.ways import by_ssh, here
from tests.figures import PACKAGED
from tests.sshd import logins, sshd_or_skip
from tests.systemd_machine import NotMade, systemd_machine
from tests.systemd_standin.installed import install_systemd
from tests.systemd_standin.units import Unit

pytestmark = [pytest.mark.cluster(nodes=1), pytest.mark.engine]
UNIT = package_paths.UNIT
UNFINISHED, UNKNOWN = "cluster.name: [unfinished\n", "node.attr.rack: ${no.such.variable}\n"
"""Lines of elasticsearch.yml with which a node ends before it has a log. The second is no mistake in YAML."""
REISSUED = {"reissue": {"transport": 1, "http": 1}}


class PackagedNode(LaidOutAnew):
    """A node as a package lays it out, whose config folder belongs to whoever runs the test."""

    def __init__(self, run, way, units, config, user, group):
        super().__init__(run, way, config, os.geteuid(), group, (0o2750, 0o660))
        self.units, self.user = units, user

    def calls(self):
        """Return what systemd was told by now."""
        return self.units.calls()

    def told(self, since):
        """Return what systemd was told to do since then; `--unit` is a question for what its journal has of one."""
        return [words[1] for words in self.calls()[since:] if words[1] not in ("show", "reset-failed")]

    def runtime(self):
        """Return where the node writes its process id."""
        raise NotImplementedError

    def runs_by_systemd(self, home, config, uid, gid, environment, environment_file=""):
        command = [f"{home}/bin/elasticsearch", "-p", f"{self.runtime()}/elasticsearch.pid", "--quiet"]
        environment = {**environment, "ES_HOME": str(home), "ES_PATH_CONF": str(config)}
        self.units.write(UNIT, Unit(command, uid, gid, str(self.runtime()), environment, environment_file))

    def is_as_packaged(self):
        """Check that all that we write belongs to the folder's owner and group, and that the unit runs the node."""
        us = pwd.getpwuid(os.geteuid()).pw_name
        assert self.belongs(".") == (us, self.group, "0o2750")
        assert self.belongs("certs") == (us, self.group, "0o750")
        assert self.certificate_files() == {(us, self.group, "0o640")}
        assert self.belongs("elasticsearch.yml") == (us, self.group, "0o660")
        assert self.belongs("elasticsearch.keystore") == (us, self.group, "0o660")
        process = self.machine().process()
        assert self.belongs(f"/proc/{process.pid}")[0] == self.user
        assert self.way.tell("cat", f"{self.runtime()}/elasticsearch.pid") == [str(process.pid)]

    def leaf(self):
        """Return what it presents to clients."""
        return ssl.get_server_certificate(("127.0.0.1", self.node.spec.http_port))


class NodeHere(PackagedNode):
    """One on this machine, in folders of other names."""

    defaults: ClassVar = {"unit": UNIT}

    def __init__(self, run, way):
        account, home = run.cluster.account, run.cluster.home
        super().__init__(run, way, install_systemd(way.folder), "etc-elasticsearch", account.name, account.gid)
        self.runs_by_systemd(home, self.config, account.uid, account.gid, self.node.environment())

    def runtime(self):
        return self.node.folder / "run-elasticsearch"

    def machine_section(self):
        home, config = str(self.run.cluster.home), str(self.config)
        return {"layout": "deb", "home": home, "config": config, "user": self.user, **self.way.section}


class NodeElsewhere(PackagedNode):
    """One at the package's own paths, on a machine that SSH leads to."""

    defaults: ClassVar = {
        "home": package_paths.HOME,
        "config": package_paths.CONFIG,
        "user": package_paths.USER,
        "unit": UNIT,
    }

    def __init__(self, run, way, units, layout):
        [account] = way.tell("getent", "passwd", package_paths.USER)
        uid, gid = map(int, account.split(":")[2:4])
        super().__init__(run, way, units, package_paths.CONFIG, package_paths.USER, gid)
        self.layout = layout
        self.name_paths_of_the_package()
        home, config = package_paths.HOME, package_paths.CONFIG
        self.runs_by_systemd(home, config, uid, gid, {}, package_paths.ENVIRONMENT[layout])

    def runtime(self):
        return package_paths.RUNTIME

    def machine_section(self):
        return {"layout": self.layout, **self.way.section}

    def was_put_back(self, since):
        """Check what systemd was told of a start that failed: the journal was asked, and the unit let go of."""
        assert self.told(since) == ["stop", "start", "--unit", "stop", "start"]

    def name_paths_of_the_package(self):
        paths = {"data": package_paths.DATA, "logs": package_paths.LOGS, "tmp": package_paths.RUNTIME}
        for name in ("elasticsearch.yml", "jvm.options.d/heap.options"):
            text = (self.config / name).read_text()
            for folder, path in paths.items():
                text = text.replace(f"{self.node.folder}/{folder}", path)
            assert str(self.node.folder) not in text
            (self.config / name).write_text(text)

    def is_as_packaged(self):
        super().is_as_packaged()
        user = package_paths.USER
        assert (pwd.getpwuid(os.geteuid()).pw_name, self.group, self.user) == ("root", user, user)
        assert self.belongs(package_paths.DATA) == self.belongs(package_paths.LOGS) == (user, user, "0o2750")
        written = (f"{package_paths.DATA}/_state", f"{package_paths.LOGS}/{self.node.cluster}.log")
        assert {self.belongs(path)[:2] for path in written} == {(user, user)}
        assert self.belongs(package_paths.ENVIRONMENT[self.layout]) == ("root", user, "0o660")
        words = (self.way.root / f"proc/{self.machine().process().pid}/cmdline").read_text().split("\0")
        assert f"-Des.distribution.type={self.layout}" in words, "out of the file with the unit's environment"


class NodeBySystemd(NodeElsewhere):
    """One that a real systemd runs, and starts again by itself as soon as it ends."""

    def __init__(self, run, way, machine, layout):
        self.of_systemd = machine
        super().__init__(run, way, None, layout)

    def runs_by_systemd(self, *_):
        write_unit(self.of_systemd, self.layout, "Restart=always")

    def calls(self):
        return self.of_systemd.began(UNIT)

    def told(self, since):
        return self.calls()[since:]

    def was_put_back(self, since):
        """Check what systemd began: its own next start may come before it is told not to."""
        began = self.told(since)
        assert began[:2] == ["stop", "start"]
        assert began[2:] in (["start"], ["start", "stop", "start"])


@pytest.fixture
def packaged(tmp_path):
    with stack_of_one(tmp_path) as run, here(run) as way:
        one = NodeHere(run, way)
        with one.started():
            yield one


@pytest.fixture(params=package_paths.ENVIRONMENT)
def packaged_elsewhere(request, tmp_path):
    sshd_or_skip()
    with ExitStack() as stack:
        run = stack.enter_context(stack_of_one(tmp_path))
        one = _by_systemd(run, stack, request.param) or _by_standin(run, stack, request.param)
        stack.enter_context(one.started())
        yield one


def _by_systemd(run, stack, layout):
    """Return a node that a real systemd runs; none where there can be none, or for the other layout."""
    if layout != "deb":
        return None
    folder = run.folder / "machine"
    folder.mkdir()
    stack.enter_context(logins())  # that machine has the users of this one, as they are when it begins
    try:
        machine = stack.enter_context(systemd_machine(folder, run.cluster.home))
    except NotMade as error:
        _say(f"a stand-in for systemd, since {error}")
        return None
    _say(machine.run("systemctl", "--version").splitlines()[0])
    machine.run(*package_paths.install(run.folder / "installed", run.cluster.home, layout))
    way = stack.enter_context(by_ssh(run, None, machine.lead))
    return NodeBySystemd(run, way, machine, layout)


def _say(what):
    sys.stdout.write(f"\n{PACKAGED}{' '.join(what.split())}\n")


def _by_standin(run, stack, layout):
    programs, changes = run.folder / "programs", run.folder / "changes"
    programs.mkdir()
    changes.mkdir()
    units = install_systemd(programs)
    lead = package_paths.on_machine(changes, run.cluster.home, layout)
    way = stack.enter_context(by_ssh(run, programs, lead))
    return NodeElsewhere(run, way, units, layout)


def test_a_node_of_the_debian_package_goes_from_open_to_https_by_its_unit(packaged):
    run = packaged.run
    run.write(machine=packaged.machine_section())
    assert run.preview()["plan"]["restart"]["procedure"] == "full stop"
    before = len(packaged.calls())

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
    run.write(machine=one.way.section)
    told = run.run("discover", "--json").data["write"]["machine"]
    told.pop("unit", None)  # of whatever runs the test
    assert told == one.machine_section(), "the layout, and no path"
    run.write(machine=told)
    settings, before = one.config / "elasticsearch.yml", len(one.calls())

    process = run.start("up", "--json")
    wait_for(lambda: "xpack.security.http" in settings.read_text(), process)
    with settings.open("a") as file:
        file.write(UNKNOWN)
    stderr = process.communicate()[1]

    assert process.returncode == 2
    assert "the previous files are back on every node, and the cluster runs as before" in stderr
    assert "Could not resolve placeholder 'no.such.variable'" in stderr, "what only the journal has, by SSH"
    one.was_put_back(before)
    assert count(run.cluster.nodes) == DOCUMENTS
    before = len(one.calls())

    assert run.up()["result"] == "changed"

    assert run.api().ask(f"/{INDEX}/_count")[1]["count"] == DOCUMENTS
    assert one.told(before) == ["stop", "start"]
    one.is_as_packaged()
    before, process, leaf = len(one.calls()), one.machine().process(), one.leaf()
    run.write(machine=one.machine_section(), certificates=REISSUED)

    assert run.up()["result"] == "changed"

    assert one.leaf() != leaf
    assert one.told(before) == []
    assert one.machine().process().is_same(process.pid, process.started)
    one.is_as_packaged()
    plan = run.preview()["plan"]
    assert (plan["rows"], plan["restart"]) == ([], None)
