"""The files of a node as an operator would have written them."""

from io import StringIO
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from devcluster import files, laying_out, overlay, ports
from devcluster.accounts import Account
from devcluster.node import DevNode
from devcluster.reasons import reason_of_failure
from devcluster.spec import ClusterSpec, NodeSpec

NODES = (NodeSpec("es-1", 9201, 9301), NodeSpec("es-2", 9202, 9302))


def text_of(node=NODES[0], everyone=NODES, *, cluster="books", bootstrap=True):
    return files.settings(cluster, node, everyone, Path("/srv/es-1"), bootstrap=bootstrap)


def flat(value, prefix=""):
    if not isinstance(value, dict):
        return {prefix[:-1]: value}
    return {key: found for name, one in value.items() for key, found in flat(one, f"{prefix}{name}.").items()}


def test_the_settings_say_all_that_a_node_needs_and_some_that_are_none_of_our_business():
    assert flat(YAML(typ="safe").load(StringIO(text_of()))) == {
        "cluster.name": "books",
        "node.name": "es-1",
        "path.data": "/srv/es-1/data",
        "path.logs": "/srv/es-1/logs",
        "network.host": "127.0.0.1",
        "http.port": 9201,
        "transport.port": 9301,
        "discovery.seed_hosts": ["127.0.0.1:9301", "127.0.0.1:9302"],
        "cluster.initial_master_nodes": ["es-1", "es-2"],
        "action.destructive_requires_name": True,
        "cluster.routing.allocation.disk.threshold_enabled": False,
        "xpack.security.enabled": False,
    }


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("# Off since the proof of concept.", id="a comment above a key"),
        pytest.param("network.host: 127.0.0.1   # this machine only", id="a comment behind a value, spaced by hand"),
        pytest.param("path:", id="a nested block"),
        pytest.param("  routing.allocation:", id="nested and dotted in one"),
        pytest.param("  - es-1", id="a list in block style"),
    ],
)
def test_the_settings_look_written_by_hand(line):
    assert line in text_of().splitlines()


@pytest.mark.parametrize("name", ['Bücher & "Co", $1 #2', "2026", "it's", "a: b", "[x]"])
def test_the_cluster_may_have_an_odd_name(name):
    assert flat(YAML(typ="safe").load(StringIO(text_of(cluster=name))))["cluster.name"] == name


def test_a_node_added_to_a_formed_cluster_does_not_bootstrap_another():
    assert "initial_master_nodes" not in text_of(bootstrap=False)


def test_ports_are_read_from_the_file_and_put_into_it_and_nothing_else_changes():
    moved = (NODES[0].with_ports(9204, 9301), NODES[1])

    text = files.with_ports(text_of(), moved[0], moved)

    assert files.ports(text) == (9204, 9301)
    assert text == text_of(moved[0], moved)


def test_a_moved_transport_port_becomes_a_seed_of_every_node():
    moved = (NODES[0], NODES[1].with_ports(9202, 9310))

    assert 'discovery.seed_hosts: ["127.0.0.1:9301", "127.0.0.1:9310"]' in files.with_ports(text_of(), moved[0], moved)


def test_ports_of_a_file_of_another_shape_are_not_guessed():
    assert files.ports("http:\n  port: 9201\n") is None


@pytest.mark.parametrize(
    ("busy", "expected"),
    [
        pytest.param(set(), [(9201, 9301), (9202, 9302)], id="all are free"),
        pytest.param({9201}, [(9203, 9301), (9202, 9302)], id="the next free one that no other node wants"),
        pytest.param({9302, 9303}, [(9201, 9301), (9202, 9304)], id="two in a row are taken"),
        pytest.param({9201, 9202}, [(9203, 9301), (9204, 9302)], id="two nodes have to move"),
    ],
)
def test_nodes_get_the_ports_they_want_or_the_next_free_ones(busy, expected, capsys):
    placed = laying_out.with_free_ports(NODES, taken=set(), free=lambda port: port not in busy)

    assert [(node.http_port, node.transport_port) for node in placed] == expected
    moved = sum(one != other for one, other in zip(placed, NODES, strict=True))
    assert capsys.readouterr().out.count("takes its place") == moved


def test_two_nodes_that_want_the_same_ports_get_different_ones(capsys):
    same = (NodeSpec("es-1", 9200, 9300), NodeSpec("es-2", 9200, 9300))

    placed = laying_out.with_free_ports(same, taken=set(), free=lambda _: True)

    assert [(node.http_port, node.transport_port) for node in placed] == [(9200, 9300), (9201, 9301)]
    assert "es-2: HTTP port 9200 is taken, 9201 takes its place" in capsys.readouterr().out


def test_the_overlay_names_the_moved_nodes_only_and_goes_when_all_are_where_the_stack_file_wants_them(tmp_path):
    account = Account("me", 1, 1, switch=False)
    spec = ClusterSpec("books", tmp_path / "cluster", tmp_path / "home", NODES)
    moved = [
        DevNode(node, tmp_path / node.name, "books", account) for node in (NODES[0].with_ports(9204, 9301), NODES[1])
    ]
    stayed = [DevNode(node, tmp_path / node.name, "books", account) for node in NODES]

    overlay.write(spec, moved)
    written = YAML(typ="safe").load(spec.overlay)
    instead_of = {"http_port": 9201, "transport_port": 9301}
    assert written == {"nodes": [{"name": "es-1", "http_port": 9204, "transport_port": 9301, "instead_of": instead_of}]}

    overlay.write(spec, stayed)
    assert not spec.overlay.exists()


def test_ports_run_out_with_an_error_for_people():
    with pytest.raises(Exception, match="no free port from 9201"):
        ports.choose(9201, set(), lambda _: False)


@pytest.mark.parametrize(
    ("said", "complained", "reason"),
    [
        pytest.param(
            "[2026][INFO ][o.e] java.lang.NoError: not this\n"
            "[2026][ERROR][o.e] fatal exception in bootjava.lang.IllegalArgumentException: unknown setting [x.y]\n"
            "\tat a.b.MyException.d(C.java:1)\nCaused by: java.io.IOException: no\n",
            "WARNING: Using incubator modules\nERROR: Elasticsearch did not exit normally - check the logs at /l\n",
            "java.lang.IllegalArgumentException: unknown setting [x.y]\n        Caused by: java.io.IOException: no",
            id="an exception on standard output",
        ),
        pytest.param(
            "",
            "ERROR: Missing logging config file at /c/log4j2.properties, with exit code 78\n",
            "ERROR: Missing logging config file at /c/log4j2.properties, with exit code 78",
            id="a sentence of the command",
        ),
        pytest.param(
            "bootstrap check failure [1] of [1]: initial heap size\n",
            "",
            "bootstrap check failure [1] of [1]: initial heap size",
            id="a bootstrap check",
        ),
        pytest.param("", "WARNING: x\nError: VM option 'Y'\n", "Error: VM option 'Y'", id="the JVM's own words"),
        pytest.param("", "", "it said nothing", id="silence"),
    ],
)
def test_the_telling_lines_of_a_failed_start_are_found(said, complained, reason):
    assert reason_of_failure(said, complained) == reason
