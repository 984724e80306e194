"""From what the operator wrote to the nodes as the plugin gets them."""

from pathlib import Path

import pytest

from components.nodes.ssh_spec import Ssh
from components.pki.spec import Layer
from stacks.hook_inventory import hooks_of
from stacks.inventory import kibana_of, kibana_sans_of, nodes_of, sans_of
from tests.stacks.stackfiles import model

ROOT = Path("/project")


NEITHER = {"ssh": None, "unit": None, "container": None, "runtime": None, "commands": None}
"""What a machine has that is this one, with an archive and no commands of its operator's."""


def machine(change):
    """Return the machine of the first node."""
    return nodes_of(model(change), ROOT)[0].machine


def one_node(own="", common="{home: /opt/es}"):
    return f"machine: {common}\nnodes: [{{name: es-1, address: 10.0.0.1{f', machine: {own}' if own else ''}}}]"


def test_a_node_gets_every_default():
    node = nodes_of(model(one_node()), ROOT)[0]
    assert node.model_dump() == {
        "name": "es-1",
        "address": "10.0.0.1",
        "http_port": 9200,
        "transport_port": 9300,
        "machine": {
            "node": "es-1",
            "layout": "archive",
            "home": "/opt/es",
            "config": "/opt/es/config",
            "pid_file": "/opt/es/config/elasticsearch.pid",
            "user": None,
            "keystore_password_file": None,
            **NEITHER,
        },
    }


@pytest.mark.parametrize(
    ("common", "own", "expected"),
    [
        pytest.param("{home: /opt/es}", "", ("/opt/es", "/opt/es/config", None), id="the common section alone"),
        pytest.param("{}", "{home: /own}", ("/own", "/own/config", None), id="its own section alone"),
        pytest.param(
            "{home: /opt/es}", "{home: /own}", ("/own", "/own/config", None), id="its own home, and what hangs on it"
        ),
        pytest.param("{home: /opt/es, config: /etc/es}", "{home: /own}", ("/own", "/etc/es", None), id="key by key"),
        pytest.param("{home: /opt/es, user: ops}", "{config: /c}", ("/opt/es", "/c", "ops"), id="the rest stays"),
        pytest.param(
            "{home: /opt/es, user: ops}", "{user: es}", ("/opt/es", "/opt/es/config", "es"), id="its own user"
        ),
        pytest.param(
            "{home: /opt/es, user: ops}", "{home: , user: }", ("/opt/es", "/opt/es/config", "ops"), id="empty keys"
        ),
    ],
)
def test_a_nodes_own_machine_goes_over_the_common_one_key_by_key(common, own, expected):
    found = machine(one_node(own, common))
    assert (found.home, found.config, found.user) == expected


@pytest.mark.parametrize(
    ("common", "own", "expected"),
    [
        pytest.param("", "", None, id="this machine"),
        pytest.param(", ssh: {}", "", Ssh(host="10.0.0.1"), id="every default"),
        pytest.param(", ssh: {user: ops}", "", Ssh(host="10.0.0.1", user="ops"), id="the common section"),
        pytest.param("", "{ssh: {port: 2222}}", Ssh(host="10.0.0.1", port=2222), id="its own section alone"),
        pytest.param(
            ", ssh: {user: ops, jump: [a]}",
            "{ssh: {host: es, jump: [b, c]}}",
            Ssh(host="es", user="ops", jump=("b", "c")),
            id="its own keys over the common ones",
        ),
        pytest.param(
            ', ssh: {host: "{name}.mgmt", identity_file: "keys/{name}"}',
            "",
            Ssh(host="es-1.mgmt", identity_file="/project/keys/es-1"),
            id="the placeholder",
        ),
        pytest.param(
            ", ssh: {identity_file: keys/a, sudo_password_file: /s, config_file: c}",
            "",
            Ssh(host="10.0.0.1", identity_file="/project/keys/a", sudo_password_file="/s", config_file="/project/c"),
            id="files of this machine",
        ),
    ],
)
def test_a_machine_is_reached_as_its_sections_say(common, own, expected):
    assert machine(one_node(own, f"{{home: /opt/es{common}}}")).ssh == expected


@pytest.mark.parametrize(
    ("written", "path"),
    [
        pytest.param("/etc/{name}", "/etc/es-1", id="the placeholder"),
        pytest.param("/etc/{name}/{name}.d", "/etc/es-1/es-1.d", id="the placeholder twice"),
        pytest.param(".dev/{name}", "/project/.dev/es-1", id="relative to the project"),
        pytest.param("/etc/es", "/etc/es", id="absolute"),
    ],
)
@pytest.mark.parametrize("key", ["home", "config", "pid_file"])
def test_paths_are_absolute_and_carry_the_nodes_name(key, written, path):
    found = machine(
        one_node(common=f"{{home: /opt/es, {key}: '{written}'}}" if key != "home" else f"{{home: '{written}'}}")
    )
    assert getattr(found, key) == path


@pytest.mark.parametrize("layout", ["deb", "rpm"])
def test_a_package_is_where_the_package_puts_it(layout):
    found = machine(one_node(common=f"{{layout: {layout}}}"))
    assert (found.home, found.config) == ("/usr/share/elasticsearch", "/etc/elasticsearch")
    assert (found.user, found.unit, found.pid_file) == (
        "elasticsearch",
        "elasticsearch.service",
        "/run/elasticsearch/elasticsearch.pid",
    )
    assert (found.container, found.runtime, found.commands) == (None, None, None)


def test_a_container_has_the_nodes_name_and_the_users_of_the_image():
    found = machine(one_node(common="{layout: docker, config: 'srv/{name}'}"))
    assert (found.home, found.config) == ("/usr/share/elasticsearch", "/project/srv/es-1")
    assert (found.container, found.runtime, found.user, found.unit) == ("es-1", "docker", "1000:0", None)


def test_what_is_written_goes_over_what_the_layout_has_and_carries_the_nodes_name():
    found = machine(one_node(common="{layout: deb, home: /opt/es, unit: 'es@{name}.service', user: search}"))
    assert (found.home, found.config, found.unit, found.user) == (
        "/opt/es",
        "/etc/elasticsearch",
        "es@es-1.service",
        "search",
    )


def test_a_key_of_the_common_section_that_a_nodes_layout_does_not_know_is_left_out_for_it():
    both = "home: /opt/es, config: '/{name}'"
    common = f"{{{both}, pid_file: '/run/{{name}}.pid', unit: 'u@{{name}}.service', container: c, runtime: podman}}"
    nodes = [
        f"{{name: es-{number}, address: 10.0.0.{number}, machine: {{layout: {layout}}}}}"
        for number, layout in enumerate(("deb", "docker", "archive"), 1)
    ]
    found = [node.machine for node in nodes_of(model(f"machine: {common}\nnodes: [{', '.join(nodes)}]"), ROOT)]
    assert [(one.unit, one.container, one.runtime) for one in found] == [
        ("u@es-1.service", None, None),
        (None, "c", "podman"),
        ("u@es-3.service", None, None),
    ]
    assert (found[0].pid_file, found[2].pid_file) == ("/run/elasticsearch/elasticsearch.pid", "/run/es-3.pid")


def test_commands_carry_the_nodes_name_and_go_over_the_common_ones_verb_by_verb():
    common = (
        "{home: /opt/es, commands: {start: [es, start, '{name}'], stop: [es, stop], status: ['es-{name}', '{{.x}}']}}"
    )
    found = machine(one_node("{commands: {stop: [halt, '{name}']}}", common)).commands
    assert found.start == ("es", "start", "es-1")
    assert found.stop == ("halt", "es-1")
    assert (found.status, found.keystore) == (("es-es-1", "{{.x}}"), ())


def test_the_process_id_file_is_in_the_config_folder_unless_it_is_named():
    assert machine(one_node(common="{home: /opt/es, config: '/etc/{name}'}")).pid_file == "/etc/es-1/elasticsearch.pid"


def test_the_transport_layer_names_the_node_and_nothing_else():
    read = model("nodes: [{name: es-1, address: es-1.net, names: [10.0.0.1, b.net]}]\nhttp: {names: [es.net]}")
    assert sans_of(read.nodes[0], Layer.TRANSPORT, read).hosts() == {"es-1.net", "b.net", "10.0.0.1"}


def test_the_http_layer_also_names_what_clients_dial_and_loopback():
    read = model("nodes: [{name: es-1, address: 10.0.0.1}]\nhttp: {names: ['*.es.net', 'fd00::0:1']}")
    expected = {"10.0.0.1", "*.es.net", "fd00::1", "localhost", "127.0.0.1", "::1"}
    assert sans_of(read.nodes[0], Layer.HTTP, read).hosts() == expected


def kibana(keys=""):
    """Return the first Kibana of a stack file."""
    return model(f"kibana: [{{name: k-1, address: 10.0.0.9, home: /opt/kibana{keys}}}]").kibana[0]


def test_a_kibana_gets_every_default():
    assert kibana_of(kibana(), ROOT).model_dump() == {
        "name": "k-1",
        "address": "10.0.0.9",
        "port": 5601,
        "public_url": None,
        "machine": {
            "node": "k-1",
            "layout": "archive",
            "home": "/opt/kibana",
            "config": "/opt/kibana/config",
            "pid_file": "/opt/kibana/config/kibana.pid",
            "user": None,
            "keystore_password_file": None,
            **NEITHER,
        },
        "restart": (),
        "own_certificate": False,
    }


def test_paths_of_a_kibana_may_hold_its_name_and_are_relative_to_the_project():
    one = kibana_of(kibana(", config: 'k/{name}', pid_file: run/k.pid, restart: [bin/service, '{name}']"), ROOT)
    assert (one.machine.config, one.machine.pid_file) == ("/project/k/k-1", "/project/run/k.pid")
    assert one.restart == ("/project/bin/service", "k-1")


def test_a_restart_command_without_a_slash_is_found_by_the_machine():
    assert kibana_of(kibana(", restart: [systemctl, restart, kibana]"), ROOT).restart[0] == "systemctl"


def test_a_kibanas_leaf_names_its_address_what_people_type_and_loopback():
    sans = kibana_sans_of(kibana(", public_url: 'https://Kibana.example.net:8443/books', names: [k.net]"))
    assert sans.dns == ("k.net", "kibana.example.net", "localhost")
    assert sans.ips == ("10.0.0.9", "127.0.0.1", "::1")


HOOKED = """
machine: {home: /opt/es, ssh: {user: ops}}
nodes: [{name: es-1, address: 10.0.0.1}, {name: es-2, address: 10.0.0.2}]
kibana: [{name: kibana-1, address: 10.0.0.9, home: /opt/kibana}]
hooks:
  before:
    - {name: here, command: [./a], timeout: 5}
    - {name: on-a-node, command: [b], on: es-2}
    - {name: where-kibana-is, command: [b], on: kibana-1}
  after:
    - {name: elsewhere, command: [c], ssh: {host: collector, port: 2222, identity_file: keys/ops}}
"""


def test_a_hook_runs_here_on_the_machine_of_a_node_or_elsewhere():
    found = {hook.name: hook for hook in hooks_of(model(HOOKED), ROOT)}
    assert {name: (hook.moment, hook.on, hook.ssh) for name, hook in found.items()} == {
        "here": ("before", "", None),
        "on-a-node": ("before", "es-2", Ssh(host="10.0.0.2", user="ops")),
        "where-kibana-is": ("before", "kibana-1", None),
        "elsewhere": ("after", "collector", Ssh(host="collector", port=2222, identity_file="/project/keys/ops")),
    }
    assert (found["here"].folder, found["here"].timeout, found["on-a-node"].timeout) == ("/project", 5, 300)
    assert hooks_of(model(""), ROOT) == ()
