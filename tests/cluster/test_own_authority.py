"""Three real nodes under CAs of the operator's own: secured with them, rotated to ours, and back to theirs."""

import sys

import pytest

from components.clock import SystemClock
from components.nodes.probes import LISTEN, Identity, handshake
from components.pki.inspect import common_name_of
from components.pki.probe import probe_leaf
from components.pki.spec import Layer
from drill.load import Load, Protocol
from drill.pairs import Pairs
from drill.rehearsal import rehearse
from drill.state import key_file_passwords
from tests.cluster.others_security import CERTUTIL_PASSWORD, IN_IT, key_store
from tests.cluster.stack_run import open_stack
from tests.pki.answers import new_ca, signed

pytestmark = [pytest.mark.cluster, pytest.mark.engine]
DOCUMENTS = 200


def put(run, path, content):
    """Write a file of the operator's, and return its path."""
    place = run.project / path
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(content)
    place.chmod(0o600)
    return str(place)


class UnderOwnAuthorities:
    """An open cluster, secured with two CAs of somebody's own: one in certutil's form, one below a company's root."""

    def __init__(self, run):
        self.run = run
        self.transport = new_ca("Logs transport")
        self.root = new_ca("Example root")
        self.http = new_ca("Example issuing", self.root)
        store = put(run, "ca/elastic-stack-ca.p12", key_store(CERTUTIL_PASSWORD, {"ca": self.transport}))
        key = put(run, "ca/http.key", self.http.key_pem.encode())
        chain = put(run, "ca/http.pem", (self.root.pem + self.http.pem).encode())
        run.preview()  # from here on there is a stack, for which the engine encrypts
        section = run.set_secret("authorities.transport.own.password", CERTUTIL_PASSWORD)
        password = section["transport"]["own"]["password"]
        self.own = {
            "transport": {"key": store, "password": password, "only_for_this_cluster": True},
            "http": {"key": key, "certificate": chain},
        }
        self.ask(1)
        self.up = run.up()
        self.processes = self.pids()

    def ask(self, generation, *, own=True):
        """Write the stack file."""
        of = {layer: {"generation": generation} | ({"own": one} if own else {}) for layer, one in self.own.items()}
        self.run.write(authorities=of)

    def pids(self):
        return [node.process().pid for node in self.run.cluster.nodes]

    def chains(self, layer):
        """Return the common names that each node serves, the leaf's issuer last."""
        ports = [getattr(node.spec, f"{layer}_port") for node in self.run.cluster.nodes]
        served = [handshake("127.0.0.1", port).chain for port in ports]
        return [[common_name_of(one.issuer) for one in chain] for chain in served]

    def trusting(self, authority):
        """Tell of each node whether it takes a leaf of a CA on its transport layer."""
        theirs = one_of(authority)
        return [handshake("127.0.0.1", node.spec.transport_port, theirs, listen=LISTEN).trusted for node in nodes(self)]

    def assert_in_service(self):
        """Every node answers to a client that has the output `caCertificatePem` alone, and nothing is left to do."""
        api = self.run.api()
        for number in range(3):
            assert api.ask("/_cluster/health", number)[1]["number_of_nodes"] == 3
        plan = self.run.preview()["plan"]
        assert (plan["rows"], plan["restart"]) == ([], None)


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    with open_stack(tmp_path_factory.mktemp("own"), DOCUMENTS) as run:
        yield UnderOwnAuthorities(run)


def test_nodes_serve_leaves_of_the_own_authorities_with_the_chain_that_clients_need(secured):
    assert secured.chains("transport") == [["Logs transport"]] * 3
    assert secured.chains("http") == [["Example issuing", "Example root"]] * 3
    assert secured.run.output("caCertificatePem") == secured.root.pem
    assert {entry["name"] for entry in secured.up["outputs"]["certificates"] if not entry["node"]} == {
        "Logs transport",
        "Example issuing",
    }
    secured.assert_in_service()


def test_no_key_of_an_own_authority_is_in_the_state_in_clear_or_on_a_node(secured):
    state = secured.run.state()
    assert "PRIVATE KEY" not in state
    assert IN_IT not in state
    for one in (secured.transport, secured.http):
        body = one.key_pem.splitlines()[1].encode()
        files = [path for node in secured.run.cluster.nodes for path in node.config.rglob("*") if path.is_file()]
        assert not [path for path in files if body in path.read_bytes()]


def test_another_authority_needs_a_generation_of_its_own(secured):
    secured.ask(1, own=False)
    refused = secured.run.run("preview")
    assert refused.status == 2
    assert "write `generation: 2`; or put back what was there" in " ".join(refused.stdout.split())
    secured.ask(1)


def test_ours_follow_theirs_without_a_restart(secured):
    secured.ask(2, own=False)
    assert proofs(secured.run.up()) == [
        "a probe leaf of transport CA g2 is accepted by es-1, es-2, es-3",
        "a probe leaf of transport CA g1 is refused by es-1, es-2, es-3",
    ]
    assert secured.pids() == secured.processes
    assert secured.trusting(secured.transport) == [False] * 3
    secured.assert_in_service()


def test_theirs_follow_ours_and_leaves_that_they_sign_without_their_key(secured):
    """The transport CA comes back; of the HTTP layer only requests leave, and certificates return."""
    (secured.run.project / "ca" / "http.key").unlink()
    root = put(secured.run, "ca/root.pem", secured.root.pem.encode())
    names = [node.name for node in nodes(secured)]
    secured.own["http"] = {"certificate": root, "leaves": [{"node": name} for name in names]}
    secured.ask(3)
    done = secured.run.up()
    assert proofs(done)[0] == "a probe leaf of transport CA g3 is accepted by es-1, es-2, es-3"
    assert {issuers[-1] for issuers in secured.chains("http")} == {f"{secured.run.cluster.spec.name} HTTP CA g2"}
    secured.assert_in_service()

    for leaf in secured.own["http"]["leaves"]:
        answer = signed(done["outputs"]["certificateRequests"][f"{leaf['node']} http"], secured.http)
        leaf["certificate"] = put(secured.run, f"ca/{leaf['node']}.pem", (answer.pem + secured.http.pem).encode())
    secured.ask(3)
    secured.run.up()
    assert secured.chains("http") == [["Example issuing", "Example root"]] * 3
    assert secured.pids() == secured.processes
    assert secured.trusting(secured.transport) == [True] * 3
    secured.assert_in_service()


def test_one_authority_signs_both_layers_where_that_is_wanted(secured):
    both = {"transport": (3, secured.own["transport"]), "http": (4, dict(secured.own["transport"]))}
    del both["http"][1]["only_for_this_cluster"]
    secured.run.write(authorities={layer: {"generation": number, "own": own} for layer, (number, own) in both.items()})
    secured.run.up()
    assert secured.chains("transport") == secured.chains("http") == [["Logs transport"]] * 3
    assert secured.run.output("caCertificatePem") == secured.transport.pem
    assert secured.pids() == secured.processes
    secured.assert_in_service()


class Elsewhere:
    """The transport layer under load: to a CA that signs requests, whose key is nowhere here, and on to ours."""

    def __init__(self, secured):
        self.secured, self.run = secured, secured.run
        self.signing = new_ca("Logs nodes", new_ca("Another root"))
        self.before, self.authorities = secured.chains("transport"), self.run.sections["authorities"]
        [self.first] = [one["issuerGeneration"] for one in certificates(secured) if not one["node"]]
        self.names = [node.name for node in nodes(secured)]
        api = self.run.api()
        load = Load("", nodes(secured), api.password, DOCUMENTS, (Protocol.TLS,), api.authority_pem)
        passwords = key_file_passwords(self.run.clear_state(), Layer.TRANSPORT)
        self.seen = rehearse("elsewhere", load, Pairs(nodes(secured), passwords), self.there_and_back)
        sys.stdout.write("\n".join(["", str(self.seen.figures.as_data()), *self.seen.reasons(), ""]))

    def asks(self, generation, own):
        transport = {"generation": generation} | ({"own": own} if own else {})
        self.run.write(authorities={**self.authorities, "transport": transport})

    def there_and_back(self):
        ca = put(self.run, "ca/nodes.pem", self.signing.pem.encode())
        own = {"certificate": ca, "only_for_this_cluster": True, "leaves": [{"node": name} for name in self.names]}
        self.asks(self.first + 1, own)
        self.awaiting = self.run.up()
        self.meanwhile = self.secured.chains("transport")
        for leaf in own["leaves"]:
            answer = signed(self.awaiting["outputs"]["certificateRequests"][f"{leaf['node']} transport"], self.signing)
            leaf["certificate"] = put(self.run, f"ca/{leaf['node']}-transport.pem", answer.pem.encode())
        self.asks(self.first + 1, own)
        self.there = self.run.up()
        self.theirs, self.trusted = self.secured.chains("transport"), self.run.trusted_on_transport()
        self.left = self.run.preview()["plan"]
        self.asks(self.first + 2, None)
        self.back = self.run.up()


@pytest.fixture(scope="module")
def elsewhere(secured):
    return Elsewhere(secured)


def test_while_requests_are_signed_nodes_present_what_they_did(elsewhere):
    number = elsewhere.first + 1
    assert proofs(elsewhere.awaiting)[0] == (
        f"that transport CA g{number} is trusted is not proved: no certificate of it is here"
    )
    [held] = elsewhere.awaiting["plan"]["held"]
    assert held["waits_for"] == "the certificates of es-1, es-2, es-3"
    assert elsewhere.meanwhile == elsewhere.before


def test_a_ca_whose_key_is_nowhere_here_is_proved_in_every_wave_by_a_leaf_of_it(elsewhere):
    number = elsewhere.first + 1
    assert proofs(elsewhere.there) == [
        f"a given leaf of transport CA g{number} is accepted by es-1, es-2, es-3",
        f"a probe leaf of transport CA g{number - 1} is refused by es-1, es-2, es-3",
    ]
    assert elsewhere.theirs == [["Logs nodes"]] * 3
    assert elsewhere.trusted.count("BEGIN CERTIFICATE") == 1
    assert elsewhere.signing.pem in elsewhere.trusted
    assert (elsewhere.left["rows"], elsewhere.left["restart"]) == ([], None)


def test_when_ours_follow_it_its_leaves_are_refused_and_nobody_noticed_any_of_it(elsewhere, secured):
    number = elsewhere.first + 1
    assert f"a given leaf of transport CA g{number} is refused by es-1, es-2, es-3" in proofs(elsewhere.back)
    assert secured.trusting(elsewhere.signing) == [False] * 3
    assert elsewhere.seen.figures.is_calm(3), elsewhere.seen.reasons()
    assert secured.pids() == secured.processes
    secured.assert_in_service()


def certificates(secured):
    return [one for one in secured.run.output("certificates") if one["layer"] == "transport"]


def proofs(done):
    return [row["change"] for row in done["plan"]["rows"] if row["what"] == "proof"]


def nodes(secured):
    return secured.run.cluster.nodes


def one_of(authority):
    """Return a leaf of a CA, as its owner could make one."""
    leaf = probe_leaf(authority.authority, SystemClock().now())
    return Identity(leaf.certificate_pem, leaf.private_key_pem)
