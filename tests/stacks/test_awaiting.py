"""What is done while somebody else has certificates to sign: nothing that would need them."""

import pytest

from components.pki.spec import Layer
from components.settings.scenarios import Scenario
from stacks.awaiting import awaited, requested, told, until_signed
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
    assert awaited(found) == missing
    assert requested(found)["es-1", Layer.HTTP].covers("10.0.0.1")


def test_without_a_generation_before_the_http_layer_stays_as_it_is():
    found = stack("{node: es-1}", "{node: es-2}")
    assert until_signed(found).cluster.scenario is Scenario.BASIC
    assert "es-1, es-2 are awaited" in told(found, awaited(found))
    assert told(found, awaited(found)).endswith("HTTPS stays off")


def test_what_signed_before_goes_on():
    found = stack("{node: es-1}", "{node: es-2}", generation=3)
    assert until_signed(found) == found
    assert told(found, awaited(found)).endswith("every node presents what it does now")


def test_a_ca_whose_key_is_at_hand_signs_until_then():
    found = model("authorities: {http: {own: {key: ca.key, certificate: ca.pem, leaves: [{node: es-1}]}}}")
    assert awaited(found) == ("es-1",)
    assert until_signed(found) == found


def test_a_layer_without_tls_awaits_nothing():
    found = stack("{node: es-1}", "{node: es-2}")
    plain = found.model_copy(update={"cluster": found.cluster.model_copy(update={"scenario": Scenario.BASIC})})
    assert not requested(plain)
    assert awaited(plain) == ()
