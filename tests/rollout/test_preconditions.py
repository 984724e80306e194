"""What must be so before a rollout may stop the first node: asked of the cluster and of each machine, read-only."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from components.errors import ConfigurationRefused, RolloutHalted, TargetUnreachable
from components.nodes.cluster_api import NOTE_LEFT, STILL_HELD, ClusterSummary
from components.nodes.logins import logins_refused
from components.rollout.preconditions import (
    PRECONDITIONS,
    cluster_is_not_as_listed,
    nodes_that_cannot_keep,
    nodes_that_cannot_start,
)
from tests.fake_elasticsearch import HOME, FakeNode
from tests.fakes import FakeClock, FakeFile, FakeTarget
from tests.rollout.views import cluster, node, open_node, outdated, stopped
from tests.rollout.world import with_own_allocation

TWO = cluster(open_node("es-1"), open_node("es-2"))
ROLLING = cluster(outdated("es-1"), outdated("es-2"))


@dataclass
class Api:
    """What stands for the cluster's API: it answers, or does not, and counts how often it was asked."""

    answer: ClusterSummary | Exception
    asked: int = field(default=0)
    held: str = ""

    def hold_left(self):
        return self.held

    def summary(self):
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def summary(*members, status="green", unassigned=0):
    """Return what a cluster of these members says of itself."""
    return ClusterSummary(status, frozenset(members), members[0], 0, 0, unassigned)


def told(findings):
    """Return findings as pairs."""
    return [(finding.reason, finding.message) for finding in findings]


@pytest.mark.parametrize(
    ("view", "answer", "expected"),
    [
        pytest.param(TWO, summary("es-1", "es-2"), [], id="as listed"),
        pytest.param(
            TWO,
            summary("es-1", "es-9", "es-2", "es-10"),
            [
                (
                    "NodeNotListed",
                    "the cluster has es-10, es-9, which the stack file does not list; a node that is left out could "
                    "not talk to the others afterwards: add it under `nodes`",
                )
            ],
            id="members that are not listed",
        ),
        pytest.param(
            TWO,
            summary("es-1"),
            [
                (
                    "NodeAbsent",
                    "es-2 of the stack file is not in the cluster (its members: es-1); correct `name` to the node's "
                    "`node.name`, or let it join first",
                )
            ],
            id="a listed node is no member",
        ),
        pytest.param(
            TWO,
            summary("es-1", "es-2", status="red"),
            [("HealthRed", "the cluster's health is red: primary shards are missing; mend that first")],
            id="red",
        ),
        pytest.param(TWO, summary("es-1", "es-2", status="yellow", unassigned=3), [], id="yellow, and a full stop"),
        pytest.param(
            ROLLING,
            summary("es-1", "es-2", status="yellow", unassigned=3),
            [
                (
                    "HealthNotGreen",
                    "the cluster's health is yellow (3 shards unassigned): while one node restarts, some shard could "
                    "be without any copy; wait until it is green, or add what its replicas need",
                )
            ],
            id="yellow, and a rolling restart",
        ),
        pytest.param(ROLLING, summary("es-1", "es-2"), [], id="green, and a rolling restart"),
    ],
)
def test_a_rollout_begins_only_on_the_cluster_that_the_stack_file_lists(view, answer, expected):
    assert told(cluster_is_not_as_listed(view, Api(answer))) == expected


def test_shards_that_an_earlier_run_keeps_from_moving_keep_no_rolling_restart_from_beginning():
    """It lets them go first, and waits for green before it stops a node."""
    yellow = summary("es-1", "es-2", status="yellow", unassigned=3)
    assert cluster_is_not_as_listed(ROLLING, Api(yellow, held=STILL_HELD)) == ()


def test_shards_that_an_operator_keeps_from_moving_do_since_nobody_lets_these_go():
    yellow = summary("es-1", "es-2", status="yellow", unassigned=3)
    [found] = cluster_is_not_as_listed(ROLLING, Api(yellow, held=NOTE_LEFT))
    assert found.reason == "HealthNotGreen"


def test_a_name_that_differs_is_told_from_both_sides_at_once():
    found = cluster_is_not_as_listed(ROLLING, Api(summary("es-1", "node-2", status="red")))
    assert [finding.reason for finding in found] == ["NodeNotListed", "NodeAbsent", "HealthRed"]


def test_every_precondition_is_one_of_these_four():
    assert [rule.__name__ for rule in PRECONDITIONS] == [
        "unlisted_nodes",
        "absent_nodes",
        "health_is_red",
        "rolling_needs_green",
    ]
    assert all(rule.__doc__.startswith("Find ") for rule in PRECONDITIONS)


def test_a_cluster_that_does_not_answer_is_not_begun_on():
    error = TargetUnreachable("no node answers", where="cluster", why="Connection refused", next_step="start them")
    assert told(cluster_is_not_as_listed(TWO, Api(error))) == [
        ("ClusterUnreachable", "no node answers (Connection refused)")
    ]


def test_a_cluster_that_takes_no_login_is_not_begun_on_and_it_is_said_what_to_give():
    error = logins_refused(["elastic"], ["es-1"])
    [(reason, text)] = told(cluster_is_not_as_listed(ROLLING, Api(error)))
    assert reason == "LoginsRefused"
    assert text == f"{error.what}: {error.why}; {error.next_step}"


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(cluster(open_node("es-1"), stopped("es-2", in_hand=True)), id="an earlier run began"),
        pytest.param(cluster(node("es-1", in_hand=True), node("es-2", in_hand=True)), id="and nearly ended"),
        pytest.param(cluster(stopped("es-1"), stopped("es-2")), id="no node runs"),
    ],
)
def test_the_cluster_is_not_asked_here(view):
    api = Api(summary("somebody-else", status="red"))
    assert cluster_is_not_as_listed(view, api) == ()
    assert api.asked == 0


def test_a_cluster_of_which_one_node_runs_is_asked():
    api = Api(summary("es-1", "es-2"))
    assert cluster_is_not_as_listed(cluster(open_node("es-1"), stopped("es-2")), api) == ()
    assert api.asked == 1


@pytest.fixture
def laid_out():
    """Two nodes that could be started."""
    made = []
    for port, name in enumerate(("es-1", "es-2"), 1):
        one = FakeNode(name, FakeTarget(name, FakeClock()), port)
        one.target.put(
            one.config / "elasticsearch.yml", FakeFile(b"cluster.name: books\n", 0o640, "root", "elasticsearch")
        )
        made.append(one)
    return made


def rollout_nodes(made):
    """Return nodes as far as a rollout needs them here."""
    return [SimpleNamespace(name=one.name, machine=one.machine) for one in made]


def test_nodes_that_can_be_started_again_are_no_finding(laid_out):
    assert nodes_that_cannot_start(rollout_nodes(laid_out)) == ()


def test_a_node_whose_user_may_not_read_its_settings_is_not_stopped_in_the_first_place(laid_out):
    laid_out[1].file("elasticsearch.yml").mode = 0o600
    assert told(nodes_that_cannot_start(rollout_nodes(laid_out))) == [
        (
            "CannotStart",
            "es-2 could not be started again: user elasticsearch may not read "
            "/nodes/es-2/config/elasticsearch.yml, or there is no such file",
        )
    ]


def test_every_node_that_cannot_be_started_is_named_with_its_program(laid_out):
    for one in laid_out:
        one.target.files.pop(HOME / "bin" / "elasticsearch")
    found = nodes_that_cannot_start(rollout_nodes(laid_out))
    assert [finding.message.partition(" could")[0] for finding in found] == ["es-1", "es-2"]
    assert all(f"may not run {HOME}/bin/elasticsearch" in finding.message for finding in found)


def test_looking_starts_and_stops_nothing(laid_out):
    nodes_that_cannot_start(rollout_nodes(laid_out))
    assert {call.argv[0] for one in laid_out for call in one.target.ran} <= {"test", "readlink"}
    assert all(not one.target.processes for one in laid_out)


def test_a_node_that_would_not_start_with_what_its_operator_wrote_is_not_stopped(doors):
    world = doors(with_own_allocation())
    es_2 = world["es-2"]
    es_2.target.put(es_2.config / "jvm.options.d" / "checks.options", FakeFile(b"-Des.enforce.bootstrap.checks=yes\n"))
    before = world.snapshot()
    for run in (world.preview, world.up):
        with pytest.raises(ConfigurationRefused) as caught:
            run()
        assert 'es-2: Elasticsearch would not start: "[es.enforce.bootstrap.checks] must be [true]' in caught.value.why
    assert world.snapshot() == before
    assert all(one.starts_tried() == 1 for one in world.nodes)


def test_what_is_in_hand_is_finished_or_put_back_whatever_its_operator_wrote_meanwhile(doors):
    world = doors(with_own_allocation())
    world.up_killed_before(["start es-1, es-2, es-3"], 0)
    es_2 = world["es-2"]
    es_2.target.put(es_2.config / "jvm.options.d" / "checks.options", FakeFile(b"-Des.enforce.bootstrap.checks=yes\n"))
    world.up()
    assert world.runs_with_what_is_wanted()


def test_a_node_that_may_not_read_its_new_key_is_found_before_any_node_is_stopped(doors):
    world = doors(with_own_allocation())
    world["es-2"].file("certs/transport-key.p12").mode = 0o600
    world["es-2"].file("certs/transport-key.p12").owner = "root"
    before = world.snapshot()
    world.preview()  # its plan may mend the file itself
    with pytest.raises(ConfigurationRefused) as caught:
        world.up()
    assert (
        "es-2 could not be started again: user elasticsearch may not read "
        "/nodes/es-2/config/certs/transport-key.p12: see the owner and mode of each, and of its folder"
    ) in caught.value.why
    assert world.snapshot() == before
    assert all(one.starts_tried() == 1 for one in world.nodes)


@pytest.mark.parametrize(
    ("folder_mode", "owner", "why"),
    [
        (0o550, "elasticsearch", "who may not write in /nodes/es-2/config: see the owner and mode of that folder, or"),
        (0o750, "root", "and leaves {keystore} as it is, since that belongs to root: `chown elasticsearch {keystore}`"),
    ],
)
def test_a_keystore_that_could_not_be_written_is_found_before_any_node_is_stopped(doors, folder_mode, owner, why):
    world = doors(with_own_allocation())
    target, path = world["es-2"].target, world["es-2"].keystore.path
    target.folders[path.parent].mode, target.files[path].owner = folder_mode, owner
    before = world.snapshot()
    for run in (world.preview, world.up):
        with pytest.raises(ConfigurationRefused) as caught:
            run()
        assert "the keystore of es-2 could not be written while it is stopped: " in caught.value.why
        assert f"`elasticsearch-keystore` is run as user elasticsearch, {why.format(keystore=path)}" in caught.value.why
    assert world.snapshot() == before
    assert all(one.starts_tried() == 1 for one in world.nodes)


def test_a_keystore_that_gets_nothing_new_need_not_be_one_that_can_be_written(laid_out):
    for one in laid_out:
        one.target.folders[one.config].mode = 0o550
    view = SimpleNamespace(
        nodes=[SimpleNamespace(name="es-1", entries=("one",)), SimpleNamespace(name="es-2", entries=())]
    )
    found = nodes_that_cannot_keep(view, rollout_nodes(laid_out))
    assert [finding.message.partition(" could")[0] for finding in found] == ["the keystore of es-1"]


def test_what_is_in_hand_is_put_back_also_where_a_new_key_cannot_be_read(doors):
    world = doors(with_own_allocation())
    world.up_killed_before(["start es-1, es-2, es-3"], 0)
    world["es-2"].file("certs/transport-key.p12").mode = 0
    with pytest.raises(RolloutHalted, match="the previous files are back on every node"):
        world.up()
    assert world.cluster.members() == {"es-1", "es-2", "es-3"}
