"""What machines tell, held against a stack file: additions, contradictions, names that are dialled and not named."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import yaml

from components.facts.candidates import Asked, Candidate, meant
from components.facts.machine import MachineFacts, RunningNode
from components.facts.node import NodeFacts, address_of
from components.nodes.layouts import Layout
from components.nodes.spec import NodeSpec
from stacks.discover_lines import as_lines, sections_to_write
from stacks.discover_view import node_view
from stacks.discovered import Discovered, additions, contradictions, differing, not_found, unfit
from stacks.missed_names import missed, names_to_add
from tests.stacks.stackfiles import model
from toolchain.console import Console

MACHINE = MachineFacts(("es-1.example.net", "es-1"), ("10.0.0.1", "fd00::1"), node_name="es-1")
OTHER = MachineFacts((), ("10.0.0.2",))
ON_DEB = RunningNode(7, "elasticsearch", "/usr/share/elasticsearch", "/etc/elasticsearch", Layout.DEB)
ON_ARCHIVE = RunningNode(7, "search", "/opt/es", "/srv/es-1/config", Layout.ARCHIVE, "/run/es-1.pid")
SETTINGS = {"node.name": "es-1", "cluster.name": "logs", "http.port": "9201", "network.host": "10.0.0.1"}


def seen(written, settings=SETTINGS, running=ON_DEB, index=0, machine=MACHINE, **differs):
    """Return a node of the stack file `stackfiles.GOOD`, with what is written of it, and what its machine tells."""
    written_machine = written.get("machine", {})
    candidate = Candidate(running.config if running else "/etc/elasticsearch", settings, running)
    layout = running.layout if running else None
    facts = NodeFacts(machine, candidate, running.home if running else "", layout, "9.5.3", owner="search")
    return Discovered(index, written, written_machine, model().nodes[index], replace(facts, **differs))


def test_what_a_node_calls_its_cluster_commands_no_terminal():
    stream = io.StringIO()
    name = "logs\x1b]52;c;cm0=\x07\x1b[2J"
    told = seen({"name": "es-1", "address": "a"}, {**SETTINGS, "cluster.name": name})
    Console(stream).show(node_view(told, model(), datetime(2026, 11, 30, tzinfo=UTC)))
    assert "logs\\x1b]52;c;cm0=\\x07\\x1b[2J\n" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize(
    ("written", "settings", "running", "found"),
    [
        pytest.param(
            {},
            SETTINGS,
            ON_DEB,
            {"name": "es-1", "address": "10.0.0.1", "http_port": 9201, "machine": {"layout": "deb"}},
            id="nothing is written",
        ),
        pytest.param(
            {"name": "es-1", "address": "a", "http_port": 9200, "machine": {"layout": "deb"}},
            SETTINGS,
            ON_DEB,
            {},
            id="all is written",
        ),
        pytest.param({"name": "es-1", "address": "a", "machine": {"layout": "rpm"}}, {}, ON_DEB, {}, id="usual ports"),
        pytest.param(
            {"name": "es-1", "address": "a"},
            {"http.port": "9200-9300", "transport.port": "${PORT}"},
            ON_DEB,
            {"machine": {"layout": "deb"}},
            id="a range and a variable say nothing",
        ),
        pytest.param(
            {"name": "es-1", "address": "a"},
            {},
            ON_ARCHIVE,
            {"machine": {"home": "/opt/es", "config": "/srv/es-1/config", "pid_file": "/run/es-1.pid"}},
            id="an archive",
        ),
        pytest.param(
            {"name": "es-1", "address": "a", "machine": {"home": "/opt/other", "config": "/srv/es-1/config"}},
            {},
            replace(ON_ARCHIVE, user="other", pid_file="/srv/es-1/config/elasticsearch.pid"),
            {"machine": {"user": "other"}},
            id="another user than the folder's owner",
        ),
        pytest.param(
            {"name": "es-1", "address": "a"},
            {},
            replace(ON_DEB, unit="es.service", config="/etc/es"),
            {"machine": {"layout": "deb", "config": "/etc/es", "unit": "es.service"}},
            id="a package with a unit and a folder of another name",
        ),
        pytest.param(
            {"name": "es-1", "address": "a"},
            {},
            replace(ON_ARCHIVE, unit="es.service"),
            {"machine": {"home": "/opt/es", "config": "/srv/es-1/config", "unit": "es.service"}},
            id="an archive that systemd runs: who starts it, and no pid file",
        ),
        pytest.param(
            {"name": "es-1", "address": "a", "machine": {"home": "/opt/es", "commands": {"start": ["es", "start"]}}},
            {},
            replace(ON_ARCHIVE, unit="es.service", config="/opt/es/config", pid_file=""),
            {},
            id="an archive that systemd runs, by commands that are written",
        ),
        pytest.param({"address": "a"}, {}, None, {"name": "es-1"}, id="the machine's name is the node's"),
    ],
)
def test_what_is_neither_written_nor_usual_is_to_be_written(written, settings, running, found):
    assert additions(seen(written, settings, running)) == found


@pytest.mark.parametrize(
    "name", ["my node", "Ünode", "n" * 80, "-es", "es-1: x", "{a}", "yes", "1:30", "node_1_", "12_3", "null"]
)
def test_what_is_proposed_loads_and_what_would_not_is_told_instead(name):
    one = seen({"address": "10.0.0.1"}, {**SETTINGS, "node.name": name, "cluster.name": name})
    proposed = {"address": "10.0.0.1", **additions(one)}
    [line] = [each for each in as_lines({"nodes": [proposed]}) if "- " in each]
    read = yaml.safe_load(line)[0]  # by the rules of YAML 1.1
    told = list(unfit([one]))
    assert [each for each in told if each.startswith("nodes[0].name")] == [
        each for each in told if "`node.name`" in each
    ]
    if any("`node.name`" in each for each in told):
        assert "name" not in read
        assert f"`{name}`" in told[0]
        assert "give it another one in /etc/elasticsearch/elasticsearch.yml" in told[0]
    else:
        assert NodeSpec.model_validate(read).name == name


def test_a_cluster_name_that_no_stack_file_takes_is_told_too_and_those_of_others_are_not():
    odd = seen({"name": "es-1"}, {**SETTINGS, "cluster.name": "logs\x1b[2J"})
    [told] = unfit([odd, seen({"name": "es-2"}), replace(odd, facts=None)])
    assert told.startswith("cluster.name: nodes have `logs\x1b[2J`, which cannot stand in a stack file")


def test_of_a_machine_that_could_not_be_asked_nothing_is_to_be_written():
    asked = replace(seen({}), facts=None, failed="it does not answer")
    assert (additions(asked), list(contradictions(asked, {}))) == ({}, [])


@pytest.mark.parametrize(
    ("written", "cluster", "told"),
    [
        pytest.param({}, {}, [], id="nothing written contradicts nothing"),
        pytest.param(
            {"name": "es-1", "http_port": 9201, "machine": {"layout": "rpm"}}, {"name": "logs"}, [], id="agreed"
        ),
        pytest.param({"http_port": 9200}, {}, [("nodes[0].http_port", "9200", "9201")], id="a port"),
        pytest.param({"name": "es-2"}, {}, [("nodes[0].name", "es-2", "es-1")], id="a name"),
        pytest.param({}, {"name": "other"}, [("cluster.name", "other", "logs")], id="the cluster's name"),
        pytest.param(
            {"machine": {"layout": "archive", "user": "es"}},
            {},
            [("nodes[0].machine.layout", "archive", "deb"), ("nodes[0].machine.user", "es", "elasticsearch")],
            id="the machine",
        ),
    ],
)
def test_what_is_written_and_otherwise_on_the_machine_is_a_contradiction(written, cluster, told):
    found = list(contradictions(seen(written), cluster))
    assert [(one.path, one.written, one.told) for one in found] == told


def test_a_user_is_compared_with_the_nodes_name_in_it_and_not_in_a_container():
    named = replace(seen({"name": "es-1"}, running=replace(ON_DEB, user="es-1")), machine={"user": "{name}"})
    inside = seen({"machine": {"user": "1000:0"}}, running=replace(ON_DEB, in_container=True))
    assert [*contradictions(named, {}), *contradictions(inside, {})] == []


def test_a_published_port_is_one_that_may_be_written_too():
    settings = {"http.port": "9201", "http.publish_port": "443"}
    assert list(contradictions(seen({"http_port": 443}, settings), {})) == []


def test_of_a_container_only_the_layout_is_to_be_written():
    inside = RunningNode(9, "es", "/usr/share/elasticsearch", "", Layout.DOCKER, in_container=True)
    hidden = seen({"name": "es-1", "address": "a"}, {}, inside)
    hidden = replace(
        hidden, facts=replace(hidden.facts, found=Candidate("", running=inside, unread="it runs in a container"))
    )
    assert additions(hidden) == {"machine": {"layout": "docker"}}
    assert additions(replace(hidden, written={})) == {"machine": {"layout": "docker"}}, "nothing is made up"


def test_versions_and_cluster_names_that_differ_are_told():
    one, two = seen({"name": "es-1"}), seen({"name": "es-2"}, {"cluster.name": "other"}, index=1, version="9.5.4")
    assert list(differing([one, two])) == [
        "cluster.name differs: es-1 logs, es-2 other",
        "Elasticsearch differs: es-1 9.5.3, es-2 9.5.4",
    ]
    assert list(differing([one, replace(two, facts=None), seen({"name": "es-3"}, version="")])) == []


def test_a_node_that_is_not_found_is_told_with_what_there_is():
    facts = NodeFacts(MACHINE, others=("a in /srv/a", "b in /srv/b"))
    lost = replace(seen({"name": "c"}), facts=facts)
    assert "why:  there are a in /srv/a, b in /srv/b; " in str(not_found(lost))
    assert "no node runs there" in str(not_found(replace(lost, facts=NodeFacts(MACHINE))))


def test_a_contradiction_in_the_common_section_is_told_at_its_place():
    common = replace(seen({}), machine={"layout": "archive"})
    assert [one.path for one in contradictions(common, {})] == ["machine.layout"]


def names_missed(one=None, two=None, changes="", resolved=None, machines=(MACHINE, OTHER)):
    """Return the names that nobody's certificate has, with the node that is meant, on `stackfiles.GOOD`."""
    first = seen({"name": "es-1"}, one or {"network.host": "10.0.0.1"}, machine=machines[0])
    second = seen({"name": "es-2"}, two or {"network.host": "10.0.0.2"}, index=1, machine=machines[1])
    nodes = (replace(first, resolved=resolved or {}), replace(second, resolved=resolved or {}))
    return [(one.dialled.host, one.seen.name if one.seen else "") for one in missed(nodes, model(changes))]


SEED = {"network.host": "10.0.0.2", "discovery.seed_hosts": ("node-a.internal:9300",)}


@pytest.mark.parametrize(
    ("case", "found"),
    [
        pytest.param({}, [], id="every address is named"),
        pytest.param({"one": {"network.host": "10.9.9.9"}}, [("10.9.9.9", "es-1")], id="another address is published"),
        pytest.param({"two": SEED}, [("node-a.internal", "")], id="a seed that nobody knows"),
        pytest.param(
            {"two": SEED, "resolved": {"node-a.internal": frozenset({"10.0.0.1"})}},
            [("node-a.internal", "es-1")],
            id="a seed, known by its address",
        ),
        pytest.param(
            {"two": {**SEED, "discovery.seed_hosts": "es-1.internal"}}, [("es-1.internal", "es-1")], id="by its name"
        ),
        pytest.param({"two": SEED, "changes": "transport: {verification_mode: certificate}"}, [], id="nobody asks"),
        pytest.param({"one": {"network.host": "_site_"}}, [], id="an address of the machine that is named"),
        pytest.param(
            {"one": {"network.host": "_site_"}, "machines": (MachineFacts((), ("10.7.7.7",)), MACHINE)},
            [("10.7.7.7", "es-1")],
            id="an address of the machine that is not named",
        ),
        pytest.param(
            {"one": {"network.host": "10.0.0.1", "http.publish_host": "es-1.example.net"}},
            [("es-1.example.net", "es-1")],
            id="what clients are told to dial",
        ),
    ],
)
def test_a_name_that_is_dialled_and_not_named_is_found_with_its_node(case, found):
    assert names_missed(**case) == found


def test_a_name_that_is_missed_goes_into_the_names_of_its_node_after_those_that_are_written():
    one = seen({"name": "es-1", "address": "10.0.0.1", "names": ["own.example.net"]}, {"network.host": "10.0.0.1"})
    two = replace(
        seen({"name": "es-2"}, SEED, index=1, machine=OTHER), resolved={"node-a.internal": frozenset({"10.0.0.1"})}
    )
    found = missed((one, two), model())
    assert additions(one, names_to_add(one, found))["names"] == ["own.example.net", "node-a.internal"]
    assert "names" not in additions(two, names_to_add(two, found))
    assert str(found[0]).endswith("would not name: add it to `nodes[0].names`")


CANDIDATES = (
    Candidate("/srv/a", {"node.name": "a", "http.port": "9201"}),
    Candidate("/srv/b", {"node.name": "b", "http.port": "9202"}),
)


@pytest.mark.parametrize(
    ("asked", "config"),
    [
        pytest.param(Asked("a"), "/srv/a", id="by its name"),
        pytest.param(Asked("", "", {"http_port": 9202}), "/srv/b", id="by a port"),
        pytest.param(Asked("a", "/srv/b"), "/srv/b", id="the folder says it before the name"),
        pytest.param(Asked("c", "", {"http_port": 9202}), "/srv/b", id="a port where no node has the name"),
        pytest.param(Asked("a", "", {"http_port": 9202}), "/srv/a", id="the name says it before a port"),
        pytest.param(Asked("c"), None, id="none has the name"),
        pytest.param(Asked("a", "/srv/c"), None, id="none has the folder"),
        pytest.param(Asked(), None, id="nothing is written"),
    ],
)
def test_of_several_nodes_on_a_machine_the_one_is_meant_that_fits(asked, config):
    found = meant(asked, CANDIDATES)
    assert (found.config if found else None) == config


def test_of_two_nodes_of_one_name_the_port_says_which_is_meant():
    twins = (CANDIDATES[0], Candidate("/srv/twin", {"node.name": "a", "http.port": "9209"}))
    assert meant(Asked("a", "", {"http_port": 9209}), twins) is twins[1]
    assert meant(Asked("a"), twins) is None


def test_of_folders_that_fit_alike_the_one_is_meant_with_which_a_node_runs():
    runs = Candidate("/srv/c", {}, ON_DEB)
    assert meant(Asked(), (*CANDIDATES, runs)) is runs
    assert meant(Asked("a"), (*CANDIDATES, runs)) is CANDIDATES[0]
    assert meant(Asked(), (*CANDIDATES, runs, runs)) is None


def test_the_only_node_of_a_machine_is_the_one_that_is_meant():
    assert meant(Asked("c"), CANDIDATES[:1]) is CANDIDATES[0]
    assert meant(Asked("c"), ()) is None


@pytest.mark.parametrize(
    ("settings", "machine", "address"),
    [
        ({"network.host": "es.example.net"}, MACHINE, "es.example.net"),
        ({"network.host": "_site_"}, MACHINE, "es-1.example.net"),
        ({"network.host": "_site_"}, MachineFacts(("vm",), ("10.0.0.9",)), "10.0.0.9"),
        ({"network.host": "_local_"}, MACHINE, "127.0.0.1"),
        ({}, MACHINE, "127.0.0.1"),
    ],
)
def test_a_node_is_reached_where_it_publishes(settings, machine, address):
    assert address_of(settings, machine) == address


def test_what_is_the_same_for_every_machine_is_written_once_with_the_nodes_name_left_out():
    sections = {"nodes": [{"name": "es-1"}, {"name": "es-2", "bind": "10.0.0.2"}]}
    machines = [{"home": "/opt/es", "config": f"/srv/es-{number}/config"} for number in (1, 2)]
    added = [
        {"address": f"10.0.0.{number}", "machine": machine} for number, machine in zip((1, 2), machines, strict=True)
    ]
    found = sections_to_write(sections, ["es-1", "es-2"], added, "logs")
    assert as_lines(found) == [
        "  elasticsearch-security:cluster: {name: logs}",
        "  elasticsearch-security:machine: {home: /opt/es, config: '/srv/{name}/config'}",
        "  elasticsearch-security:nodes:",
        "    - {name: es-1, address: 10.0.0.1}",
        "    - {name: es-2, address: 10.0.0.2, bind: 10.0.0.2}",
    ]


def test_what_differs_is_written_for_each_machine_over_what_is_written_already():
    nodes = [{"name": "a", "machine": {"user": "es"}}, {"name": "b", "machine": None}]
    sections = {"cluster": {"name": "logs"}, "nodes": nodes}
    found = sections_to_write(sections, ["a", "b"], [{"machine": {"layout": "deb"}}, {}], "logs")
    assert found == {"nodes": [{"name": "a", "machine": {"user": "es", "layout": "deb"}}, nodes[1]]}
    found = sections_to_write(sections, ["a", "b"], [{}, {"machine": {"layout": "deb"}}], "logs")
    assert found == {"nodes": [nodes[0], {"name": "b", "machine": {"layout": "deb"}}]}
    assert sections_to_write(sections, ["a", "b"], [{}, {}], "logs") == {}
