"""Clusters that somebody else secured are taken over: recognised, refused until somebody says so, and then rolled."""

import time
from contextlib import contextmanager

import pytest

from components.errors import CommandFailed
from components.nodes.probes import Identity, handshake
from devcluster.seed import INDEX
from tests.cluster import others_security
from tests.cluster.others_security import (
    BY_CERTUTIL,
    TRANSPORT,
    as_the_node,
    auto_configured,
    configure,
    leaf,
    secured_with_certutil,
)
from tests.cluster.stack_run import SecuredApi, open_stack
from tests.cluster.watching import watched_nodes

pytestmark = [pytest.mark.cluster, pytest.mark.engine]
DOCUMENTS = 1000
GIVEN = "takeover.elastic_password"
FILES_OF_CERTUTIL = ("elastic-certificates.p12", "http.p12")
CERTIFICATE = {"verification_mode": "certificate"}


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


def wait_until_green(api):
    deadline = time.monotonic() + 90
    while api.ask("/_cluster/health?wait_for_status=green&timeout=5s")[0] != 200:
        assert time.monotonic() < deadline
        time.sleep(0.5)


def trusts(node, signer):
    """Tell whether a node takes a leaf of a CA on its transport layer."""
    one = leaf("probe", signer).authority
    probe = Identity(one.certificate_pem, one.private_key_pem)
    return handshake("127.0.0.1", node.spec.transport_port, probe, listen=1.0).trusted


def refused(run, command="preview"):
    """Run a command that must be refused with every node untouched; return what it said."""
    before = [node.settings.read_bytes() for node in run.cluster.nodes]
    finished = run.run(command)
    assert finished.status == 2
    assert "Traceback" not in finished.stdout + finished.stderr
    assert [node.settings.read_bytes() for node in run.cluster.nodes] == before
    return " ".join(finished.stdout.split())


class TakenOver:
    """Three nodes that configured themselves, taken over, and what was seen and said on the way."""

    def __init__(self, run, theirs):
        self.run, self.theirs = run, theirs
        self.before = {node.name: node.settings.read_text() for node in run.cluster.nodes}
        self.first = refused(run)
        takeover = run.set_secret(GIVEN, theirs.password)
        run.write(takeover=takeover)
        self.second = refused(run)
        run.write(takeover=takeover, transport=CERTIFICATE, consent=None)
        self.preview = run.preview()["plan"]
        self.trusted_theirs = [trusts(node, theirs.transport) for node in run.cluster.nodes]
        with watched_nodes(run.cluster.nodes) as self.seen:
            self.up = run.up()
        self.api = run.api()


@pytest.fixture(scope="module")
def taken_over(tmp_path_factory):
    with secured_by(auto_configured, tmp_path_factory.mktemp("auto"), ("es-1", "es-2", "es-3")) as (run, theirs):
        yield TakenOver(run, theirs)


def test_without_the_operators_word_it_is_refused_with_what_was_found_and_the_line_to_add(taken_over):
    how = "by Elasticsearch's auto-configuration (certs/transport.p12, certs/http.p12)"
    for name in ("es-1", "es-2", "es-3"):
        assert f"{name} is secured already: {how}" in taken_over.first
    assert "elasticsearch-security:takeover: {elastic_password: {secure: …}}" in taken_over.first


def test_where_names_cannot_be_verified_yet_the_line_to_add_is_told(taken_over):
    assert "elasticsearch-security:transport: {verification_mode: certificate}" in taken_over.second


def test_the_preview_says_that_nodes_are_rolled_and_what_clients_need(taken_over):
    restart = taken_over.preview["restart"]
    assert restart["procedure"] == "rolling restart"
    told = "is taken over; it is secured by Elasticsearch's auto-configuration (certs/transport.p12, certs/http.p12)"
    assert f"es-1: {told}" in restart["reasons"]
    needs = "another CA (output caCertificatePem) and new passwords (outputs elasticPassword, userPasswords)"
    assert f"! from then on clients need {needs}" in taken_over.preview["gates"]


def test_never_are_two_nodes_down(taken_over):
    assert taken_over.up["result"] == "changed"
    assert max(map(len, taken_over.seen)) == 1
    assert {name for names in taken_over.seen for name in names} == {"es-1", "es-2", "es-3"}


def test_every_document_is_there_and_every_user_logs_in_with_our_password_on_every_node(taken_over):
    api, run = taken_over.api, taken_over.run
    users = run.output("userPasswords")
    for number in range(3):
        assert api.ask(f"/{INDEX}/_count", number)[1]["count"] == DOCUMENTS
        assert api.ask_anonymously("/", number)[0] == 401
        assert api.ask("/", number, password=taken_over.theirs.password)[0] == 401
        for user, password in users.items():
            assert api.ask("/_security/_authenticate", number, user, password)[1]["username"] == user
    assert api.ask("/_cluster/health")[1]["status"] == "green"
    assert api.ask("/_cluster/settings?flat_settings=true")[1] == {"persistent": {}, "transient": {}}


def test_every_node_serves_our_leaves_and_their_authority_admits_nobody_any_more(taken_over):
    assert taken_over.trusted_theirs == [True, True, True]
    by_place = {(entry["node"], entry["layer"]): entry["serial"] for entry in taken_over.up["outputs"]["certificates"]}
    for node in taken_over.run.cluster.nodes:
        for layer, port in (("transport", node.spec.transport_port), ("http", node.spec.http_port)):
            assert handshake("127.0.0.1", port).serial == by_place[node.name, layer]
        assert not trusts(node, taken_over.theirs.transport)
    assert taken_over.run.trusted_on_transport().count("BEGIN CERTIFICATE") == 1


def test_their_files_are_still_there_and_no_line_of_theirs_that_we_do_not_set_is_lost(taken_over):
    for node in taken_over.run.cluster.nodes:
        for name in ("http_ca.crt", "http.p12", "transport.p12"):
            assert (node.config / "certs" / name).exists()
        assert not (node.config / "essecurity-rollout").exists()
        after = node.settings.read_text().splitlines()
        lost = [line.strip() for line in taken_over.before[node.name].splitlines() if line not in after]
        assert lost == [
            "keystore.path: certs/http.p12",
            "keystore.path: certs/transport.p12",
            "truststore.path: certs/transport.p12",
        ]


def test_another_up_changes_nothing_and_one_without_the_two_lines_asks_for_names_as_well(taken_over):
    run = taken_over.run
    assert run.preview()["plan"]["rows"] == []
    assert run.up()["result"] == "unchanged"
    run.write(takeover=None, consent=None)
    with watched_nodes(run.cluster.nodes) as seen:
        assert run.up()["plan"]["restart"]["procedure"] == "rolling restart"
    assert max(map(len, seen)) == 1
    plan = run.preview()["plan"]
    assert (plan["rows"], plan["restart"]) == ([], None)
    assert taken_over.api.ask(f"/{INDEX}/_count")[1]["count"] == DOCUMENTS


def names_of_entries(run):
    return others_security.machine(run.cluster, run.cluster.nodes[0]).secure_setting_names()


def assert_ours(run):
    """The only node has its documents, our passwords are the right ones, and nothing is left to do."""
    api = run.api()
    assert api.ask(f"/{INDEX}/_count")[1]["count"] == DOCUMENTS
    assert api.ask_anonymously("/")[0] == 401
    for user, password in run.output("userPasswords").items():
        assert api.ask("/_security/_authenticate", user=user, password=password)[1]["username"] == user
    plan = run.preview()["plan"]
    assert (plan["rows"], plan["restart"]) == ([], None)


def test_a_node_with_certutils_files_is_taken_over_and_its_files_go_where_that_is_wanted(tmp_path):
    with secured_by(secured_with_certutil, tmp_path, ("es-1",)) as (run, theirs):
        node = run.cluster.nodes[0]
        assert "with certutil's files (elastic-certificates.p12, http.p12)" in refused(run)
        run.write(takeover={**run.set_secret(GIVEN, theirs.password), "old_files": "remove"})
        assert run.up()["plan"]["restart"]["procedure"] == "full stop"
        assert_ours(run)
        assert run.api().ask("/", password=theirs.password)[0] == 401
        assert not trusts(node, theirs.transport)
        assert not [path for path in (*FILES_OF_CERTUTIL, "essecurity-rollout") if (node.config / path).exists()]
        assert f"{TRANSPORT}.truststore.secure_password" not in names_of_entries(run)
        assert "# as on the page, in March" in node.settings.read_text()


def test_a_node_that_was_secured_half_way_is_refused_with_the_reason_and_finished_by_the_next_up(tmp_path):
    with open_stack(tmp_path, DOCUMENTS, ("es-1",)) as run:
        run.cluster.stop()
        configure(run.cluster.nodes[0], BY_CERTUTIL)
        with pytest.raises(CommandFailed):
            run.cluster.start()
        said = refused(run)
        assert "es-1 was secured half-way, with certutil's files (elastic-certificates.p12, http.p12)" in said
        assert "names elastic-certificates.p12, which is not there" in said
        assert "elasticsearch-security:takeover: {}" in said
        run.write(takeover={}, consent=None)
        assert run.preview()["plan"]["restart"]["reasons"][0].startswith("es-1: was secured half-way, and does not")
        assert run.up()["result"] == "changed"
        assert_ours(run)


def test_a_node_with_security_on_and_a_password_that_nobody_knows_is_taken_over_with_one_that_is_set_anew(tmp_path):
    with open_stack(tmp_path, DOCUMENTS, ("es-1",)) as run:
        run.cluster.stop()
        node = run.cluster.nodes[0]
        configure(node, "xpack.security.enabled: true\n")
        run.cluster.start()
        assert "give it as `takeover.elastic_password`" in refused(run)
        tool = run.cluster.home / "bin" / "elasticsearch-reset-password"
        done = as_the_node(node, [str(tool), "-u", "elastic", "-b", "-s"])
        assert done.returncode == 0, done.stderr
        run.write(takeover=run.set_secret(GIVEN, done.stdout.strip()))
        run.up()
        assert_ours(run)
