"""A rollout that fails: before all nodes have joined everything is put back, afterwards nothing is, and never half."""

from contextlib import suppress

import pytest

from components.errors import CommandFailed, RolloutHalted, SecurityError
from components.handling import Recorded
from components.nodes.target import Completed
from components.rollout.handler import ClusterRestartHandler
from components.rollout.kept import LET_GO
from tests.fakes import FakeContext, Moment
from tests.rollout.world import (
    THREE,
    World,
    assert_as_before,
    assert_secured,
    stopped_cluster,
    with_an_unreadable_key_file,
    with_own_allocation,
)


def halted(world: World) -> RolloutHalted:
    with pytest.raises(RolloutHalted) as caught:
        world.up()
    return caught.value


def test_a_node_that_does_not_start_has_every_node_put_back_byte_for_byte(doors):
    world = doors(with_an_unreadable_key_file())
    before = world.snapshot()
    error = halted(world)
    assert_as_before(world, before)
    assert error.where == "es-2"
    assert "Elasticsearch did not start (exit status 1)" in error.what
    assert "the previous files are back on every node, and the cluster runs as before" in error.what
    assert "Elasticsearch may not read /nodes/es-2/config/certs/transport-key.p12" in error.why
    assert error.next_step


def test_the_cause_of_an_earlier_start_is_not_taken_for_the_one_of_this(doors):
    world = doors(with_an_unreadable_key_file())
    halted(world)
    world["es-2"].target.programs["elasticsearch"] = lambda call: Completed(1, "", "ERROR: no such java\n")
    why = halted(world).why
    assert why.startswith("Elasticsearch said: ERROR: no such java")
    assert "may not read" not in why


def test_the_operator_is_told_at_once_that_everything_is_put_back(doors):
    world = doors(with_an_unreadable_key_file())
    halted(world)
    assert world.context.warned == [
        "es-2: Elasticsearch did not start (exit status 1); putting everything back as it was"
    ]


def test_every_node_that_failed_is_named(doors):
    world = doors(with_an_unreadable_key_file())
    world["es-3"].target.files.pop(world["es-3"].config / "certs/http-key.p12")
    error = halted(world)
    assert error.where == "es-2, es-3"
    assert "es-2: xpack.security.transport.ssl: Elasticsearch may not read" in error.why
    assert "es-3: xpack.security.http.ssl: there is no key file" in error.why


def test_a_cluster_that_does_not_form_in_time_is_put_back(doors):
    world = doors(with_own_allocation())
    before = world.snapshot()
    world.cluster.unseen = {"es-1", "es-3"}
    error = halted(world)
    assert_as_before(world, before)
    assert "the cluster did not form in time" in error.what
    assert "after 30" in error.why, "rollout.join_timeout is 300 s"


def test_the_nodes_that_did_not_join_are_named(doors):
    world = doors(with_own_allocation())
    world.cluster.unseen = {"es-3"}
    assert "es-3 not joined yet" in halted(world).why


def test_what_keeps_a_node_from_joining_is_told_as_its_log_tells_it(doors):
    world = doors(with_own_allocation())
    world.cluster.unseen = {"es-3"}
    world["es-3"].complains = "SSLHandshakeException: (certificate_unknown) PKIX path building failed"
    error = halted(world)
    assert error.where == "es-3"
    assert "es-3 not joined yet; es-3: a peer's certificate is not signed by a CA that this node trusts" in error.why
    assert "make sure that every node of the cluster is in the stack file" in error.next_step


def test_what_a_node_complained_of_before_it_was_started_is_not_told(doors):
    world = doors(with_own_allocation())
    log = world["es-3"].log
    world["es-3"].target.files[log].content += b"SSLHandshakeException: PKIX path building failed\n"
    world.cluster.unseen = {"es-3"}
    assert "not signed by a CA" not in halted(world).why


def test_what_the_keystores_command_says_is_told_in_an_operators_words(doors):
    world = doors(with_own_allocation())
    world["es-2"].keystore.refuses = "Provided keystore password was incorrect"
    with pytest.raises(CommandFailed) as failed:
        world.preview()
    assert failed.value.where == "es-2"
    assert "elasticsearch.keystore is protected by a password" in failed.value.why
    assert "ES_KEYSTORE_PASSPHRASE_FILE" in failed.value.next_step


def test_no_single_failure_leaves_the_cluster_down_or_half_secured(doors):
    """Whatever call fails: the cluster runs, as before or as wanted, and the next run finishes the work."""
    whole = doors(with_own_allocation())
    before = whole.snapshot()
    whole.up()
    put_back = 0
    for at in range(len(whole.fuse.calls)):
        world = doors(with_own_allocation())
        world.fuse.arm(at, Moment.FAILS)
        case = f"call {at} failed: {whole.fuse.calls[at]}"
        try:
            world.up()
        except SecurityError:
            assert len(world.cluster.members()) == 3, case
            if not world.runs_with_what_is_wanted():
                assert_as_before(world, before, case)
                put_back += 1
        world.fuse.disarm()
        world.up()
        assert_secured(world, case)
    assert put_back > 50


def test_a_failure_while_putting_back_names_both_causes_and_keeps_what_is_kept(doors):
    world = doors(with_an_unreadable_key_file())
    previous = world["es-1"].file("elasticsearch.yml").content
    world["es-1"].target.breaks("write", "es-1/config/elasticsearch.yml", after=1)
    error = halted(world)
    assert "putting the previous files back did not succeed either" in error.what
    assert "may not read" in error.why
    assert "cannot write /nodes/es-1/config/elasticsearch.yml" in error.why
    assert "`essecurity-rollout`" in error.next_step
    assert world["es-1"].file("essecurity-rollout/elasticsearch.yml").content == previous


def test_after_a_failure_while_putting_back_the_next_run_goes_on(doors):
    world = doors(with_an_unreadable_key_file())
    world["es-1"].target.breaks("write", "es-1/config/elasticsearch.yml", after=1)
    halted(world)
    world["es-2"].file("certs/transport-key.p12").denied = False
    world.up()
    assert_secured(world)


def test_a_node_that_does_not_stop_has_the_others_started_again_as_they_were(doors):
    world = doors(with_own_allocation())
    before = world.snapshot()
    world["es-2"].process.takes = None
    error = halted(world)
    assert_as_before(world, before)
    assert "the node did not stop within 120 s" in error.what
    assert "but es-2 may still end, when its open requests do: start it then" in error.what
    assert [one.starts_tried() for one in world.nodes] == [2, 1, 2]


def test_once_all_nodes_have_joined_a_slow_recovery_puts_nothing_back(doors):
    world = doors(with_own_allocation())
    world.cluster.sick = True
    error = halted(world)
    assert "the cluster did not become healthy in time" in error.what
    assert "health yellow, and green is needed" in error.why
    assert world.runs_with_what_is_wanted()
    world.cluster.sick = False
    world.up()
    assert_secured(world)


def test_what_has_joined_is_not_put_back_by_a_later_run_in_which_a_node_does_not_start(doors):
    world = doors(with_own_allocation())
    world.cluster.sick = True
    halted(world)
    crash(world, "es-3")
    world["es-3"].file("certs/http-key.p12").denied = True
    world.cluster.sick = False
    with suppress(SecurityError):
        world.up()
    assert [one.speaks_tls for one in world.nodes if one.process] == [True, True]


def test_a_node_that_flushes_for_long_is_waited_for_as_long_as_the_stack_file_says(doors):
    world = doors(with_own_allocation())
    world.waits, world["es-2"].process.takes = {"stop_timeout": 600}, 500.0
    world.up()
    assert_secured(world)


@pytest.mark.parametrize("takes", [500.0, None], ids=["and ends later", "and never ends"])
def test_a_node_that_does_not_end_in_time_is_told_with_the_key_to_raise_also_where_it_keeps_itself_down(takes, doors):
    world = doors(with_own_allocation())
    world["es-2"].process.takes = takes
    error = halted(world)
    assert "the node did not stop within 120 s" in error.what
    assert "raise `rollout.stop_timeout` in the stack file" in error.next_step


def test_an_earlier_process_is_waited_for_as_long_as_a_stop_may_take(doors):
    """What ends has no pid file any more, and lets go of its data last."""
    world = doors(with_own_allocation())
    world["es-2"].process.takes = 500.0
    halted(world)
    assert world["es-2"].process, "it still ends"
    world.waits = {"stop_timeout": 600}
    world.up()
    assert world.cluster.members() == set(THREE)
    assert world.nothing_is_kept()


@pytest.mark.parametrize(("waits", "seconds"), [({}, 300), ({"start_timeout": 1800}, 1800)], ids=["usual", "longer"])
def test_a_node_gets_as_long_to_start_as_the_stack_file_says(waits, seconds, doors):
    world = doors(with_own_allocation())
    world.waits = waits
    world.up()
    started = [call for one in world.nodes for call in one.target.ran if "-d" in call.argv]
    assert [call.timeout for call in started] == [seconds] * 3


@pytest.mark.parametrize("key", ["join_timeout", "health_timeout", "start_timeout", "stop_timeout"])
def test_another_patience_alone_changes_nothing_on_any_node(key, doors):
    world = doors(with_own_allocation())
    before = Recorded(world.wanted(), world.up())
    files, starts = world.everything(), [one.starts_tried() for one in world.nodes]
    world.waits = {key: 1800}
    handler, wanted, context = ClusterRestartHandler(), world.wanted(), FakeContext(world.clock)
    assert handler.changes(before, wanted, context) == []
    assert handler.preview(before, wanted, context).steps == ()
    after = handler.converge(before, wanted, context)
    assert after.processes == before.outputs.processes
    assert (world.everything(), [one.starts_tried() for one in world.nodes]) == (files, starts)


@pytest.mark.parametrize(("waits", "seconds"), [({}, 600), ({"health_timeout": 1200}, 1200)], ids=["default", "longer"])
def test_shards_get_as_long_as_the_stack_file_says_and_the_error_names_its_key(waits, seconds, doors):
    world = doors(with_own_allocation())
    world.waits, world.cluster.sick = waits, True
    error = halted(world)
    told = [text for text in world.context.shown if "health yellow, and green is needed" in text]
    assert told
    assert all(text.endswith(f" s of at most {seconds} s)") for text in told)
    assert error.next_step == (
        "wait until all nodes are there and health is green, then run `up` again: it goes on from here; where shards "
        "need more than "
        f"{seconds} s to come back, raise `rollout.health_timeout` in the stack file"
    )


def test_time_for_shards_is_none_for_nodes_that_do_not_join(doors):
    world = doors(with_own_allocation())
    world.waits, world.cluster.unseen = {"health_timeout": 1200}, {"es-3"}
    error = halted(world)
    assert "after 30" in error.why, "rollout.join_timeout is 300 s"
    assert "rollout.health_timeout" not in error.next_step
    assert "raise `rollout.join_timeout` in the stack file" in error.next_step


def test_once_all_nodes_have_joined_what_cannot_be_tidied_up_waits_for_the_next_run(doors):
    world = doors(with_own_allocation())
    world["es-2"].target.breaks("run", LET_GO)
    with pytest.raises(CommandFailed, match="cannot run sh"):
        world.up()
    assert world.runs_with_what_is_wanted(), "es-1 has let go of its previous files, so nobody may go back"
    world.up()
    assert_secured(world)


def test_a_node_is_not_put_back_when_another_one_cannot_be(doors):
    world = doors(with_own_allocation())
    world["es-2"].target.breaks("run", LET_GO)
    with pytest.raises(CommandFailed, match="cannot run sh"):
        world.up()
    crash(world, "es-2")
    world["es-2"].file("certs/http-key.p12").denied = True
    error = halted(world)
    assert "nothing was put back: es-1, es-3 speaks for good as is wanted" in error.what
    assert "with its previous files es-2 could not talk to it" in error.what
    assert "may not read" in error.why
    assert world["es-2"].settings()["xpack.security.enabled"] is True
    world["es-2"].file("certs/http-key.p12").denied = False
    world.up()
    assert_secured(world)


def test_files_of_stopped_nodes_that_cannot_be_written_fail_at_once_and_wait_for_nobody(doors):
    world = doors(stopped_cluster())
    world.running = False
    world["es-2"].target.breaks("write", "es-2/config/elasticsearch.yml")
    began = world.clock.monotonic()
    with pytest.raises(CommandFailed, match="es-2: cannot write"):
        world.up()
    assert world.clock.monotonic() - began < world.pause + 10
    world.up()
    assert not any(one.process for one in world.nodes)
    assert world["es-2"].settings()["xpack.security.enabled"] is True


def crash(world: World, name: str):
    world[name].process.ends = world.clock.now().timestamp()
