"""What a development cluster takes from the stack file."""

import pytest

from components.errors import ConfigurationRefused
from devcluster.spec import NodeSpec, read_stack

STACK = """\
config:
  elasticsearch-security:cluster: {name: books, scenario: basic-https}
  elasticsearch-security:machine: {layout: archive, home: .dev/cluster/home, config: ".dev/cluster/{name}/config"}
  elasticsearch-security:nodes:
    - {name: es-1, address: 127.0.0.1, http_port: 9201, transport_port: 9301}
    - {name: es-2, address: 127.0.0.1, http_port: 9202, transport_port: 9302}
  elasticsearch-security:kibana: []
  other:project: {nodes: none of ours}
encryptionsalt: v1:abc
"""


def read(tmp_path, text):
    (tmp_path / "Pulumi.local.yaml").write_text(text)
    return read_stack(tmp_path / "Pulumi.local.yaml", tmp_path)


def test_the_stack_file_names_the_nodes_and_where_they_lie(tmp_path):
    spec = read(tmp_path, STACK)

    assert spec.name == "books"
    assert spec.folder == tmp_path / ".dev" / "cluster"
    assert spec.home == tmp_path / ".dev" / "cluster" / "home"
    assert spec.overlay == tmp_path / ".dev" / "overlay.yaml"
    assert spec.nodes == (NodeSpec("es-1", 9201, 9301), NodeSpec("es-2", 9202, 9302))
    assert spec.user is None


def test_a_node_without_ports_wants_those_of_the_product(tmp_path):
    spec = read(tmp_path, STACK.replace(", http_port: 9201, transport_port: 9301", ""))

    assert spec.nodes[0] == NodeSpec("es-1", 9200, 9300)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param("name: books, ", "", "cluster.name: Field required", id="no name"),
        pytest.param(
            "http_port: 9201", "http_port: many", "nodes.0.http_port: Input should be a valid integer", id="no port"
        ),
        pytest.param("{name}/config", "config", "must end with {name}/config", id="one folder for all nodes"),
        pytest.param("config:\n", "konfig:\n", "cluster: Field required", id="nothing of ours"),
        pytest.param("{name: books", "{name: books: x", "line 2", id="no YAML"),
    ],
)
def test_a_stack_file_that_describes_no_cluster_is_refused_with_the_place(tmp_path, old, new, said):
    with pytest.raises(ConfigurationRefused) as refused:
        read(tmp_path, STACK.replace(old, new, 1))

    assert said in refused.value.why
    assert (refused.value.where, refused.value.next_step) == ("Pulumi.local.yaml", "correct the stack file")


@pytest.mark.parametrize(
    ("name", "where", "next_step"),
    [
        pytest.param(
            "stacks/Pulumi.local.yaml",
            "stacks/Pulumi.local.yaml",
            "restore it with `git checkout stacks/Pulumi.local.yaml`",
            id="that of the project",
        ),
        pytest.param("none.yaml", "none.yaml", "name one that is there with --stack", id="another"),
    ],
)
def test_a_stack_file_that_is_not_there_is_an_error_for_people(name, where, next_step, tmp_path):
    with pytest.raises(ConfigurationRefused, match="No such file") as refused:
        read_stack(tmp_path / name, tmp_path)
    assert (refused.value.where, refused.value.next_step) == (where, next_step)
