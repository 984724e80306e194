"""What is done while somebody else has certificates to sign: nothing that would need them."""

import pytest

from components.pki.spec import Layer
from components.settings.scenarios import Scenario
from stacks.awaiting import awaited, requested, told, until_signed, waits_to_begin
from tests.stacks.stackfiles import model

OWN = "authorities: {{http: {{generation: {generation}, own: {{certificate: root.pem, leaves: [{leaves}]}}}}}}"
BY_HAND = "{node: es-2, certificate: b.pem, key: b.key}"


def stack(*leaves, generation=1):
    return model(OWN.format(generation=generation, leaves=", ".join(leaves)))


@pytest.mark.parametrize(
    ("leaves", "asked", "missing"),
    [
        pytest.param(["{node: es-1}", "{node: es-2}"], ["es-1", "es-2"], ("es-1", "es-2"), id="all"),
        pytest.param(["{node: es-1, certificate: a.pem}", "{node: es-2}"], ["es-1", "es-2"], ("es-2",), id="one came"),
        pytest.param(["{node: es-1}", BY_HAND], ["es-1"], ("es-1",), id="one has a key of its own"),
        pytest.param(["{node: es-1, certificate: a.pem}", BY_HAND], ["es-1"], (), id="all came"),
    ],
)
def test_certificates_are_awaited_of_keys_that_are_made_here(leaves, asked, missing):
    found = stack(*leaves)
    assert list(requested(found)) == [(name, Layer.HTTP) for name in asked]
    assert awaited(found) == ({Layer.HTTP: missing} if missing else {})
    assert requested(found)["es-1", Layer.HTTP].covers("10.0.0.1")


def test_without_a_generation_before_the_http_layer_stays_as_it_is():
    found = stack("{node: es-1}", "{node: es-2}")
    assert until_signed(found).cluster.scenario is Scenario.BASIC
    [line] = told(found)
    assert "authorities.http: the certificates of es-1, es-2 are awaited" in line
    assert line.endswith("HTTPS stays off")


def test_what_signed_before_goes_on():
    found = stack("{node: es-1}", "{node: es-2}", generation=3)
    assert until_signed(found) == found
    assert told(found)[0].endswith("every node presents what it does now")


def test_a_ca_whose_key_is_at_hand_signs_until_then():
    found = model("authorities: {http: {own: {key: ca.key, certificate: ca.pem, leaves: [{node: es-1}]}}}")
    assert awaited(found) == {Layer.HTTP: ("es-1",)}
    assert until_signed(found) == found


def test_a_layer_without_tls_awaits_nothing():
    found = stack("{node: es-1}", "{node: es-2}")
    plain = found.model_copy(update={"cluster": found.cluster.model_copy(update={"scenario": Scenario.BASIC})})
    assert not requested(plain)
    assert awaited(plain) == {}


BOTH = """
authorities:
  transport:
    generation: 2
    own: {certificate: ca.pem, only_for_this_cluster: true, leaves: [{node: es-1}, {node: es-2}]}
  http: {own: {certificate: root.pem, leaves: [{node: es-1}, {node: es-2}]}}
"""


def test_each_layer_awaits_its_own_and_only_https_is_left_out_for_it():
    found = model(BOTH)
    assert list(requested(found)) == [(name, layer) for layer in Layer for name in ("es-1", "es-2")]
    assert awaited(found) == dict.fromkeys(Layer, ("es-1", "es-2"))
    carried_out = until_signed(found)
    assert carried_out.cluster.scenario is Scenario.BASIC
    assert carried_out.authorities.transport == found.authorities.transport
    assert [(line.partition(":")[0], line.rpartition(", ")[2]) for line in told(found)] == [
        ("authorities.transport", "every node presents what it does now"),
        ("authorities.http", "HTTPS stays off"),
    ]


def test_the_transport_layer_alone_never_takes_https_away():
    found = model(
        "authorities: {transport: {own: {certificate: ca.pem, only_for_this_cluster: true, leaves: [{node: es-1}, "
        "{node: es-2}]}}}"
    )
    assert until_signed(found) == found


def between_nodes(*leaves, generation=1, more=""):
    own = f"{{certificate: ca.pem, only_for_this_cluster: true, leaves: [{', '.join(leaves)}]{more}}}"
    return model(f"authorities: {{transport: {{generation: {generation}, own: {own}}}}}")


SIGNED = "{node: es-1, certificate: a.pem}"
AWAITED = ("{node: es-1}", "{node: es-2}")


@pytest.mark.parametrize(
    ("found", "waits"),
    [
        pytest.param(between_nodes(*AWAITED), True, id="all are awaited"),
        pytest.param(between_nodes(SIGNED, "{node: es-2}"), True, id="one came"),
        pytest.param(between_nodes(SIGNED, BY_HAND), False, id="all came"),
        pytest.param(between_nodes(*AWAITED, generation=2), False, id="a CA signed before"),
        pytest.param(between_nodes(*AWAITED, more=", key: ca.key"), False, id="the CA's key is at hand"),
        pytest.param(stack("{node: es-1}", "{node: es-2}"), False, id="of the HTTP layer alone"),
    ],
)
def test_nothing_is_secured_before_nodes_can_know_each_other(found, waits):
    assert waits_to_begin(found) is waits


def test_until_then_every_node_is_left_as_it_is():
    [line] = told(between_nodes(SIGNED, "{node: es-2}"))
    assert "authorities.transport: the certificates of es-2 are awaited" in line
    assert line.endswith("nothing is changed on any node")


def test_minimal_security_waits_for_no_certificate():
    found = between_nodes(*AWAITED)
    minimal = found.model_copy(update={"cluster": found.cluster.model_copy(update={"scenario": Scenario.MINIMAL})})
    assert waits_to_begin(minimal) is False
