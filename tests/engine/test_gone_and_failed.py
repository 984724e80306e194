"""A node that is taken out in a run that fails elsewhere: the engine can read its state, and the next run ends it.

The engine, told to go on after a failure, removes resources although others still name them that a failed step kept as
they were (pulumi 3.259, `deployment_executor.go`): it cannot read what it has written then.
"""

import pytest

from tests.engine.rotating import Rotation, assert_idle

pytestmark = pytest.mark.engine
NAMES = ("es-1", "es-2", "es-3")


@pytest.fixture
def run(tmp_path):
    found = Rotation(tmp_path, NAMES)
    found.asks()
    found.up()
    return found


def without(run, name):
    return [node for node in run.usual()["nodes"] if node["name"] != name]


@pytest.mark.parametrize("failing", ["es-1/transport/trust", "es-1/transport/identity", "transport/cover"])
def test_what_fails_in_the_run_that_takes_a_node_out_leaves_a_state_that_can_be_read_and_the_next_run_ends_it(
    run, failing
):
    ended = run.fails_at(failing, transport=2, nodes=without(run, "es-3"))
    assert ended.status == 2
    assert "snapshot" not in ended.stdout
    recorded = run.resources()
    assert any(name.startswith("es-3") for name in recorded), "nothing goes before all else is done"
    run.asks(transport=2, nodes=without(run, "es-3"))
    run.up()
    assert run.issuers() == {2}
    assert not any(name.startswith("es-3") for name in run.resources())
    assert_idle(run)
