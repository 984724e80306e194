"""How long a restart waits for shards: told where the stack file says something else than what always held."""

import pytest

from tests.program.stackfiles import BASIC, program


@pytest.mark.parametrize(
    ("section", "sent"),
    [
        pytest.param({}, {}, id="nothing said"),
        pytest.param({"health_timeout": 600}, {}, id="the default, said"),
        pytest.param({"health_timeout": 1200}, {"healthTimeout": 1200}, id="longer"),
        pytest.param({"health_timeout": 10}, {"healthTimeout": 10}, id="the least"),
    ],
)
def test_the_restart_is_told_how_long_shards_get_only_where_it_is_not_the_default(section, sent):
    inputs = program(BASIC, 2, rollout=section)["restart"].inputs
    assert {key: value for key, value in inputs.items() if key == "healthTimeout"} == sent
