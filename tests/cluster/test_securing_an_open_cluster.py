"""The main job: one `up` secures a real three-node cluster that holds data."""

import json
import re
import socket
import stat
import tempfile
import time
from pathlib import Path

import pytest

from components.nodes.drift import words_of_leaf
from components.nodes.probes import LISTEN, Speech, handshake
from components.pki.inspect import load_certificate
from components.pki.keyfiles import key_file_p12
from devcluster import versions
from drill.state import plain
from tests.cluster.by_hand import put, put_unnoticed, transport_authority, transport_leaf
from tests.cluster.knocking import probe_of
from tests.cluster.secrets_of import key_file_bytes, secrets_of
from tests.cluster.stack_run import open_stack
from tests.cluster.stranger import Stranger
from tests.cluster.taking import wait_until_green
from tests.cluster.watching import files_with, watched_processes

pytestmark = [pytest.mark.cluster, pytest.mark.engine]
DOCUMENTS = 5000
HTTP_KEY = "certs/http-key.p12"
REFUSED = re.compile("certificate_required|certificate_unknown|PKIX")


class Secured:
    """A secured cluster, and all that was seen while it became one."""

    def __init__(self, run, before, preview, up, log, seen):
        self.run, self.before, self.preview, self.up, self.log, self.seen = run, before, preview, up, log, seen
        self.api = run.api()


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    folder = tmp_path_factory.mktemp("securing")
    with open_stack(folder, DOCUMENTS) as run:
        before = {node.name: (node.settings.read_text(), node.process().pid) for node in run.cluster.nodes}
        preview = run.preview()["plan"]
        with watched_processes() as seen:
            finished = run.succeed("up", "--json", "--debug")
        yield Secured(run, before, preview, finished.data, finished.stderr, seen)


def test_every_node_is_there_with_its_documents(secured):
    status, nodes = secured.api.ask("/_cat/nodes?format=json")
    assert (status, sorted(node["name"] for node in nodes)) == (200, ["es-1", "es-2", "es-3"])
    status, counted = secured.api.ask("/books/_count")
    assert (status, counted["count"]) == (200, DOCUMENTS)
    assert secured.api.ask("/_cluster/health")[1]["status"] == "green"


@pytest.mark.parametrize("node", [0, 1, 2], ids=["es-1", "es-2", "es-3"])
def test_the_http_layer_speaks_https_and_knows_nobody_without_a_login(secured, node):
    assert secured.api.ask("/", node)[0] == 200
    assert secured.api.ask("/", node, password="wrong")[0] == 401
    assert secured.api.ask_anonymously("/", node)[0] == 401
    assert plain_request(secured.run.cluster.nodes[node].spec.http_port) == b""


@pytest.mark.parametrize("node", [0, 1, 2], ids=["es-1", "es-2", "es-3"])
def test_the_transport_layer_admits_nobody_without_a_leaf_of_our_authority(secured, node):
    port = secured.run.cluster.nodes[node].spec.transport_port
    answer = handshake("127.0.0.1", port, listen=LISTEN)
    assert (answer.speech, answer.trusted) == (Speech.TLS, False)
    ours = handshake("127.0.0.1", port, probe_of(secured.run), listen=LISTEN)
    assert (ours.speech, ours.trusted) == (Speech.TLS, True)


def test_both_layers_serve_the_recorded_leaves(secured):
    by_place = {(entry["node"], entry["layer"]): entry for entry in secured.up["outputs"]["certificates"]}
    for node in secured.run.cluster.nodes:
        for layer, port in (("transport", node.spec.transport_port), ("http", node.spec.http_port)):
            assert handshake("127.0.0.1", port).serial == by_place[node.name, layer]["serial"]


def test_kibanas_user_can_log_in(secured):
    status, who = secured.api.ask("/_security/_authenticate", 0, "kibana_system", secured.run.password("kibana_system"))
    assert (status, who["username"]) == (200, "kibana_system")


def test_the_operators_own_lines_are_still_there(secured):
    for node in secured.run.cluster.nodes:
        text, _ = secured.before[node.name]
        after = node.settings.read_text()
        lost = [line for line in text.splitlines() if line not in after.splitlines()]
        assert lost == ["xpack.security.enabled: false"]


def test_files_belong_to_the_nodes_user_and_nobody_else_reads_them(secured):
    for node in secured.run.cluster.nodes:
        for path in (node.config / "certs").iterdir():
            status = path.stat()
            assert (stat.S_IMODE(status.st_mode), status.st_uid) == (0o640, node.account.uid)
        assert not list(node.config.rglob("*.essecurity-new"))
        assert not (node.config / "essecurity-rollout").exists()


def test_allocation_is_as_the_operator_had_it_and_no_mark_is_left(secured):
    assert secured.api.ask("/_cluster/settings?flat_settings=true")[1] == {"persistent": {}, "transient": {}}


def test_the_steps_of_the_preview_are_the_steps_that_were_executed(secured):
    assert secured.preview["restart"]["procedure"] == "full stop"
    resources = secured.run.clear_state()["deployment"]["resources"]
    restart = next(one for one in resources if one["type"].endswith(":ClusterRestart"))
    assert restart["outputs"]["steps"] == secured.preview["restart"]["steps"]
    assert [timed["step"] for timed in restart["outputs"]["timedSteps"]] == secured.preview["restart"]["steps"]
    assert secured.up["plan"]["rows"] == secured.preview["rows"]


def test_the_preview_told_how_the_preflight_found_the_cluster(secured):
    gates = secured.preview["gates"]
    assert gates[:3] == [
        f"✓ Elasticsearch {versions.wanted()} on every node",
        "✓ health is green",
        "✓ licence basic, active",
    ]
    assert gates[4:] == [
        "✓ clocks are within 30 s of this machine's",
        "✓ 3 master-eligible nodes",
        "! no search and no write is answered while all nodes are stopped",
        "! from then on clients need a login and https:// and the CA (output caCertificatePem)",
    ]
    assert "full" in gates[3]


def test_the_outputs_have_their_documented_names(secured):
    assert set(secured.up["outputs"]) == {
        "scenario",
        "httpUrls",
        "transportAddresses",
        "unencryptedChannels",
        "caCertificatePem",
        "transportCaCertificatePem",
        "elasticPassword",
        "userPasswords",
        "certificates",
    }
    assert secured.up["outputs"]["elasticPassword"] == "[secret]"
    assert secured.up["outputs"]["userPasswords"] == "[secret]"
    assert set(secured.up["outputs"]["certificates"][0]) == {
        "name",
        "node",
        "layer",
        "serial",
        "notAfter",
        "issuerGeneration",
    }
    assert len(secured.up["outputs"]["certificates"]) == 8


def test_five_previews_after_it_are_empty_and_another_up_changes_nothing(secured):
    for _ in range(5):
        plan = secured.run.preview()["plan"]
        assert (plan["rows"], plan["restart"]) == ([], None)
    pids = [node.process().pid for node in secured.run.cluster.nodes]
    assert secured.run.up()["result"] == "unchanged"
    assert [node.process().pid for node in secured.run.cluster.nodes] == pids


def test_a_refresh_finds_nothing_to_correct(secured):
    assert secured.run.succeed("refresh", "--json").data["findings"] == []


def test_a_leaf_that_somebody_put_in_is_found_in_its_file_and_in_a_handshake_and_goes_again(secured):
    run, node = secured.run, secured.run.cluster.nodes[1]
    password, ours = key_file_password(run, "es-2-http-leaf"), served_by(node)
    content, theirs = somebodys_key_file(node, password)
    put(node, HTTP_KEY, content)
    deadline = time.monotonic() + 60
    while served_by(node) == ours:
        assert time.monotonic() < deadline
        time.sleep(0.25)
    in_file, served = leaf_drift(run)
    assert theirs in in_file
    assert served.count(theirs) == 2, "it serves what its file holds, and neither is recorded"
    others = (somebodys_key_file(node, password) for _ in range(100))
    same_size, other = next(each for each in others if len(each[0]) == len(content))
    put_unnoticed(node, HTTP_KEY, same_size)
    in_file, served = leaf_drift(run)
    assert other in in_file
    assert served.startswith(f"serves {theirs}")
    assert served.endswith(f"; its file holds {in_file}"), "three leaves: served, in the file, recorded"
    run.up()
    assert served_by(node) == ours
    assert run.succeed("refresh", "--json").data["findings"] == []


def test_a_preview_is_still_empty_after_somebody_restarted_the_nodes(secured):
    secured.run.cluster.stop()
    secured.run.cluster.start()
    wait_until_green(secured.api)
    plan = secured.run.preview()["plan"]
    assert (plan["rows"], plan["restart"]) == ([], None)


def test_no_secret_is_in_clear_anywhere_but_in_the_nodes_config_folders(secured):
    run, state = secured.run, secured.run.clear_state()
    needles = secrets_of(state)
    assert len(needles) > 15  # keys and passwords of two authorities, six leaves and three users
    diff = run.succeed("preview", "--diff", "--debug")
    said = {
        "state": run.state(),
        "log of the engine at its highest level": secured.log,
        "preview --diff": diff.stdout + diff.stderr,
        "what up printed": json.dumps(secured.up),
        "command lines": "\n".join(secured.seen.command_lines),
        "environments": "\n".join(secured.seen.environments),
    }
    assert len(secured.log) > 100_000
    assert any("elasticsearch-keystore" in line for line in secured.seen.command_lines)
    leaks = [where for where, text in said.items() for needle in needles if needle in text]
    assert leaks == []
    configs = [node.config for node in run.cluster.nodes]
    folders = [run.folder, Path(tempfile.gettempdir())]
    assert files_with([needle.encode() for needle in needles] + key_file_bytes(state), folders, configs) == []


def test_what_the_canary_looks_for_would_be_found(secured, tmp_path):
    needle = secrets_of(secured.run.clear_state())[0]
    (tmp_path / "leak").write_text(f"before {needle} after")
    assert files_with([needle.encode()], [tmp_path], []) == [str(tmp_path / "leak")]


def test_a_node_of_a_foreign_authority_cannot_join(secured, tmp_path):
    stranger = Stranger(tmp_path, secured.run.cluster, secured.run.trusted_on_transport())
    with stranger.running():
        deadline = time.monotonic() + 60
        while not REFUSED.search(stranger.log()):
            assert time.monotonic() < deadline, stranger.log()[-2000:]
            time.sleep(0.5)
        assert secured.api.ask("/_cluster/health")[1]["number_of_nodes"] == 3


def test_a_raised_version_gives_elastic_another_password(secured):
    run, before = secured.run, secured.api.password
    run.write(users={"elastic": {"version": 2}})
    assert run.up()["result"] == "changed"
    after = run.output("elasticPassword")
    assert after != before
    assert secured.api.ask("/", password=before)[0] == 401
    assert secured.api.ask("/", password=after)[0] == 200
    assert run.preview()["plan"]["rows"] == []


def plain_request(port: int) -> bytes:
    """Send a plain HTTP request and return the first bytes of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try:
            return connection.recv(100)
        except ConnectionResetError:
            return b""


def served_by(node) -> str:
    """Return the serial number of the leaf that a node's HTTP layer serves."""
    return handshake("127.0.0.1", node.spec.http_port).serial


def somebodys_key_file(node, password: str) -> tuple[bytes, str]:
    """Return a key file with a leaf of somebody else's, and what a person calls that leaf."""
    leaf = transport_leaf(transport_authority("others"), node.name, "127.0.0.1")
    content = key_file_p12(leaf.private_key_pem, leaf.certificate_pem, (), password, "http")
    return content, words_of_leaf(load_certificate(leaf.certificate_pem))


def leaf_drift(run) -> tuple[str, str]:
    """Return what a refresh finds in the HTTP key file of es-2, and in a handshake with it; nothing else differs."""
    finished = run.run("refresh", "--json")
    found = {(one["node"], one["what"], one["kind"]): one["found"] for one in finished.data["findings"]}
    assert (finished.status, {node for node, *_ in found}) == (1, {"es-2"})
    return found["es-2", HTTP_KEY, "FileChanged"], found["es-2", "handshake", "ServedDiffers"]


def key_file_password(run, name: str) -> str:
    """Return the password of a key file, out of the state."""
    resources = run.clear_state()["deployment"]["resources"]
    [found] = [one for one in resources if one["urn"].endswith(f"::{name}")]
    return plain(found["outputs"]["keyFilePassword"])
