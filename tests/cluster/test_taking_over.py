"""Three nodes that somebody else secured are taken over: refused until somebody says so, and then rolled."""

import pytest

from components.nodes.probes import handshake
from devcluster.seed import INDEX
from tests.cluster.others_security import auto_configured
from tests.cluster.taking import DOCUMENTS, GIVEN, refused, secured_by, trusts
from tests.cluster.watching import watched_nodes

pytestmark = [pytest.mark.cluster, pytest.mark.engine]
CERTIFICATE = {"verification_mode": "certificate"}


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
