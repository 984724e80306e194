"""A number in `certificates.reissue` reaches the leaves that it names, those of Kibana too, and no other."""

import pytest

from tests.program.stackfiles import BASIC, HTTPS, KIBANA, program


def numbers(scenario, reissue, **sections):
    """Return the number that each leaf is asked for, where it is not 0."""
    leaves = program(scenario, 2, certificates={"reissue": reissue}, **sections).of("Certificate")
    return {one.name: one.inputs["reissue"] for one in leaves if one.inputs["reissue"]}


@pytest.mark.parametrize(
    ("reissue", "asked"),
    [
        pytest.param({}, {}, id="nobody"),
        pytest.param({"es-1/http": 2}, {"es-1-http-leaf": 2}, id="one leaf"),
        pytest.param({"es-2": 1}, {"es-2-transport-leaf": 1, "es-2-http-leaf": 1}, id="a node"),
        pytest.param({"transport": 4}, {"es-1-transport-leaf": 4, "es-2-transport-leaf": 4}, id="a layer"),
        pytest.param({"kibana-1": 1}, {"kibana-1-kibana-leaf": 1}, id="a Kibana"),
    ],
)
def test_only_the_leaves_that_are_named_are_asked_for(reissue, asked):
    assert numbers(HTTPS, reissue, kibana=KIBANA) == asked


def test_a_layer_without_leaves_needs_no_number():
    assert numbers(BASIC, {"es-1": 1}) == {"es-1-transport-leaf": 1}
