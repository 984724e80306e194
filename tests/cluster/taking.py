"""Clusters that somebody else secured, with documents, and what is asked of a stack that is to take one over."""

import time
from contextlib import contextmanager

from components.nodes.probes import LISTEN, Identity, handshake
from tests.cluster import others_security
from tests.cluster.others_security import leaf
from tests.cluster.stack_run import SecuredApi, open_stack

DOCUMENTS = 1000
GIVEN = "takeover.elastic_password"
FILES_OF_CERTUTIL = ("elastic-certificates.p12", "http.p12")


@contextmanager
def secured_by(secure, folder, names):
    """Run a cluster with documents that somebody else secured, and a stack that was never run."""
    with open_stack(folder, DOCUMENTS, names) as run:
        run.cluster.stop()
        theirs = secure(run.cluster)
        run.cluster.start()
        wait_until_green(api_of(run, theirs))
        yield run, theirs


def api_of(run, theirs):
    """Return access to the cluster as they have it."""
    urls = [f"https://localhost:{node.spec.http_port}" for node in run.cluster.nodes]
    return SecuredApi(urls, theirs.http.pem, theirs.password)


def wait_until_green(api, node=0):
    """Ask a node until all is well; one that has just started refuses logins, too, until it can read who there is."""
    deadline = time.monotonic() + 90
    while api.ask("/_cluster/health?wait_for_status=green&timeout=5s", node)[0] != 200:
        assert time.monotonic() < deadline
        time.sleep(0.5)


def trusts(node, signer):
    """Tell whether a node takes a leaf of a CA on its transport layer."""
    one = leaf("probe", signer).authority
    probe = Identity(one.certificate_pem, one.private_key_pem)
    return handshake("127.0.0.1", node.spec.transport_port, probe, listen=LISTEN).trusted


def refused(run, command="preview"):
    """Run a command that must be refused with every node untouched; return what it said."""
    before = [node.settings.read_bytes() for node in run.cluster.nodes]
    finished = run.run(command)
    assert finished.status == 2
    assert "Traceback" not in finished.stdout + finished.stderr
    assert [node.settings.read_bytes() for node in run.cluster.nodes] == before
    return " ".join(finished.stdout.split())


def names_of_entries(run):
    return others_security.machine(run.cluster, run.cluster.nodes[0]).secure_setting_names()
