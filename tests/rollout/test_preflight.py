"""What a rollout finds out before it touches a node: every gate open, to be minded, or shut."""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from components.errors import ConfigurationRefused
from components.handling import Recorded
from components.nodes.cluster_facts import ClusterFacts
from components.nodes.line import LineInputs, LoginInputs
from components.nodes.logins import logins_refused
from components.rollout import cluster
from components.rollout.handler import ClusterRestartHandler
from components.rollout.preflight import (
    CLIENTS_GO_ON,
    GATES,
    GATES_OF_A_RESTART,
    GATES_WITHOUT_A_RESTART,
    Case,
    Sign,
    gates,
    shut,
)
from components.rollout.view import NodeView, RolloutView, Running
from components.values import UNKNOWN
from tests.fakes import FakeContext
from tests.rollout.views import stopped
from tests.rollout.world import with_own_allocation

GOOD = ClusterFacts(
    status="green",
    unassigned=0,
    versions={"es-1": "9.5.3", "es-2": "9.5.3"},
    licence=("basic", "active"),
    disk_used={"es-1": 0.3, "es-2": 0.85},
    skew={"es-1": 0.4, "es-2": -29.9},
    voters=frozenset({"es-1", "es-2", "es-3"}),
    without_replicas=(),
)


def node(name: str, *, tls: bool) -> NodeView:
    return NodeView(name, Running.OTHER, on_disk=False, speaks_tls=tls, wants_tls=True, changes=("a line",))


ROLLING = RolloutView((node("es-1", tls=True), node("es-2", tls=True)), consent=False)
FULL_STOP = RolloutView((node("es-1", tls=False), node("es-2", tls=False)), consent=True)


def told(view: RolloutView = ROLLING, **facts) -> list[str]:
    return [str(gate) for gate in gates(Case(view, replace(GOOD, **facts)))]


def test_a_cluster_that_is_well_has_every_gate_open():
    assert told() == [
        "✓ Elasticsearch 9.5.3 on every node",
        "✓ health is green",
        "✓ licence basic, active",
        "✓ every disk is at most 85% full",
        "✓ clocks are within 30 s of this machine's",
        "✓ 3 master-eligible nodes",
        "✓ every index has a second copy",
        "✓ the restart changes nothing for clients",
    ]


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        pytest.param(
            {"versions": {"es-1": "8.19.0", "es-2": "8.19.0"}},
            "✓ Elasticsearch 8.19.0 on every node",
            id="the oldest",
        ),
        pytest.param(
            {"versions": {"es-1": "9.5.3"}},
            "✓ Elasticsearch 9.5.3 on every node that is in the cluster",
            id="one that runs by itself",
        ),
        pytest.param({"versions": {"a": "8.18.4"}}, "✗ Elasticsearch 8.18.4; 8.19 and 9.x are supported", id="older"),
        pytest.param({"versions": {"a": "10.0.0"}}, "✗ Elasticsearch 10.0.0; 8.19 and 9.x are supported", id="newer"),
        pytest.param(
            {"versions": {"a": "9.5.3", "b": "8.19.1"}},
            "✗ nodes run Elasticsearch 8.19.1 and 9.5.3; finish the upgrade first",
            id="an upgrade under way",
        ),
        pytest.param({"status": "yellow", "unassigned": 2}, "! health is yellow, 2 shards unassigned", id="yellow"),
        pytest.param({"licence": ("gold", "expired")}, "! licence gold, expired", id="an expired licence"),
        pytest.param({"licence": None}, "! which licence the cluster has could not be found out", id="no licence"),
        pytest.param({"disk_used": {"a": 0.851, "b": 0.2}}, "! disks are over 85% full: a 85%", id="a full disk"),
        pytest.param({"skew": {"a": -30.0}}, "! the clock of a is 30 s behind this machine's", id="a slow clock"),
        pytest.param({"skew": {"a": 239.0}}, "! the clock of a is 239 s ahead of this machine's", id="a fast clock"),
        pytest.param(
            {"skew": {"a": -86400.0, "b": 3.0}},
            "✗ the clock of a is 86400 s behind this machine's: new certificates would not be valid there; "
            "set the clocks",
            id="a day",
        ),
        pytest.param(
            {"skew": {"a": 86400.0, "b": 3.0}},
            "✗ the clock of a is 86400 s ahead of this machine's: certificates end there before they do here; "
            "set the clocks",
            id="a day ahead",
        ),
        pytest.param(
            {"voters": frozenset({"es-1", "es-2"})},
            "! only 2 nodes may be elected: while one of them restarts, no search and no write is answered",
            id="no quorum without one of them",
        ),
        pytest.param(
            {"without_replicas": ("a", "b")},
            "! without a second copy, and away while their node restarts: a, b",
            id="indices without replicas",
        ),
        pytest.param(
            {"without_replicas": tuple("abcdefg")},
            "! without a second copy, and away while their node restarts: a, b, c, d, e and 2 more",
            id="many of them",
        ),
    ],
)
def test_what_is_not_so_is_told(facts, line):
    assert line in told(**facts)


def test_a_stopped_node_beside_one_that_runs_by_itself_is_not_said_to_be_the_only_one_left_out():
    view = replace(ROLLING, nodes=(*ROLLING.nodes, stopped("es-3")))
    assert told(view)[0] == "✓ Elasticsearch 9.5.3 on every node that runs"
    assert told(view, versions={"es-1": "9.5.3"})[0] == "✓ Elasticsearch 9.5.3 on every node that is in the cluster"


FILTER = {"xpack.security.transport.filter.allow": "10.0.0.0/8"}
PKI = {"xpack.security.authc.realms.pki.pki1.order": "1"}


@pytest.mark.parametrize(
    ("licence", "settings", "start"),
    [
        pytest.param(("basic", "active"), {}, "✓ licence basic, active", id="nothing is asked for"),
        pytest.param(("basic", "active"), FILTER, "! licence basic, active: IP filtering (", id="a feature in vain"),
        pytest.param(("basic", "active"), PKI, "✗ licence basic, active: a PKI realm (", id="a realm in vain"),
        pytest.param(("gold", "active"), FILTER | PKI, "✓ licence gold, active", id="licensed"),
        pytest.param(("gold", "expired"), FILTER, "! licence gold, expired: IP filtering (", id="not any more"),
        pytest.param(None, FILTER, "! which licence the cluster has could not be found out", id="nobody knows"),
    ],
)
def test_what_nodes_ask_for_and_the_licence_lacks_is_told(licence, settings, start):
    case = Case(ROLLING, replace(GOOD, licence=licence), {"es-1": settings, "es-2": {}})
    assert str(gates(case)[2]).startswith(start)


def test_a_preview_refuses_a_pki_realm_of_the_operators_that_the_licence_lacks(doors):
    world = doors(with_own_allocation())
    file = world["es-2"].file("elasticsearch.yml")
    file.content += b"xpack.security.authc.realms.pki.pki1.order: 1\n"
    before = world.snapshot()
    for run in (world.preview, world.up):
        with pytest.raises(ConfigurationRefused, match=r"a PKI realm \(`[a-z.]+\.pki1`, es-2\) takes gold"):
            run()
    assert world.snapshot() == before


def test_a_full_stop_says_that_nothing_is_answered_meanwhile():
    said = told(FULL_STOP, without_replicas=("a",))
    assert "! no search and no write is answered while all nodes are stopped" in said


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        pytest.param(("+ xpack.security.transport.ssl.enabled: true",), f"✓ {CLIENTS_GO_ON}", id="nothing"),
        pytest.param(("xpack.security.enabled: false → true",), "! from then on clients need a login", id="a login"),
        pytest.param(
            ("+ xpack.security.http.ssl.enabled: true", "+ xpack.security.enabled: true"),
            "! from then on clients need a login and https:// and the CA (output caCertificatePem)",
            id="both",
        ),
        pytest.param(
            ("xpack.security.http.ssl.keystore.path: certs/http.p12 → certs/http-key.p12",),
            "! from then on clients need another CA (output caCertificatePem)",
            id="another CA",
        ),
        pytest.param(
            ("− xpack.security.http.ssl.certificate: http.crt", "+ xpack.security.http.ssl.keystore.path: x"),
            "! from then on clients need another CA (output caCertificatePem)",
            id="another CA in place of PEM files",
        ),
    ],
)
def test_what_clients_need_from_then_on_is_told(changes, line):
    nodes = (replace(ROLLING.nodes[0], changes=changes), ROLLING.nodes[1])
    assert told(replace(ROLLING, nodes=nodes))[-1] == line


def test_a_cluster_that_is_taken_over_gets_new_passwords():
    nodes = (replace(ROLLING.nodes[0], secured="by hand (http.p12)"), ROLLING.nodes[1])
    needed = "new passwords (outputs elasticPassword, userPasswords)"
    assert told(replace(ROLLING, nodes=nodes))[-1] == f"! from then on clients need {needed}"


def test_only_a_shut_gate_keeps_a_rollout_from_beginning():
    bad = replace(GOOD, versions={"a": "7.17.0"}, status="yellow", disk_used={"a": 0.99}, skew={"a": 9999.0})
    found = gates(Case(ROLLING, bad))
    assert [finding.reason for finding in shut(found)] == ["VersionNotSupported", "ClocksDiffer"]
    assert {gate.sign for gate in found} == set(Sign)


SETTLED = NodeView("es-1", Running.WANTED, on_disk=True, speaks_tls=True, wants_tls=True)
STEADY = RolloutView((SETTLED, replace(SETTLED, name="es-2")), consent=False)


def test_without_a_restart_only_the_gates_of_every_preview_are_told():
    said = told(STEADY, voters=frozenset({"es-1"}), without_replicas=("a",))
    assert said == [
        "✓ Elasticsearch 9.5.3 on every node",
        "✓ health is green",
        "✓ licence basic, active",
        "✓ every disk is at most 85% full",
        "✓ clocks are within 30 s of this machine's",
        "✓ every node of the cluster is in the stack file",
    ]


def test_members_that_the_stack_file_leaves_out_are_told_where_nothing_is_restarted():
    three = {**GOOD.versions, "es-3": "9.5.3"}
    line = (
        "! es-3 is still in the cluster: list it under `nodes`, or stop it; its certificates are not renewed any more"
    )
    assert told(STEADY, versions=three)[-1] == line
    four = told(STEADY, versions={"es-4": "9.5.3", **three})[-1]
    assert four.startswith("! es-3, es-4 are still in the cluster: list them under `nodes`, or stop them; their ")
    assert not [line for line in told(ROLLING, versions=three) if "es-3" in line], "a restart refuses it"


@pytest.mark.parametrize(
    "gate", [*GATES, *GATES_WITHOUT_A_RESTART, *GATES_OF_A_RESTART], ids=lambda gate: gate.__name__
)
def test_every_gate_says_why_it_is_there(gate):
    assert gate.__doc__


def test_a_preview_tells_the_gates_and_a_shut_one_refuses_it(doors):
    world = doors(with_own_allocation())
    assert world.preview().gates[0] == "✓ Elasticsearch 9.5.3 on every node"
    assert "✓ health is green" in world.context.said
    world.cluster.version = "7.17.29"
    before = world.snapshot()
    for run in (world.preview, world.up):
        with pytest.raises(ConfigurationRefused, match=r"Elasticsearch 7\.17\.29; 8\.19 and 9\.x are supported"):
            run()
    assert world.snapshot() == before


def test_a_rollout_that_was_begun_asks_for_no_gate(doors):
    world = doors(with_own_allocation())
    world.up_killed_before(["start es-1, es-2, es-3"], 0)
    world.cluster.version = "7.17.29"
    world.up()
    assert world.runs_with_what_is_wanted()


def test_a_preview_with_nothing_to_do_tells_the_gates_all_the_same(doors):
    world = doors(with_own_allocation())
    done = world.up()
    world.cluster.sick = True
    assert world.changes(done) == []
    assert "! health is yellow, 0 shards unassigned" in world.context.said


def test_a_cluster_that_cannot_be_asked_is_told_in_place_of_its_gates(doors):
    world = doors(with_own_allocation())
    done = world.up()
    world.cluster.unseen = {"es-2", "es-3"}
    world.changes(done)
    assert world.context.said == ["! how the cluster is could not be found out: the nodes do not see each other"]


def test_a_cluster_that_takes_no_login_could_not_be_asked_and_that_alone_shuts_no_gate(doors, monkeypatch):
    world = doors(with_own_allocation())
    done = world.up()

    def refuse(*arguments):
        raise logins_refused(["elastic"], ["es-1"])

    monkeypatch.setattr(cluster, "connect_within", refuse)
    world.changes(done)
    why = "every login that is known was refused (users: elastic)"
    assert world.context.said == [f"! how the cluster is could not be found out: {why}"]


LOGIN = LoginInputs(user="elastic", password=SecretStr("pa55word"))
UNMADE = LoginInputs(user="elastic", password=UNKNOWN)


@pytest.mark.parametrize(
    ("before", "ahead", "trusted"),
    [
        pytest.param(
            "g1", LineInputs(authorities_pem=UNKNOWN, logins=(UNMADE,)), "g1", id="those to come are not made"
        ),
        pytest.param(
            "g1 g2 ",
            LineInputs(authorities_pem=SecretStr("g2 "), logins=(LOGIN,)),
            "g2 g1 g2 ",
            id="a rotation that was held goes on",
        ),
    ],
)
def test_gates_are_told_by_the_ca_and_the_login_of_before_while_nodes_have_those(
    doors, monkeypatch, before, ahead, trusted
):
    world = doors(with_own_allocation())
    done, called = world.up(), []
    present = LineInputs(authorities_pem=SecretStr(before), logins=(LOGIN,))

    def connect(seconds, line, clock, waiting):
        called.append(line)
        return world.cluster.connect(seconds, line, clock, waiting)

    monkeypatch.setattr(cluster, "connect_within", connect)
    recorded = Recorded(world.wanted().model_copy(update={"line": present}), done)
    wanted = world.wanted().model_copy(update={"line": ahead})
    context = FakeContext(world.clock)

    assert ClusterRestartHandler().changes(recorded, wanted, context) == []

    assert "✓ health is green" in context.said
    [line] = called
    assert (line.authorities_pem, [login.password.get_secret_value() for login in line.logins]) == (
        trusted,
        ["pa55word"],
    )
