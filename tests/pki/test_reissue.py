"""Which leaves a person asked for anew, and when that is another time."""

import pytest

from components.pki.reissue import reissue_was_forced, times_asked
from components.pki.spec import Layer


@pytest.mark.parametrize(
    ("reissue", "transport", "http"),
    [
        pytest.param({}, 0, 0, id="nobody asked"),
        pytest.param({"es-1/http": 2}, 0, 2, id="one leaf"),
        pytest.param({"es-1": 1}, 1, 1, id="all of a node"),
        pytest.param({"http": 3}, 0, 3, id="all of a layer"),
        pytest.param({"transport": 1, "es-1": 1, "es-1/http": 1}, 2, 2, id="any of them counts"),
        pytest.param({"es-10": 1, "es-1/https": 1, "s-1/http": 1}, 0, 0, id="others"),
    ],
)
def test_a_leaf_is_asked_for_by_its_own_name_by_its_node_and_by_its_layer(reissue, transport, http):
    assert times_asked(reissue, "es-1", Layer.TRANSPORT) == transport
    assert times_asked(reissue, "es-1", Layer.HTTP) == http


def test_a_node_that_is_called_like_a_layer_counts_once():
    assert times_asked({"http": 1}, "http", Layer.HTTP) == 1


@pytest.mark.parametrize(("before", "now", "forced"), [(0, 1, True), (1, 3, True), (1, 1, False), (2, 1, False)])
def test_only_a_higher_number_asks_for_another_leaf(before, now, forced):
    found = reissue_was_forced(before, now)
    assert (found is not None) is forced
    assert not forced or found.message == f"forced by certificates.reissue ({before} → {now})"
