"""A node that the stack file leaves out is told of, unless the cluster says itself who is in it."""

import pytest

from components.rollout.preflight import ALL_LISTED, NOT_RENEWED
from stacks.forgotten import warnings_about_forgotten
from tests.stacks.seen import authority, leaf, password, settings, trust

GONE = [trust("es-3", "delete"), settings("es-3", op="delete"), leaf("es-3", "delete")]
LEFT = [trust("es-1", "same"), leaf("es-1", "update"), authority("same"), password("elastic", "same")]


def test_each_node_of_which_nothing_is_kept_is_named_once():
    assert warnings_about_forgotten([*LEFT, *GONE, leaf("es-4", "delete")], ["✓ health is green"]) == tuple(
        f"{name} is no longer looked after: stop it, or list it again; its {NOT_RENEWED}" for name in ("es-3", "es-4")
    )


def test_a_node_that_only_loses_a_layer_is_not_forgotten():
    assert warnings_about_forgotten([*LEFT, trust("es-1", "delete"), authority("delete")], []) == ()


@pytest.mark.parametrize("gate", [f"✓ {ALL_LISTED}", f"! es-3 is still in the cluster: …; its {NOT_RENEWED}"])
def test_where_the_cluster_says_who_is_in_it_nothing_is_said_besides(gate):
    assert warnings_about_forgotten([*LEFT, *GONE], ["✓ health is green", gate]) == ()
