"""A node that is added later gets its files before its first start, and nobody is restarted for it."""

import pytest

from components.errors import ConfigurationRefused
from components.rollout.handler import ClusterRestartOutputs
from components.rollout.procedure import Procedure
from components.settings.content import Content
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


def beside_a_restart(doors) -> tuple[World, ClusterRestartOutputs]:
    """Return it where the stack now wants another setting of all as well, and what is on record: es-1 and es-2."""
    world = with_a_new_machine(doors)
    world.cluster.rebuilds, now = True, world.refresh(ClusterRestartOutputs())

    def changed(name: str) -> Content:
        content = World.content(world, name)
        return content.model_copy(update={"settings": {**content.settings, "xpack.security.authc.token.timeout": "9m"}})

    world.content = changed
    return world, now.model_copy(update={"running_nodes": now.running_nodes[:2]})


def test_beside_a_change_that_restarts_the_others_it_is_refused_with_what_to_do_and_that_works(doors):
    world, known = beside_a_restart(doors)
    everybody, before = world.nodes, world.snapshot()
    for run in (world.preview, world.up):
        with pytest.raises(ConfigurationRefused, match="where es-3 never was in the cluster"):
            run(known)
    assert world.snapshot() == before
    world.nodes = everybody[:2]  # "take es-3 out of the stack file and run `up`"
    done = world.up(known)
    assert (done.procedure, world.runs_with_what_is_wanted()) == (Procedure.ROLLING, True)
    world.nodes = everybody  # "then put it back and run `up`"
    processes = [one.process for one in everybody[:2]]
    done = world.up(done)
    assert (done.procedure, world["es-3"].process) == (Procedure.FILES_ONLY, None)
    world["es-3"].starts()
    assert world.cluster.members() == {"es-1", "es-2", "es-3"}
    assert world.preview(done).steps == ()
    assert [one.process for one in everybody[:2]] == processes
