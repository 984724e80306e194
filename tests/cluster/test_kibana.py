"""Kibana beside a real cluster: Elasticsearch and the engine are real, Kibana is a stand-in (tests/kibana_standin).

So what is shown here of Kibana is what its documentation and source say, and not what a real Kibana did.
"""

import base64
import json
import re
import ssl
import time
import urllib.request
from dataclasses import dataclass
from http.client import HTTPSConnection

import pytest

from components.nodes.probes import handshake
from components.pki.inspect import leaf_facts
from tests.cluster.secrets_of import key_file_bytes, secrets_of
from tests.cluster.stack_run import StackRun, open_stack
from tests.cluster.watching import files_with, watched_processes
from tests.cluster_fixtures import free_ports
from tests.kibana_standin.service import KibanaService

pytestmark = [pytest.mark.cluster(nodes=1), pytest.mark.engine]
DOCUMENTS = 200
SETTINGS = """\
# Kibana of the books
server.host: 127.0.0.1   # behind a proxy
server.port: {port}
server.name: reading-room
elasticsearch:
  hosts: ["http://127.0.0.1:{elasticsearch}"]
  requestTimeout: 30000 # slow disks
logging.root.level: info
"""


@dataclass
class Library:
    """A stack with a stand-in Kibana in it, as its operator handles them."""

    run: StackRun
    kibana: KibanaService
    chosen: dict

    def write(self, scenario="basic-https", **sections):
        """Write the stack file; sections stay until they are written anew."""
        self.chosen |= sections
        self.run.write(
            cluster={"name": self.run.cluster.spec.name, "scenario": scenario},
            kibana=[
                {
                    "name": "kibana-1",
                    "address": "127.0.0.1",
                    "port": self.kibana.port,
                    "public_url": "https://library.example.net",
                    "home": str(self.kibana.folder),
                    "pid_file": str(self.kibana.folder / "kibana.pid"),
                    "restart": self.kibana.command(),
                    "strict_transport_security": scenario == "basic-https",
                }
            ],
            **self.chosen,
        )

    def level(self):
        """Ask Kibana how it is with the standard library's TLS, which trusts the CA that clients are given."""
        context = ssl.create_default_context(cadata=self.run.output("caCertificatePem"))
        url = f"https://127.0.0.1:{self.kibana.port}/api/status"
        with urllib.request.urlopen(url, context=context, timeout=10) as answer:
            assert answer.headers["strict-transport-security"] == "max-age=31536000"
            return json.loads(answer.read())["status"]["overall"]["level"]

    def is_available(self):
        try:
            return self.level() == "available"
        except OSError:  # not listening yet, or still at its first login
            return False

    def wait_until_available(self):
        deadline = time.monotonic() + 30
        while not self.is_available():
            assert time.monotonic() < deadline, self.kibana.log.read_text()[-2000:]
            time.sleep(0.2)

    def served(self):
        return handshake("127.0.0.1", self.kibana.port)

    def recorded(self):
        """Return Kibana's line of the stack output `certificates`."""
        [entry] = [one for one in self.run.output("certificates") if one["name"] == "kibana-1-kibana"]
        return entry

    def pid(self):
        process = self.kibana.process()
        return process.pid if process else None

    def preview_rows(self):
        return self.run.preview()["plan"]["rows"]


def change_password(run, user, password):
    """Set a user's password as somebody else would, past the program."""
    context = ssl.create_default_context(cadata=run.output("caCertificatePem"))
    body = json.dumps({"password": password}).encode()
    login = base64.b64encode(f"elastic:{run.output('elasticPassword')}".encode()).decode()
    headers = {"authorization": f"Basic {login}", "content-type": "application/json"}
    connection = HTTPSConnection("127.0.0.1", run.cluster.nodes[0].spec.http_port, timeout=30, context=context)
    connection.request("POST", f"/_security/user/{user}/_password", body, headers)
    assert connection.getresponse().status == 200
    connection.close()


def rows(plan, what):
    return [row["change"] for row in plan["rows"] if row["what"] == what]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("library")
    with open_stack(folder, DOCUMENTS, ("es-1",)) as run:
        [port] = free_ports(1)
        kibana = KibanaService(folder / "kibana-1", port)
        elasticsearch = run.cluster.nodes[0].spec.http_port
        kibana.lay_out(SETTINGS.format(port=port, elasticsearch=elasticsearch))
        kibana.start()
        try:
            yield Library(run, kibana, {})
        finally:
            kibana.stop()


@pytest.fixture(scope="module")
def secured(library):
    """The first `up`, with Kibana running beside an open cluster, and all that was seen of it."""
    library.write()
    library.before = library.pid()
    library.preview = library.run.preview()["plan"]
    with watched_processes() as seen:
        library.up = library.run.succeed("up", "--json", "--debug")
    library.seen = seen
    return library


def test_the_preview_says_what_kibana_gets_and_what_that_takes(secured):
    assert rows(secured.preview, "Kibana keystore") == [
        "+ elasticsearch.password",
        "+ server.ssl.keyPassphrase",
        "+ xpack.encryptedSavedObjects.encryptionKey",
        "+ xpack.reporting.encryptionKey",
        "+ xpack.security.encryptionKey",
    ]
    lines = rows(secured.preview, "kibana.yml")
    node = secured.run.cluster.nodes[0].spec.http_port
    assert f"elasticsearch.hosts: [http://127.0.0.1:{node}] → [https://127.0.0.1:{node}]" in lines
    assert "+ server.ssl.enabled: true" in lines
    assert "+ server.publicBaseUrl: https://library.example.net" in lines
    assert rows(secured.preview, "Kibana") == [
        "is not stopped with the nodes: it answers with status 503 until they are back",
        f"restart Kibana: {' '.join(secured.kibana.command())}",
        "wait until /api/status says that Kibana is available",
    ]


def test_what_the_preview_lists_of_kibana_is_what_was_done(secured):
    done = json.loads(secured.up.stdout)["plan"]
    assert done["rows"] == secured.preview["rows"]


def test_kibana_is_available_over_https_and_has_logged_in(secured):
    assert secured.level() == "available"
    assert secured.pid() != secured.before
    assert "elasticsearch: logged in" in secured.kibana.log.read_text()
    assert secured.run.output("kibanaUrls") == ["https://library.example.net"]


def test_kibana_serves_its_own_leaf_which_names_what_people_type(secured):
    answer, recorded = secured.served(), secured.recorded()
    assert answer.serial == recorded["serial"]
    assert "library.example.net" in leaf_facts(answer.chain[0]).sans.dns


def test_every_other_line_of_kibana_yml_is_as_the_operator_wrote_it(secured):
    before = SETTINGS.format(port=secured.kibana.port, elasticsearch=secured.run.cluster.nodes[0].spec.http_port)
    after = secured.kibana.settings.read_text().splitlines()
    lost = [line for line in before.splitlines() if line not in after]
    assert [line.strip().split(":")[0] for line in lost] == ["hosts"]


def test_a_second_up_changes_nothing_and_a_preview_is_empty(secured):
    pid = secured.pid()
    assert secured.preview_rows() == []
    assert secured.run.up()["result"] == "unchanged"
    assert secured.pid() == pid
    assert secured.run.succeed("refresh", "--json").data["findings"] == []


def test_no_secret_is_in_clear_in_kibana_yml_nor_anywhere_outside_the_config_folders(secured):
    run, state = secured.run, secured.run.clear_state()
    needles = secrets_of(state)
    said = {
        "kibana.yml": secured.kibana.settings.read_text(),
        "state": run.state(),
        "engine's log": secured.up.stderr,
        "what up printed": secured.up.stdout,
        "Kibana's log": secured.kibana.log.read_text(),
        "command lines": "\n".join(secured.seen.command_lines),
        "environments": "\n".join(secured.seen.environments),
    }
    assert any("kibana_standin.keystore add" in line for line in secured.seen.command_lines)
    assert [where for where, text in said.items() for needle in needles if needle in text] == []
    configs = [run.cluster.nodes[0].config, secured.kibana.config]
    assert files_with([needle.encode() for needle in needles] + key_file_bytes(state), [run.folder], configs) == []
    assert (secured.kibana.config / "certs" / "kibana-key.pem").read_text().startswith("-----BEGIN ENCRYPTED")


def test_a_raised_version_gives_kibana_the_new_password_and_it_stays_up(secured):
    run, before, pid = secured.run, secured.run.password("kibana_system"), secured.pid()
    secured.write(users={"kibana_system": {"version": 2}})
    plan = run.preview()["plan"]
    assert rows(plan, "Kibana keystore") == ["elasticsearch.password: other value"]
    assert rows(plan, "Kibana")[0].startswith("restart Kibana: ")
    run.up()
    assert run.password("kibana_system") != before
    assert run.api().ask("/", user="kibana_system", password=before)[0] == 401
    assert secured.level() == "available"
    assert secured.pid() != pid
    assert secured.preview_rows() == []


def test_a_renewed_leaf_is_served_after_sighup_by_the_same_process(secured):
    run, pid, before = secured.run, secured.pid(), secured.served().serial
    secured.write(certificates={"key": "ec-p384"})
    assert rows(run.preview()["plan"], "Kibana")[0] == "reload Kibana's certificate at SIGHUP"
    run.up()
    assert secured.served().serial == secured.recorded()["serial"] != before
    assert (secured.pid(), secured.level()) == (pid, "available")
    assert "SIGHUP" in secured.kibana.log.read_text()
    assert secured.preview_rows() == []


def test_a_raised_generation_is_trusted_by_kibana_before_any_node_presents_it(secured):
    run, pid, before = secured.run, secured.pid(), secured.served().serial
    log = len(secured.kibana.log.read_text())
    secured.write(authorities={"http": {"generation": 2}})
    plan = run.preview()["plan"]
    assert any("HTTP CA g2, beside what is trusted now" in change for change in rows(plan, "Kibana trust file"))
    run.up()
    assert secured.recorded()["issuerGeneration"] == 2
    assert secured.served().serial == secured.recorded()["serial"] != before
    assert secured.level() == "available"
    assert secured.pid() != pid, "restarted once, to trust the new CA"
    assert not re.search("elasticsearch: .*(CERTIFICATE|certificate)", secured.kibana.log.read_text()[log:])
    assert (secured.kibana.config / "certs" / "http-trust.pem").read_text().count("BEGIN CERTIFICATE") == 1
    assert secured.preview_rows() == []


def test_a_password_that_somebody_else_set_is_put_right_and_kibana_with_it(secured):
    run = secured.run
    change_password(run, "kibana_system", "of-somebody-else")
    assert run.api().ask("/", user="kibana_system", password="of-somebody-else")[0] == 200
    run.up()
    assert secured.level() == "available"
    assert secured.preview_rows() == []


def test_a_kibana_that_does_not_run_gets_its_files_and_a_warning_to_start_it(secured):
    run = secured.run
    secured.kibana.stop()
    secured.write(users={"kibana_system": {"version": 3}})
    finished = run.succeed("up", "--json")
    assert "start Kibana yourself: it does not run" in json.dumps(finished.data)
    assert secured.pid() is None
    secured.kibana.start()
    secured.wait_until_available()
    assert run.up()["result"] == "unchanged"
