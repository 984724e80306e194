"""Passwords that an operator gives, with all that shells and files stumble over, on a real node.

The node has an odd name, and so has its cluster.
"""

import pytest

from components.nodes.probes import handshake
from components.pki.inspect import common_name_of
from tests.cluster.stack_run import open_stack

pytestmark = [pytest.mark.cluster(nodes=1), pytest.mark.engine]
DOCUMENTS = 100
NODE = "Es_1.node-A"
CLUSTER = """Bücher & "Co", it's $1 #2"""
FIRST = """it's "my" own: swordfish, pa$$w0rd, $HOME `id` $(id) \\n %41 { } # & ; | < >"""
SECOND = f"swordfish {('Pässwörd 密码 🔑 ' * 10)[:117]}ß"
IN_BOTH = "swordfish"
"""What neither JSON nor YAML spells in another way."""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with open_stack(tmp_path_factory.mktemp("given"), DOCUMENTS, (NODE,), cluster=CLUSTER) as found:
        found.preview()  # from here on there is a stack, for which the engine encrypts
        yield found


def give(run, password):
    """Give both users this password, and return what `up` did."""
    run.set_secret("users.elastic.password", password)
    run.write(users=run.set_secret("users.kibana_system.password", password))
    assert IN_BOTH not in (run.project / "stacks" / "Pulumi.test.yaml").read_text()
    return run.up()


def logs_in(run, user, password):
    return run.api().ask("/_security/_authenticate", user=user, password=password)[0] == 200


def test_an_odd_password_that_is_given_logs_in_from_the_first_up_on(run):
    given = give(run, FIRST)
    assert given["result"] == "changed"
    assert IN_BOTH not in str(given)
    assert (run.output("elasticPassword"), run.output("userPasswords")["kibana_system"]) == (FIRST, FIRST)
    assert logs_in(run, "elastic", FIRST)
    assert logs_in(run, "kibana_system", FIRST)
    assert run.api().ask("/books/_count")[1]["count"] == DOCUMENTS
    assert run.preview()["plan"]["rows"] == []


def test_the_odd_names_are_those_of_the_cluster_and_the_node_and_of_their_certificates(run):
    status, told = run.api().ask("/")
    assert (status, told["cluster_name"], told["name"]) == (200, CLUSTER, NODE)
    node = run.cluster.nodes[0]
    for layer, port in (("transport CA", node.spec.transport_port), ("HTTP CA", node.spec.http_port)):
        leaf = handshake("127.0.0.1", port).chain[0]
        assert (common_name_of(leaf.subject), common_name_of(leaf.issuer)) == (NODE, f"{CLUSTER} {layer} g1")


def test_another_one_of_128_characters_takes_its_place_without_a_restart(run):
    assert len(SECOND) == 128
    process = run.cluster.nodes[0].process().pid
    given = give(run, SECOND)
    assert given["plan"]["restart"] is None
    assert run.cluster.nodes[0].process().pid == process
    for user in ("elastic", "kibana_system"):
        assert logs_in(run, user, SECOND)
        assert not logs_in(run, user, FIRST)


def test_no_given_password_lies_in_the_state_or_on_the_node(run):
    for file in run.cluster.nodes[0].config.rglob("*"):
        assert not file.is_file() or IN_BOTH.encode() not in file.read_bytes(), file
    assert IN_BOTH not in run.state()
