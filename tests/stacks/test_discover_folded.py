"""How `discover` tells of many nodes: what they share once, and who is unlike the others by name, and in what."""

import io
import json
from argparse import Namespace
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from components.facts.candidates import Candidate
from components.facts.machine import MachineFacts, RunningNode
from components.facts.node import NodeFacts
from components.nodes.layouts import Layout
from components.nodes.probes import Speech
from components.pki.inspect import LeafFacts
from components.pki.sans import Sans
from components.pki.spec import Layer
from stacks import discover as command
from stacks.arguments import parsed
from stacks.cli import COMMANDS, main
from stacks.discover_folded import differing_in, nodes_view, said_once
from stacks.discovered import Discovered
from stacks.plan_words import MANY
from tests.stacks.stackfiles import model, sections
from toolchain.console import Console

NOW = datetime(2026, 11, 30, tzinfo=UTC)
MOST_LINES = 40
"""What is told of 100 nodes of which some are unlike the others, without the lines to copy."""
TLS = dict.fromkeys(Layer, Speech.TLS)
SEEDS = ("es-1.example.net", "es-2.example.net")


def stack(count):
    nodes = [f"{{name: es-{at}, address: es-{at}.example.net}}" for at in range(1, count + 1)]
    return f"{{machine: {{layout: deb, ssh: {{}}}}, nodes: [{', '.join(nodes)}]}}"


def leaf(hosts, at):
    begins = NOW - timedelta(days=at)
    ends = begins + timedelta(days=365)
    return LeafFacts("", "logs CA", f"{at:x}", begins, ends, "ec-p256", None, None, "", "", "", Sans.from_hosts(hosts))


def node(spec, at, **differs):
    """Return a node of a package on a machine of its own, with leaves that began some days ago."""
    full, address = f"es-{at}.example.net", f"10.0.0.{at}"
    running = RunningNode(1000 + at, "elasticsearch", config="/etc/elasticsearch", layout=Layout.DEB)
    settings = {"node.name": f"es-{at}", "cluster.name": "logs", "network.host": full, "discovery.seed_hosts": SEEDS}
    facts = NodeFacts(
        MachineFacts((full, f"es-{at}"), (address,)),
        Candidate("/etc/elasticsearch", settings, running),
        "/usr/share/elasticsearch",
        Layout.DEB,
        "9.5.3",
        leaves={layer: leaf([full, address], at) for layer in Layer},
        speech=TLS,
    )
    written = {"name": f"es-{at}", "address": full}
    return Discovered(at - 1, written, {"layout": "deb"}, spec, replace(facts, **differs), by_ssh=full)


def cluster(count, **odd):
    """Return the nodes of a cluster, those in `odd` (`es_7`) with other facts, or with none where these are a text."""
    found = [node(spec, at) for at, spec in enumerate(model(stack(count)).nodes, 1)]
    for name, differs in odd.items():
        at = int(name.removeprefix("es_"))
        failed = {"facts": None, "failed": differs} if isinstance(differs, str) else {}
        found[at - 1] = replace(found[at - 1], **failed) if failed else node(found[at - 1].spec, at, **differs)
    return found


def printed(nodes, now=NOW):
    stream = io.StringIO()
    Console(stream).show(nodes_view(nodes, model(stack(len(nodes))), now))
    return stream.getvalue()


def stopped(at):
    config = node(model(stack(at)).nodes[-1], at).facts.found
    return {"found": replace(config, running=None), "speech": {}, "leaves": {}}


def publishing(at):
    """Return the facts of a node that publishes an address that no leaf would name."""
    found, address = node(model(stack(at)).nodes[-1], at).facts.found, f"192.0.2.{at}"
    told = replace(found, settings={**found.settings, "network.host": address})
    return {"found": told, "machine": MachineFacts((f"es-{at}.example.net",), (address,))}


def test_what_100_nodes_share_is_told_once():
    text = printed(cluster(100))
    assert text == (
        "\n"
        "100 nodes · all alike · {name} stands for the node's name\n"
        "  reached          by SSH, {name}.example.net\n"
        "  machine          {name}, {name}.example.net · its IP address\n"
        "  layout           deb\n"
        "  home             /usr/share/elasticsearch\n"
        "  config           /etc/elasticsearch\n"
        "  Elasticsearch    9.5.3 · runs as elasticsearch\n"
        "  node.name        {name}\n"
        "  cluster.name     logs\n"
        "  transport layer  port not written · listens on {name}.example.net · speaks TLS\n"
        "  HTTP layer       port not written · listens on {name}.example.net · speaks TLS\n"
        "  seed hosts       es-1.example.net, es-2.example.net\n"
        "  security         nothing written\n"
        "  transport leaf   {name}.example.net, its IP address · signed by logs CA · until 2027-08-22 … 2027-11-29\n"
        "  HTTP leaf        {name}.example.net, its IP address · signed by logs CA · until 2027-08-22 … 2027-11-29\n"
        "  transport SANs   {name}.example.net (address)\n"
        "  HTTP SANs        {name}.example.net (address), localhost (tools on the machine), 127.0.0.1 (tools on the "
        "machine), ::1 (tools on the machine)\n"
    )


def test_who_is_unlike_the_others_is_told_by_name_with_what_is_unlike():
    full = model(stack(100)).nodes[29].address
    plain = {"speech": {**TLS, Layer.HTTP: Speech.PLAIN}, "leaves": {Layer.TRANSPORT: leaf([full, "10.0.0.30"], 30)}}
    odd = {f"es_{at}": stopped(at) for at in (5, *range(41, 48))}
    text = printed(cluster(100, es_7="no answer", es_20={"version": "9.5.4"}, es_30=plain, **odd))
    head, *tables = text.strip().split("\n\n")
    assert head.startswith("100 nodes · what most of them have; who is unlike them is below · {name} stands for")
    assert tables == [
        "8 nodes · es-5, es-41, es-42, es-43, es-44, es-45, es-46, es-47\n  Elasticsearch  9.5.3 · does not run",
        "es-7 · by SSH, es-7.example.net\n  machine  could not be asked: see below",
        "es-20 · by SSH, es-20.example.net\n  Elasticsearch  9.5.4 · runs as elasticsearch (process 1020)",
        "es-30 · by SSH, es-30.example.net\n"
        "  HTTP layer  port not written · listens on es-30.example.net · speaks plain text\n"
        "  HTTP leaf   none seen",
    ]
    assert text.count("\n") <= MOST_LINES


@pytest.mark.parametrize(
    ("hosts", "begun", "told"),
    [
        pytest.param(
            ["es-9.example.net"], 300, "until 2027-02-03 · its renewal window opened on 2026-10-04", id="soon"
        ),
        pytest.param(["es-9.example.net"], 366, "until 2026-11-29 · has expired", id="over"),
        pytest.param(["es-9"], 9, "until 2027-11-21 · does not name es-9.example.net", id="another name"),
    ],
)
def test_a_leaf_that_needs_a_hand_is_told_of_its_node(hosts, begun, told):
    leaves = {**cluster(9)[8].facts.leaves, Layer.HTTP: leaf(hosts, begun)}
    one = cluster(12, es_9={"leaves": leaves})
    row = f"  HTTP leaf  {hosts[0]} · signed by logs CA · {told}\n"
    assert printed(one).endswith(f"\n\nes-9 · by SSH, es-9.example.net\n{row}")
    assert f"{hosts[0]} · signed by logs CA · {told}\n" in printed(one[8:])


def test_where_nobody_asks_for_names_a_transport_leaf_without_them_will_do():
    nodes = cluster(2, es_2={"leaves": {Layer.TRANSPORT: leaf(["localhost"], 2)}})
    stream = io.StringIO()
    agreed = model(f"{stack(2)[:-1]}, transport: {{verification_mode: certificate}}}}")
    Console(stream).show(nodes_view(nodes, agreed, NOW))
    assert "does not name" in printed(nodes)
    assert "does not name" not in stream.getvalue()


def test_an_address_in_a_leaf_that_is_another_machines_is_not_told_as_its_own():
    leaves = {layer: leaf(["es-9.example.net", "10.0.0.8"], 9) for layer in Layer}
    odd = {"es_9": {"leaves": leaves}, "es_10": {"leaves": cluster(9)[0].facts.leaves}}
    assert "  HTTP leaf       es-9.example.net, 10.0.0.8 · " in printed(cluster(12, **odd))
    assert "  HTTP leaf       es-1.example.net, 10.0.0.1 · " in printed(cluster(12, **odd))


def test_a_few_that_are_unlike_in_words_that_hide_it_are_told_each_with_its_own():
    odd = {f"es_{at}": {"leaves": {layer: leaf([f"10.9.9.{at}"], at) for layer in Layer}} for at in (3, 9)}
    text = printed(cluster(12, **odd))
    assert [f"\nes-{at} · by SSH" in text and f"  HTTP leaf       10.9.9.{at} · " in text for at in (3, 9)] == [
        True
    ] * 2
    assert "another IP address" not in text


def settings(at, **changed):
    found = node(model(stack(at)).nodes[-1], at).facts.found
    return {"found": replace(found, settings={**found.settings, **changed})}


def test_what_two_of_many_have_is_not_what_most_have():
    unread = {"found": Candidate("/etc/elasticsearch", running=RunningNode(7), unread="not read"), "leaves": {}}
    head, *tables = printed(cluster(12, es_3=unread, es_9=unread)).strip().split("\n\n")
    assert "not read" not in head
    assert [each.startswith("2 nodes · es-3, es-9\n") and "  settings  " in each for each in tables] == [True]


def test_halves_are_told_as_what_most_have_and_who_has_the_other():
    odd = {f"es_{at}": settings(at, **{"http.port": "9201"}) for at in range(2, 13, 2)}
    _, *tables = printed(cluster(12, **odd)).strip().split("\n\n")
    assert tables == [
        "6 nodes · es-2, es-4, es-6, es-8, es-10, es-12\n"
        "  HTTP layer  port 9201 · listens on {name}.example.net · speaks TLS"
    ]


def test_a_node_of_which_less_is_said_than_of_most_is_unlike_them_if_it_runs():
    foreign = {"xpack.security.enabled": "true", "xpack.security.http.ssl.enabled": "true"}
    most = {f"es_{at}": settings(at, **foreign) for at in range(1, 12)}
    text = printed(cluster(12, **most, es_12=settings(12, **{"xpack.security.enabled": "true"})))
    assert text.endswith("\n\nes-12 · by SSH, es-12.example.net\n  security  enabled: true\n")
    lacking = {f"es_{at}": {"leaves": {layer: leaf([f"es-{at}"], 3) for layer in Layer}} for at in range(1, 12)}
    named = {layer: leaf(["es-12"], 3) for layer in Layer}
    nodes = cluster(12, **lacking, es_12={"leaves": named})
    nodes[11] = replace(nodes[11], spec=nodes[11].spec.model_copy(update={"address": "es-12"}))
    assert "  HTTP leaf       es-12 · signed by logs CA · until 2027-11-27\n" in printed(nodes)


def test_a_few_nodes_have_a_whole_table_each():
    text = printed(cluster(MANY))
    assert [f"\nes-{at} · by SSH, es-{at}.example.net\n" in text for at in range(1, MANY + 1)] == [True] * MANY
    assert text.count("  layout           deb\n") == MANY
    assert "{name}" not in text


def test_a_list_of_every_node_but_itself_is_told_as_their_number():
    def but_itself(at):
        found = node(model(stack(at)).nodes[-1], at).facts.found
        seeds = tuple(f"es-{other}.example.net" for other in range(1, 41) if other != at)
        return {"found": replace(found, settings={**found.settings, "discovery.seed_hosts": seeds})}

    text = printed(cluster(40, **{f"es_{at}": but_itself(at) for at in range(1, 41)}))
    assert text.startswith("\n40 nodes · all alike · ")
    assert "  seed hosts       39 hosts\n" in text


def test_a_nodes_name_that_stands_in_other_words_makes_it_no_other_one():
    nodes = cluster(12)
    nodes[2] = replace(nodes[2], written={"name": "3"})  # as in 9.5.3
    assert "  Elasticsearch" not in printed(nodes).split("\n\n")[1]


def test_what_is_said_of_many_nodes_is_said_of_the_first_and_names_the_others():
    nodes = cluster(100)
    said = [(one, f"{one.name}: {one.by_ssh} does not answer\n  next: look at nodes[{one.index}]") for one in nodes]
    few = said[:MANY]
    assert list(said_once(few, nodes)) == [text for _, text in few]
    [text] = said_once(said[:6], nodes)
    assert text == (
        "es-1: es-1.example.net does not answer\n  next: look at nodes[0]\n"
        "  and the same of 5 more: es-2, es-3, es-4, es-5, es-6"
    )
    [text] = said_once(said, nodes)
    assert text.splitlines()[-1] == "  and the same of all others"
    [text] = said_once([*said[:7], *said[8:]], nodes)
    assert text.splitlines()[-1] == "  and the same of all others but es-8"
    assert list(said_once([(None, "of the cluster")], nodes)) == ["of the cluster"]


def test_versions_that_differ_are_told_with_who_has_them():
    told = list(differing_in(cluster(100, es_7={"version": "9.5.4"})))
    assert told == ["Elasticsearch differs: 9.5.3 on 99 nodes, 9.5.4 on es-7"]


@pytest.fixture
def discover(monkeypatch, capsys):
    """Run the command on a made-up cluster, and return its status, standard output and standard error."""

    def run(nodes, *arguments):
        text = stack(len(nodes))
        monkeypatch.setattr(command, "half_written", lambda path: (sections(text), model(text)))
        monkeypatch.setattr(command, "look", lambda *_: tuple(nodes))
        stack_file = Path("stacks/Pulumi.prod.yaml")
        monkeypatch.setattr(command, "workspace_for", lambda *_: Namespace(written=None, stack_file=stack_file))
        status = main(["discover", "prod", *arguments])
        return status, *capsys.readouterr()

    return run


def test_errors_and_notes_of_many_nodes_are_folded_and_the_data_have_every_one(discover):
    failed = {f"es_{at}": f"es-{at}: es-{at}.example.net does not answer" for at in range(11, 31)}
    others = {f"es_{at}": publishing(at) for at in range(1, 101)}
    nodes = cluster(100, **{**others, **failed})
    status, out, _ = discover(nodes)
    told = out.partition("to write")[0]
    assert told.count("\n") <= MOST_LINES
    assert told.count("does not answer") == told.count("which the certificate of") == 1
    assert "  and the same of 19 more: es-12, es-13, " in told
    assert out.count("    - {name: es-") == 100
    _, out, err = discover(nodes, "--json")
    data = json.loads(out)
    assert [one["name"] for one in data["nodes"]] == [f"es-{at}" for at in range(1, 101)]
    assert len(data["notes"]) == 80
    assert "and the same of" in err
    assert status == 2


def test_the_whole_table_of_a_node_is_printed_where_it_is_asked_for(discover):
    _, out, _ = discover(cluster(100), "--node", "es-70", "--node", "es-7")
    assert out.count("  layout           deb\n") == 2
    assert "\nes-7 · by SSH, es-7.example.net\n  machine          es-7.example.net, es-7 · 10.0.0.7\n" in out
    assert "runs as elasticsearch (process 1070)" in out
    assert "all alike" not in out


def test_a_node_that_there_is_not_is_refused(discover):
    status, out, _ = discover(cluster(100), "--node", "es-107")
    assert status == 2
    assert "nodes: there is no node `es-107`\n  why:  there are 100 nodes\n  next: " in out


def test_other_commands_have_no_such_option(capsys):
    with pytest.raises(SystemExit):
        parsed(COMMANDS, None, ["check", "prod", "--node", "es-1"])
    assert "--node" in capsys.readouterr().err
