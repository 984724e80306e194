"""A real node as the container of a stand-in for docker (tests/docker_standin): open to HTTPS.

The config folder belongs to the node's user and, as the image has it, to the group 0; it has the same path inside and
outside, since nothing is mounted. The console says JSON, as the image's does, and a restart policy starts the container
anew when it ends by itself. An `up` that fails is run on this machine, and the next one where only SSH leads to it.
Not as root, user and group are whoever runs the test, and both are run on this machine.
"""

import os
from contextlib import nullcontext
from itertools import groupby
from pathlib import Path
from typing import ClassVar

import pytest

from components.rollout.decode import decode
from devcluster.seed import INDEX
from tests.cluster.laid_out_anew import DOCUMENTS, LaidOutAnew, stack_of_one
from tests.cluster.secrets_of import secrets_of
from tests.cluster.stack_run import wait_for
from tests.cluster.ways import here
from tests.docker_standin.containers import Container
from tests.docker_standin.installed import install_docker

pytestmark = [pytest.mark.cluster(nodes=1), pytest.mark.engine]
TELLING = frozenset({"start", "stop", "exec", "run", "list", "show", "add", "create", "remove"})
CONSOLE = "appender.console.layout."
AS_JSON = f"{CONSOLE}type = ECSJsonLayout\n{CONSOLE}dataset = elasticsearch.server\n"


class ContainedNode(LaidOutAnew):
    """A node in a container of its own name."""

    defaults: ClassVar = {"container": "es-1", "runtime": "docker"}

    def __init__(self, run, way):
        account, group = run.cluster.account, 0 if run.cluster.account.switch else run.cluster.account.gid
        super().__init__(run, way, "mounted", account.uid, group, (0o770, 0o660))
        self.user = f"{account.uid}:{group}"
        self.containers = install_docker(way.folder)
        self.log_in_json()
        command = [str(run.cluster.home / "bin" / "elasticsearch")]
        environment = {**self.node.environment(), "ES_PATH_CONF": str(self.config)}
        self.containers.write(self.node.name, Container(command, account.uid, group, environment, restarts=True))

    def machine_section(self):
        home, config = str(self.run.cluster.home), str(self.config)
        return {"layout": "docker", "home": home, "config": config, "user": self.user, **self.way.section}

    def did(self, since):
        """Return what docker was told to do since then, with the command for the keystore where it ran one."""
        calls = self.containers.calls()[since:]
        return [line for words in calls if (line := " ".join(word for word in words if word in TELLING))]

    def changed(self, since):
        """Return what of that changes anything; several stops in a row are one, since they say the same."""
        changes = (line for line in self.did(since) if line.split()[-1] not in ("list", "show"))
        return [line for line, _ in groupby(changes)]

    def log_in_json(self):
        path = self.config / "log4j2.properties"
        others = [line for line in path.read_text().splitlines(keepends=True) if not line.startswith(CONSOLE)]
        path.write_text("".join(others) + AS_JSON)


@pytest.fixture
def contained(tmp_path):
    with stack_of_one(tmp_path) as run, here(run) as way:
        one = ContainedNode(run, way)
        with one.started():
            yield one


def test_a_node_in_a_container_goes_from_open_to_https_by_docker(contained):
    run = contained.run
    run.write(machine=contained.machine_section())
    before = len(contained.containers.calls())

    process = run.start("up", "--json")
    wait_for((contained.config / "essecurity-rollout" / "manifest.json").exists, process)
    (contained.config / "certs" / "http-key.p12").write_bytes(b"this is no PKCS#12 file")
    stderr = process.communicate()[1]
    assert process.returncode == 2
    assert "the previous files are back on every node, and the cluster runs as before" in stderr
    assert "xpack.security.http.ssl: the key file" in stderr, "out of JSON on the console"
    assert contained.changed(before) == ["stop", "run add", "start", "stop", "start"]

    with contained.reached_by_ssh() if os.geteuid() == 0 else nullcontext():
        run.write(machine=contained.machine_section())
        goes_to_https(contained)


def goes_to_https(contained):
    run, owner, before = contained.run, contained.account.name, len(contained.containers.calls())

    assert run.up()["result"] == "changed"

    assert run.api().ask(f"/{INDEX}/_count")[1]["count"] == DOCUMENTS
    assert run.api().ask("/_cluster/health")[1]["status"] == "green"
    assert contained.changed(before) == ["stop", "run add", "start"]
    assert "exec list" in contained.did(0)
    said = str(contained.containers.calls())
    assert [secret for secret in secrets_of(run.clear_state()) if secret in said] == []
    assert contained.belongs("certs") == (owner, contained.group, "0o750")
    assert contained.certificate_files() == {(owner, contained.group, "0o640")}
    assert contained.belongs("elasticsearch.yml") == (owner, contained.group, "0o660")
    assert contained.belongs("elasticsearch.keystore") == (owner, contained.group, "0o660")
    node = contained.machine().process()
    assert Path(f"/proc/{node.pid}").stat().st_uid == contained.account.uid
    assert run.preview()["plan"]["rows"] == []

    failed = contained.start_with("node.processors: many\n")
    assert failed.exit_status == 1
    assert 'For input string: "many"' in decode(failed.stdout).cause, (
        "no row knows it: the last that the log says of it"
    )
