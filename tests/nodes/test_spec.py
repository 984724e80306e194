"""Where nodes are and how they are reached: what a stack file may say, and the names that never change."""

from pathlib import PurePosixPath

import pytest
from pydantic import ValidationError

from components.nodes.layers import LAYERS
from components.nodes.spec import Machine, MachineSpec, Node, NodeSpec, Paths
from components.pki.spec import Layer

MACHINE = Machine(node="es-1", home="/opt/es", config="/etc/es", pid_file="/run/es.pid")


def node(**differs) -> NodeSpec:
    return NodeSpec.model_validate({"name": "es-1", "address": "es-1.example.net", **differs})


def test_a_node_needs_a_name_and_an_address_and_nothing_else():
    spec = node()
    assert (spec.http_port, spec.transport_port, spec.names, spec.bind, spec.machine) == (9200, 9300, (), None, None)
    for left_out in ("name", "address"):
        with pytest.raises(ValidationError, match="Field required"):
            NodeSpec.model_validate({key: "es-1" for key in ("name", "address") if key != left_out})


@pytest.mark.parametrize("name", ["a", "es-1", "es_1.rack-2", "node_1_", "A9", "n" * 63])
def test_a_node_name_is_what_elasticsearch_and_file_systems_take(name):
    assert node(name=name).name == name


@pytest.mark.parametrize(
    "name",
    ["", "-es", "_es", "es-", "es.", ".es", "es 1", "es/1", "../es", "es-1\n", "é", "n" * 64],
)
def test_a_node_name_that_could_be_a_path_or_an_option_is_refused(name):
    with pytest.raises(ValidationError):
        node(name=name)


@pytest.mark.parametrize("port", [1, 9200, 65_535])
@pytest.mark.parametrize("which", ["http_port", "transport_port"])
def test_a_port_is_a_number_that_exists(which, port):
    assert getattr(node(**{which: port}), which) == port


@pytest.mark.parametrize("port", [0, -1, 65_536, "9200", 9200.0, True])
@pytest.mark.parametrize("which", ["http_port", "transport_port"])
def test_a_port_that_cannot_be_is_refused_and_never_converted(which, port):
    with pytest.raises(ValidationError):
        node(**{which: port})


def test_addresses_are_kept_in_their_canonical_form():
    spec = node(address="ES-1.Example.net.", names=["2001:DB8:0::1"])
    assert (spec.address, spec.names) == ("es-1.example.net", ("2001:db8::1",))


@pytest.mark.parametrize("address", ["", "es 1", "::", "es-1:9200", "http://es-1"])
def test_an_address_that_nobody_can_dial_is_refused(address):
    with pytest.raises(ValidationError):
        node(address=address)


@pytest.mark.parametrize("build", [lambda: node(adress="x"), lambda: MachineSpec.model_validate({"hom": "/opt"})])
def test_a_misspelt_key_is_refused(build):
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        build()


def test_every_key_an_operator_may_write_is_explained():
    fields = {**NodeSpec.model_fields, **MachineSpec.model_fields}
    assert [name for name, field in fields.items() if not field.description] == []


def test_paths_are_below_the_config_folder():
    assert MACHINE.path("certs/http-key.p12") == PurePosixPath("/etc/es/certs/http-key.p12")


def test_a_node_travels_to_the_plugin_and_back_unchanged():
    wire = Node(name="es-1", address="::1", http_port=9200, transport_port=9300, machine=MACHINE)
    travelled = wire.model_dump(by_alias=True, mode="json")
    assert travelled["machine"]["pidFile"] == "/run/es.pid"
    assert Node.model_validate(travelled) == wire


def test_our_files_share_no_name_with_each_other_nor_with_elasticsearch_auto_configuration():
    ours = [
        Paths.TRANSPORT_KEY_FILE,
        Paths.TRANSPORT_TRUST_FILE,
        Paths.TRANSPORT_TRUST_STORE,
        Paths.HTTP_KEY_FILE,
    ]
    theirs = {"transport.p12", "http.p12", "http_ca.crt", "elastic-certificates.p12", "elastic-stack-ca.p12"}
    assert len(set(ours)) == len(ours)
    assert theirs.isdisjoint(PurePosixPath(path).name for path in ours)
    assert {str(PurePosixPath(path).parent) for path in ours} == {"certs"}


def test_each_layer_has_its_own_port_files_and_settings():
    spec = Node(name="es-1", address="::1", http_port=9201, transport_port=9301, machine=MACHINE)
    assert {layer: facts.port(spec) for layer, facts in LAYERS.items()} == {Layer.TRANSPORT: 9301, Layer.HTTP: 9201}
    assert {layer: facts.prefix for layer, facts in LAYERS.items()} == {
        Layer.TRANSPORT: "xpack.security.transport.ssl.",
        Layer.HTTP: "xpack.security.http.ssl.",
    }
    assert (LAYERS[Layer.TRANSPORT].key_file, LAYERS[Layer.HTTP].key_file) == (
        Paths.TRANSPORT_KEY_FILE,
        Paths.HTTP_KEY_FILE,
    )
    assert LAYERS[Layer.TRANSPORT].pem_files == (Paths.TRANSPORT_KEY_PEM, Paths.TRANSPORT_LEAF_PEM)
    assert LAYERS[Layer.HTTP].pem_files == (Paths.HTTP_KEY_PEM, Paths.HTTP_LEAF_PEM)
