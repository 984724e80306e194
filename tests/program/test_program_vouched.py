"""The restart is told what the transport leaf of each node names."""

import pytest

from tests.program.stackfiles import BASIC, HTTPS, minimal, program


@pytest.mark.parametrize(("scenario", "more"), [(BASIC, {}), (HTTPS, {"http": {"names": ["es.example.net"]}})])
def test_the_restart_knows_the_names_in_every_transport_leaf_and_not_those_for_clients(scenario, more):
    found = program(scenario, 2, **more)["restart"].inputs["vouched"]
    assert found == {"es-1": ["10.0.0.1"], "es-2": ["10.0.0.2"]}


def test_without_transport_tls_there_is_nothing_to_name():
    assert not minimal()["restart"].inputs.get("vouched")
