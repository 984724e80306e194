"""A node that is added later gets its files before its first start, and nobody is restarted for it."""

from components.rollout.procedure import Procedure
from tests.rollout.world import World, lay_out, with_own_allocation


def with_a_new_machine(doors) -> World:
    """Return a secured cluster of two nodes, and a third that was laid out and never started."""
    world = doors(with_own_allocation())
    world.up()
    new = world["es-3"]
    new.process.ends = world.clock.now().timestamp()
    for name in ("elasticsearch.yml", "elasticsearch.keystore", "elasticsearch.pid"):
        new.target.files.pop(new.config / name, None)
    lay_out(new)
    return world


def test_a_new_node_gets_its_files_and_the_others_run_on(doors):
    world = with_a_new_machine(doors)
    before = [world[name].process for name in ("es-1", "es-2")]
    planned = world.preview()
    assert (planned.procedure, planned.steps) == (
        Procedure.FILES_ONLY,
        ("write elasticsearch.yml and keystore of es-3",),
    )
    world.up()
    assert [world[name].process for name in ("es-1", "es-2")] == before
    assert world["es-3"].process is None
    assert world["es-3"].settings()["xpack.security.transport.ssl.enabled"] is True
    started = "ES_PATH_CONF=/nodes/es-3/config /opt/elasticsearch/bin/elasticsearch -d -p"
    assert world.context.warned == [
        "es-3 has all its files, and does not run: start it, then run `up` again "
        f"(to start: on es-3 `{started} /nodes/es-3/config/elasticsearch.pid`)"
    ]


def test_started_then_it_joins_and_nothing_is_left_to_do(doors):
    world = with_a_new_machine(doors)
    world.up()
    world["es-3"].starts()
    assert world.cluster.members() == {"es-1", "es-2", "es-3"}
    assert world.preview().steps == ()
