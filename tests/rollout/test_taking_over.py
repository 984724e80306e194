"""Nodes that somebody else secured: left alone without the operator's word; with it, restarted one by one with ours."""

import json
from pathlib import PurePosixPath

import pytest

from components.errors import ConfigurationRefused, RolloutHalted
from components.nodes.cluster_api import ALLOCATION
from components.rollout.procedure import Procedure
from components.rollout.refusals import MODE_LINE
from components.settings.leftovers import IDLE_ENTRIES, RIVAL_ENTRIES
from components.settings.scenarios import Choices, VerificationMode
from tests.fake_elasticsearch import HTTP, TRANSPORT, USER, FakeNode, key_file
from tests.fakes import FakeFile, Killed, Moment
from tests.rollout.world import THE_OPERATORS_OWN, THREE, World, assert_secured, stopped_cluster

THEIRS = "of-their-files"
AUTO_CONFIGURED = f"""
# by the first start
cluster.name: books
path.logs: {{logs}}
xpack.security.enabled: true
{HTTP}enabled: true
{HTTP}keystore.path: certs/http.p12
{TRANSPORT}enabled: true
{TRANSPORT}verification_mode: certificate
{TRANSPORT}keystore.path: certs/transport.p12
{TRANSPORT}truststore.path: certs/transport.p12
"""
FILES = ("certs/transport.p12", "certs/http.p12", "certs/http_ca.crt")
TAKING, REMOVING = {"takes_over": True}, {"takes_over": True, "removes_old": True}
LOOSELY = Choices(verification_mode=VerificationMode.CERTIFICATE)


def auto_configured(names: tuple[str, ...] = THREE, **takeover: bool) -> World:
    """Return a cluster that runs as its nodes configured themselves at their first start."""
    world = stopped_cluster(names)
    world.takeover, world.choices, world.consent = takeover, LOOSELY, False
    for one in world.nodes:
        _auto_configure(one)
        one.starts()
    world.cluster.persistent[ALLOCATION] = THE_OPERATORS_OWN
    return world


def _auto_configure(one: FakeNode) -> None:
    text = AUTO_CONFIGURED.format(logs=one.log.parent).encode()
    one.target.put(one.config / "elasticsearch.yml", FakeFile(text, 0o640, "root", USER))
    for name in FILES:
        one.target.put(one.config / name, FakeFile(key_file(THEIRS), 0o660, USER, USER))
    entries = {f"{prefix}keystore.secure_password": THEIRS for prefix in (TRANSPORT, HTTP)}
    entries |= dict.fromkeys((*RIVAL_ENTRIES, *IDLE_ENTRIES), THEIRS)
    content = json.dumps({"entries": {"keystore.seed": "x", **entries}}).encode()
    one.target.put(one.keystore.path, FakeFile(content, 0o600, USER, USER))


def files_of(one: FakeNode) -> list[str]:
    return [name for name in FILES if one.config / name in one.target.files]


@pytest.mark.parametrize("command", [World.preview, World.up])
def test_it_is_refused_with_what_was_found_on_which_node_and_the_line_to_add(doors, command):
    world = doors(auto_configured(("es-1", "es-2")))
    before = world.snapshot()
    with pytest.raises(ConfigurationRefused) as refused:
        command(world)
    how = "by Elasticsearch's auto-configuration (certs/transport.p12, certs/http.p12)"
    assert refused.value.what == "this cluster is not ours to change"
    assert refused.value.why.startswith(f"es-1 is secured already: {how}; es-2 is secured already: {how}. To take")
    assert "pulumi config set --secret --path elasticsearch-security:takeover.elastic_password" in refused.value.why
    assert refused.value.why.endswith("elasticsearch-security:takeover: {elastic_password: {secure: …}}")
    assert world.snapshot() == before


def test_nothing_is_asked_of_a_cluster_that_is_not_ours(doors):
    world = doors(auto_configured())
    world.fuse.disarm()
    with pytest.raises(ConfigurationRefused):
        world.preview()
    assert [call for call in world.fuse.calls if call.startswith("cluster: ") and "greet" not in call] == []


def test_with_the_operators_word_nodes_are_restarted_one_by_one_and_no_consent_is_asked_for(doors):
    world = doors(auto_configured(**TAKING))
    planned = world.preview()
    world.fuse.watch(lambda: [one.name for one in world.nodes if one.process is None])
    done = world.up()
    world.fuse.look = None
    assert (planned.procedure, done.procedure) == (Procedure.ROLLING, Procedure.ROLLING)
    assert planned.steps == done.steps
    assert "es-1: is taken over; it is secured by Elasticsearch's auto-configuration" in planned.reasons[0]
    assert max(len(down) for down in world.fuse.notes) == 1
    assert_secured(world)
    assert world.preview(done).steps == ()


def test_names_that_their_certificates_need_not_have_are_not_asked_for_at_once(doors):
    world = doors(auto_configured(**TAKING))
    world.choices = Choices()
    before = world.snapshot()
    for run in (world.preview, world.up):
        with pytest.raises(ConfigurationRefused) as refused:
            run()
        assert refused.value.why.endswith(MODE_LINE)
    assert world.snapshot() == before


def test_their_files_and_entries_stay_but_for_those_that_would_keep_ours_shut(doors):
    world = doors(auto_configured(**TAKING))
    world.up()
    for one in world.nodes:
        assert files_of(one) == list(FILES)
        entries = one.keystore.entries()
        assert not set(RIVAL_ENTRIES) & entries.keys()
        assert set(IDLE_ENTRIES) <= entries.keys()


def test_their_files_and_entries_go_where_the_operator_wants_that(doors):
    world = doors(auto_configured(**REMOVING))
    world.up()
    for one in world.nodes:
        assert files_of(one) == []
        assert not {*RIVAL_ENTRIES, *IDLE_ENTRIES} & one.keystore.entries().keys()
        assert one.config / "certs/transport-key.p12" in one.target.files
    assert_secured(world)


def test_a_node_that_does_not_come_back_gets_everything_back_also_its_entries(doors):
    world = doors(auto_configured(**REMOVING))
    world["es-2"].file("certs/http-key.p12").denied = True
    before = world.snapshot()
    with pytest.raises(RolloutHalted, match="the previous files of es-2 are back"):
        world.up()
    assert world.snapshot() == before
    assert world["es-2"].process is not None


@pytest.mark.parametrize("moment", [Moment.HALF, Moment.AFTER])
def test_a_take_over_killed_at_any_call_is_finished_by_the_next_run(doors, moment):
    world = doors(auto_configured(**REMOVING))
    world.fuse.watch(world.everything)
    world.up()
    world.fuse.look = None
    calls = world.fuse.changing_calls()
    assert len(calls) > 30
    for at in calls:
        world = doors(auto_configured(**REMOVING))
        world.fuse.arm(at, moment)
        with pytest.raises(Killed):
            world.up()
        case = f"killed {moment}: {world.fuse.calls[at]}"
        world.fuse.disarm()
        world.up()
        assert_secured(world, case)
        assert [files_of(one) for one in world.nodes] == [[], [], []], case
        assert not any({*RIVAL_ENTRIES, *IDLE_ENTRIES} & one.keystore.entries().keys() for one in world.nodes), case


def test_the_only_node_is_stopped_for_it_and_that_needs_consent(doors):
    world = doors(auto_configured(("es-1",), **TAKING))
    with pytest.raises(ConfigurationRefused, match="stops the only node, es-1"):
        world.preview()
    world.consent = True
    world.up()
    assert world.runs_with_what_is_wanted()
    assert PurePosixPath(f"{world['es-1'].config}/{FILES[0]}") in world["es-1"].target.files


def half_done(**takeover: bool) -> World:
    """Return a node that somebody began to secure: its settings name files that are not there, and it does not run."""
    world = stopped_cluster(("es-1",))
    world.takeover, world.choices, world.consent = takeover, LOOSELY, False
    one = world["es-1"]
    _auto_configure(one)
    for name in FILES:
        one.target.files.pop(one.config / name)
    return world


def test_a_node_that_was_secured_half_way_is_refused_with_why_it_does_not_start(doors):
    world = doors(half_done())
    before = world.snapshot()
    for run in (world.preview, world.up):
        with pytest.raises(ConfigurationRefused) as refused:
            run()
        assert "and it does not start: its elasticsearch.yml names certs/transport.p12, which is not there" in str(
            refused.value
        )
        assert refused.value.why.endswith("add this line to the stack file: elasticsearch-security:takeover: {}")
    assert world.snapshot() == before


def test_a_node_that_was_secured_half_way_is_configured_and_started_and_no_consent_is_asked_for(doors):
    world = doors(half_done(**TAKING))
    planned = world.preview()
    done = world.up()
    assert planned.steps == done.steps
    assert [step for step in done.steps if step.startswith(("stop", "write", "start"))] == [
        "write elasticsearch.yml and keystore of es-1",
        "start es-1",
    ]
    assert world.runs_with_what_is_wanted()
    assert world.nothing_is_kept()
    assert world.preview(done).steps == ()


def test_before_the_first_start_it_is_only_given_its_files(doors):
    world = doors(half_done(**TAKING))
    world.running = False
    assert world.up().procedure == Procedure.FILES_ONLY
    assert world["es-1"].process is None
    assert world["es-1"].settings()[f"{TRANSPORT}keystore.path"] == "certs/transport-key.p12"
