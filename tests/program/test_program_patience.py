"""How long a restart waits for nodes and shards: told where the stack file says something else than always held."""

import pytest

from tests.program.stackfiles import BASIC, program

KEYS = {"healthTimeout", "startTimeout", "stopTimeout"}


@pytest.mark.parametrize(
    ("section", "sent"),
    [
        pytest.param({}, {}, id="nothing said"),
        pytest.param({"health_timeout": 600}, {}, id="the default, said"),
        pytest.param({"health_timeout": 1200}, {"healthTimeout": 1200}, id="longer"),
        pytest.param({"health_timeout": 10}, {"healthTimeout": 10}, id="the least"),
        pytest.param({"stop_timeout": 120}, {}, id="the default of a stop, said"),
        pytest.param({"stop_timeout": 600}, {"stopTimeout": 600}, id="a longer stop"),
        pytest.param({"start_timeout": 300}, {"startTimeout": 300}, id="a start, of which each layout has a default"),
    ],
)
def test_the_restart_is_told_how_long_things_get_only_where_it_is_not_the_default(section, sent):
    inputs = program(BASIC, 2, rollout=section)["restart"].inputs
    assert {key: value for key, value in inputs.items() if key in KEYS} == sent


def test_no_other_resource_is_told_how_long_a_node_may_take():
    usual, patient = (program(BASIC, 2, rollout=section) for section in ({}, {"start_timeout": 99, "stop_timeout": 99}))
    differ = [name for name, made in usual.resources.items() if made.inputs != patient[name].inputs]
    assert differ == ["restart"]
