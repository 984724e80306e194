"""A node that does not start after the change: everything is put back, and the error says why."""

import hashlib

import pytest

from devcluster.seed import count
from tests.cluster.stack_run import open_stack, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.engine]
DOCUMENTS = 1000


@pytest.fixture(scope="module")
def broken_then_mended(tmp_path_factory):
    """Damage a key file of es-2 while the run is about to stop the nodes, and let it come to its end."""
    with open_stack(tmp_path_factory.mktemp("broken"), DOCUMENTS) as run:
        before = {node.name: fingerprints(node) for node in run.cluster.nodes}
        victim = run.cluster.node("es-2")
        process = run.start("up", "--json")
        wait_for((victim.config / "essecurity-rollout" / "manifest.json").exists, process)
        (victim.config / "certs" / "http-key.p12").write_bytes(b"this is no PKCS#12 file")
        stdout, stderr = process.communicate()
        yield run, before, process.returncode, stdout, stderr


def test_the_error_names_the_node_the_cause_and_what_to_do(broken_then_mended):
    _, _, status, stdout, stderr = broken_then_mended
    assert status == 2
    assert "es-2: Elasticsearch did not start" in stderr
    assert "the previous files are back on every node, and the cluster runs as before" in stderr
    assert "xpack.security.http.ssl: the key file" in stderr
    assert "is damaged, or is no PKCS#12 file" in stderr
    assert "next: run `up` again" in stderr
    assert "Traceback" not in stdout + stderr


def test_previous_files_are_back_on_every_node(broken_then_mended):
    run, before, *_ = broken_then_mended
    for node in run.cluster.nodes:
        assert fingerprints(node) == before[node.name]
        assert not (node.config / "essecurity-rollout").exists()


def test_the_cluster_runs_as_before(broken_then_mended):
    run = broken_then_mended[0]
    run.cluster.wait_until_green()
    assert run.cluster.is_unsecured()
    assert count(run.cluster.nodes) == DOCUMENTS


def test_the_next_preview_says_what_is_left_and_the_next_up_does_it(broken_then_mended):
    run = broken_then_mended[0]
    plan = run.preview()["plan"]
    assert plan["restart"]["procedure"] == "full stop"
    damaged = [row for row in plan["rows"] if row["what"] == "key file"]
    assert [(row["nodes"], "content differs" in row["change"]) for row in damaged] == [(["es-2"], True)]
    assert run.up()["result"] == "changed"
    api = run.api()
    assert api.ask_anonymously("/")[0] == 401
    assert api.ask("/books/_count")[1]["count"] == DOCUMENTS


def fingerprints(node):
    """Return what must be put back exactly: content, owner and mode of what was there before the run."""
    found = {}
    for name in ("elasticsearch.yml", "elasticsearch.keystore"):
        path = node.config / name
        status = path.stat()
        found[name] = (hashlib.sha256(path.read_bytes()).hexdigest(), status.st_uid, status.st_gid, status.st_mode)
    return found
