"""What a machine's look is read as: names, addresses, packages, and the nodes that run there."""

import pytest

from components.facts.machine import LOOK, MachineFacts, RunningNode, read_look
from components.nodes.layouts import Layout
from tests.facts.looks import ARCHIVE, DEB_SERVER, LAUNCHER, MACHINE, look


def test_a_machine_tells_its_names_and_the_addresses_at_which_others_reach_it():
    facts = read_look(look(MACHINE))
    assert facts.names == ("es-1.example.net", "es-1")
    assert facts.addresses == ("10.0.0.11", "192.168.7.1", "fd00::11"), "no loopback, no link-local one, none twice"
    assert (facts.package, facts.running) == (None, ())


def test_a_name_that_means_the_machine_itself_is_none():
    assert read_look("host=localhost\nhost=es-1\n").names == ("es-1",)


@pytest.mark.parametrize(
    ("lines", "node"),
    [
        pytest.param(
            ARCHIVE,
            RunningNode(4711, "search", "/opt/es", "/srv/es-1/config", Layout.ARCHIVE, "/run/es-1.pid"),
            id="an archive with ES_PATH_CONF",
        ),
        pytest.param(
            [line for line in ARCHIVE if not line.startswith("variable=")],
            RunningNode(4711, "search", "/opt/es", "/opt/es/config", Layout.ARCHIVE, "/run/es-1.pid"),
            id="an archive without ES_PATH_CONF",
        ),
        pytest.param(
            [line for line in ARCHIVE if not line.startswith(("variable=", "environment="))],
            RunningNode(4711, "search", "/opt/es", "", Layout.ARCHIVE, "/run/es-1.pid"),
            id="an environment that this login may not read",
        ),
        pytest.param(
            [*ARCHIVE, "unit=es.service", "MainPID=4711", "Transient=no", "above=1 systemd"],
            RunningNode(
                4711, "search", "/opt/es", "/srv/es-1/config", Layout.ARCHIVE, "/run/es-1.pid", unit="es.service"
            ),
            id="an archive that systemd runs",
        ),
        pytest.param(
            [*ARCHIVE, "unit=ssh.service", "MainPID=70", "Transient=no", "above=1 systemd"],
            RunningNode(4711, "search", "/opt/es", "/srv/es-1/config", Layout.ARCHIVE, "/run/es-1.pid"),
            id="an archive that somebody started by hand over ssh",
        ),
        pytest.param(
            [*LAUNCHER, *DEB_SERVER],
            RunningNode(
                801, "elasticsearch", "/usr/share/elasticsearch", "/etc/es", Layout.DEB, "/run/es.pid", "es.service"
            ),
            id="a package, by its launcher",
        ),
        pytest.param(
            DEB_SERVER,
            RunningNode(
                801,
                "elasticsearch",
                "/usr/share/elasticsearch",
                "/etc/elasticsearch",
                Layout.DEB,
                unit="es.service",
            ),
            id="a package without its launcher",
        ),
        pytest.param(
            ["process=9", "type=docker", "inside=container", "main=org.elasticsearch.bootstrap.Elasticsearch"],
            RunningNode(9, layout=Layout.DOCKER, in_container=True),
            id="a container",
        ),
        pytest.param(
            ["process=9", "user=UNKNOWN", "main=org.elasticsearch.bootstrap.Elasticsearch"],
            RunningNode(9),
            id="nothing but a process",
        ),
    ],
)
def test_a_process_tells_folders_user_and_layout(lines, node):
    assert read_look(look(MACHINE, lines)).running == (node,)


def test_a_launcher_an_editor_and_another_tool_are_no_nodes():
    tool = ["process=5", "tool=keystore", "home=/opt/es", "config=/srv/es-1/config"]
    assert read_look(look(LAUNCHER, tool, ["process=6", "user=ops"])).running == ()


def test_of_an_option_that_is_given_twice_the_last_one_counts():
    lines = [
        "process=9",
        "type=deb",
        "type=tar",
        "home=/a",
        "home=/b",
        "main=org.elasticsearch.bootstrap.Elasticsearch",
    ]
    (node,) = read_look(look(lines)).running
    assert (node.layout, node.home) == (Layout.ARCHIVE, "/b")


@pytest.mark.parametrize("text", ["", "\n\n", "nonsense", "host=\n", "=x\n", "a=b=c\n\x00"])
def test_what_says_nothing_is_left_out(text):
    assert read_look(text) == MachineFacts()


def test_the_look_passes_on_nothing_of_a_command_line_but_what_it_names():
    assert "environ" in LOOK
    assert "cat " not in LOOK
    for command in (">/", ">>", "rm ", "mv ", "touch "):
        assert command not in LOOK.replace("2>/dev/null", "").replace(">/dev/null", "")
