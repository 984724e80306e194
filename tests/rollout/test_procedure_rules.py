"""Why nodes are restarted, what it takes, and what keeps it from beginning: rule by rule."""

from dataclasses import replace

import pytest

from components.rollout import procedure as rules
from components.rollout import refusals as refused_by
from components.rollout.procedure import (
    FILE_REASONS,
    FINISH_LINE,
    RESTART_REASONS,
    RESTARTING,
    TAKEOVER_LINE,
    Procedure,
    procedure,
    reasons,
    restart_reasons,
    secured_by_somebody_else,
)
from components.rollout.refusals import CONSENT_LINE, MODE_LINE, REFUSALS, refusals
from components.rollout.view import Running
from tests.rollout.views import cluster, node, open_node, outdated, stopped

BY_HAND = "by hand (own.p12)"
IN_HAND = "es-1: an earlier rollout stopped half-way and is finished now"


def half_done(name="es-1", **changes):
    """Return a node that somebody began to secure, and that does not start."""
    return stopped(name, **{"on_disk": False, "secured": BY_HAND, "half_done": "it lacks own.p12", **changes})


def told(findings):
    """Return findings as pairs."""
    return [(finding.reason, finding.message) for finding in findings]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        pytest.param(node(), [], id="runs with what is wanted"),
        pytest.param(
            open_node(),
            [
                ("TransportTlsChanges", "es-1: transport layer plain → TLS"),
                ("ConfigurationDiffers", "es-1: + tls"),
            ],
            id="open, and to be secured",
        ),
        pytest.param(
            node(wants_tls=False),
            [("TransportTlsChanges", "es-1: transport layer TLS → plain")],
            id="secured, and to be opened",
        ),
        pytest.param(
            outdated(changes=("~ a: 1 → 2", "keystore entry b: other value")),
            [("ConfigurationDiffers", "es-1: ~ a: 1 → 2, keystore entry b: other value")],
            id="another elasticsearch.yml and keystore",
        ),
        pytest.param(
            outdated(changes=()), [("ConfigurationDiffers", "es-1: its files differ")], id="nothing is said to differ"
        ),
        pytest.param(
            node(running=Running.OTHER),
            [("StartedBeforeItsFiles", "es-1: was started before its files were changed")],
            id="files are right, the process is older",
        ),
        pytest.param(
            node(in_hand=True),
            [("RolloutInHand", IN_HAND)],
            id="left in the middle, though it runs with what is wanted",
        ),
        pytest.param(stopped(on_disk=False, in_hand=True), [("RolloutInHand", IN_HAND)], id="left stopped"),
        pytest.param(
            open_node(in_hand=True),
            [
                ("RolloutInHand", IN_HAND),
                ("TransportTlsChanges", "es-1: transport layer plain → TLS"),
                ("ConfigurationDiffers", "es-1: + tls"),
            ],
            id="left in the middle, and still open: every reason, in order",
        ),
        pytest.param(
            outdated(secured=BY_HAND),
            [
                ("TakenOver", f"es-1: is taken over; it is secured {BY_HAND}"),
                ("ConfigurationDiffers", "es-1: ~ a: 1 → 2"),
            ],
            id="secured by somebody else",
        ),
        pytest.param(stopped(secured=BY_HAND, on_disk=False), [], id="secured by somebody else, and stopped"),
        pytest.param(
            half_done(),
            [("HalfDone", "es-1: was secured half-way, and does not start: it lacks own.p12")],
            id="secured half-way, and stopped",
        ),
        pytest.param(
            open_node(secured=BY_HAND),
            [
                ("TransportTlsChanges", "es-1: transport layer plain → TLS"),
                ("ConfigurationDiffers", "es-1: + tls"),
            ],
            id="secured half-way, and running as before",
        ),
        pytest.param(stopped(), [], id="stopped, with the right files"),
        pytest.param(stopped(on_disk=False, changes=("+ tls",)), [], id="stopped: files alone are no restart"),
        pytest.param(outdated(running=Running.WANTED), [], id="files were changed since, by somebody else"),
        pytest.param(node(left_files=True), [], id="what was kept is still there"),
        pytest.param(node(speaks_tls=None), [], id="it does not answer a handshake"),
    ],
)
def test_a_node_is_restarted_for_these_reasons(one, expected):
    assert told(restart_reasons(cluster(one))) == expected


def test_every_rule_that_asks_for_a_restart_has_a_case_of_its_own():
    found = {finding.reason for finding in restart_reasons(cluster(open_node(in_hand=True), node(running="other")))}
    found |= {finding.reason for finding in restart_reasons(cluster(outdated(secured=BY_HAND), half_done()))}
    found |= {finding.reason for finding in restart_reasons(cluster(node(running=Running.OTHER)))}
    assert len(found) == len(RESTART_REASONS)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        pytest.param(stopped(on_disk=False, changes=("+ tls",)), [("FilesDiffer", "es-1: + tls")], id="files differ"),
        pytest.param(
            stopped(on_disk=False), [("FilesDiffer", "es-1: its files differ")], id="nothing is said to differ"
        ),
        pytest.param(
            node(left_files=True),
            [("RolloutLeftFiles", "es-1: what an earlier rollout kept is still there, and needed no more")],
            id="what was kept is still there",
        ),
        pytest.param(
            stopped(on_disk=False, left_files=True),
            [
                ("FilesDiffer", "es-1: its files differ"),
                ("RolloutLeftFiles", "es-1: what an earlier rollout kept is still there, and needed no more"),
            ],
            id="both",
        ),
        pytest.param(node(), [], id="neither"),
    ],
)
def test_files_alone_are_touched_for_these_reasons(one, expected):
    assert told(reasons(cluster(one))) == expected
    assert len(FILE_REASONS) == 2


def test_where_a_node_restarts_the_reasons_of_files_alone_are_not_told():
    view = cluster(open_node("es-1"), node("es-2", left_files=True))
    assert {finding.reason for finding in reasons(view)} == {"TransportTlsChanges", "ConfigurationDiffers"}


def test_reasons_come_node_by_node_in_the_order_of_the_stack():
    view = cluster(open_node("es-2"), outdated("es-10"), open_node("es-1"))
    assert [finding.message.partition(":")[0] for finding in reasons(view)] == ["es-2", "es-2", "es-10", "es-1", "es-1"]


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        pytest.param(cluster(node("es-1"), node("es-2")), Procedure.NONE, id="all is as wanted"),
        pytest.param(cluster(stopped("es-1"), stopped("es-2")), Procedure.NONE, id="stopped, and ready to be started"),
        pytest.param(
            cluster(stopped("es-1", on_disk=False), stopped("es-2")), Procedure.FILES_ONLY, id="before the first start"
        ),
        pytest.param(cluster(node("es-1", left_files=True), node("es-2")), Procedure.TIDYING_UP, id="to be tidied up"),
        pytest.param(cluster(outdated("es-1"), node("es-2"), node("es-3")), Procedure.ROLLING, id="one is outdated"),
        pytest.param(cluster(outdated("es-1"), outdated("es-2")), Procedure.ROLLING, id="all are outdated"),
        pytest.param(
            cluster(node("es-1", running=Running.OTHER), node("es-2")),
            Procedure.ROLLING,
            id="one is older than its files",
        ),
        pytest.param(cluster(open_node("es-1"), open_node("es-2")), Procedure.FULL_STOP, id="transport TLS goes on"),
        pytest.param(cluster(node("es-1"), open_node("es-2")), Procedure.FULL_STOP, id="transport TLS is half on"),
        pytest.param(
            cluster(outdated("es-1", wants_tls=False), outdated("es-2", wants_tls=False)),
            Procedure.FULL_STOP,
            id="transport TLS goes off",
        ),
        pytest.param(
            cluster(node("es-1", in_hand=True, kept_tls=False), stopped("es-2", in_hand=True, kept_tls=False)),
            Procedure.FULL_STOP,
            id="a full stop that turns TLS on was killed",
        ),
        pytest.param(
            cluster(
                node("es-1", in_hand=True, kept_tls=True, speaks_tls=False, wants_tls=False),
                stopped("es-2", in_hand=True, kept_tls=True, wants_tls=False),
            ),
            Procedure.FULL_STOP,
            id="a full stop that turns TLS off was killed",
        ),
        pytest.param(
            cluster(node("es-1"), stopped("es-2", in_hand=True, kept_tls=False)),
            Procedure.ROLLING,
            id="all others have that behind them",
        ),
        pytest.param(
            cluster(node("es-1"), stopped("es-2", in_hand=True, kept_tls=True), outdated("es-3")),
            Procedure.ROLLING,
            id="a rolling restart was killed",
        ),
        pytest.param(cluster(outdated("es-1")), Procedure.FULL_STOP, id="a node alone cannot be spared"),
        pytest.param(cluster(open_node("es-1"), node("es-2", left_files=True)), Procedure.FULL_STOP, id="and files"),
    ],
)
def test_the_procedure_follows_from_the_reasons(view, expected):
    assert procedure(view) is expected


def test_only_procedures_that_stop_nodes_count_as_restarting():
    assert {Procedure.ROLLING, Procedure.FULL_STOP} == RESTARTING


def test_a_full_stop_without_consent_is_refused_with_the_line_to_add():
    view = cluster(open_node("es-1"), open_node("es-2"), open_node("es-3"), consent=False)
    assert told(refusals(view)) == [
        (
            "ConsentMissing",
            "this change stops all 3 nodes at once, and that was not allowed; to allow it, add this line to the stack "
            "file: elasticsearch-security:consent: {full_cluster_restart: true}",
        )
    ]
    assert CONSENT_LINE in refusals(view)[0].message


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(cluster(open_node("es-1"), open_node("es-2"), consent=True), id="it was given"),
        pytest.param(cluster(outdated("es-1"), outdated("es-2"), consent=False), id="a rolling restart"),
        pytest.param(cluster(stopped("es-1", on_disk=False), consent=False, starts=False), id="files only"),
        pytest.param(cluster(node("es-1"), consent=False), id="nothing to do"),
        pytest.param(
            cluster(open_node("es-1", in_hand=True), stopped("es-2", in_hand=True), consent=False),
            id="a full stop that was begun",
        ),
    ],
)
def test_consent_is_not_asked_for_here(view):
    assert refusals(view) == ()


def test_a_node_that_runs_although_the_cluster_is_not_to_be_running_is_refused():
    view = cluster(stopped("es-1"), outdated("es-2"), node("es-3"), starts=False)
    assert told(refusals(view)) == [
        (
            "RunningUnexpectedly",
            "es-2, es-3 run, but the stack file says `cluster.running: false`; remove that line or stop them",
        ),
    ]


def test_stopped_nodes_are_as_expected_before_the_first_start():
    assert refusals(cluster(stopped("es-1", on_disk=False), stopped("es-2", on_disk=False), starts=False)) == ()


@pytest.mark.parametrize(
    ("view", "down"),
    [
        pytest.param(cluster(outdated("es-1"), stopped("es-2"), stopped("es-3")), "es-2, es-3", id="two of three"),
        pytest.param(cluster(open_node("es-1"), stopped("es-2", on_disk=False)), "es-2", id="before a full stop"),
    ],
)
def test_a_node_that_somebody_stopped_is_started_before_others_are_stopped(view, down):
    assert told(refusals(view)) == [("NodeDown", f"{down} does not run, and the others do; start it first")]


def test_a_node_that_is_not_on_record_is_to_be_started_if_it_was_a_member_and_added_in_a_run_of_its_own_if_not():
    nodes = outdated("es-1"), stopped("es-2", on_disk=False, new=True, start="b"), stopped("es-3")
    [(reason, text)] = told(refusals(cluster(*nodes)))
    assert reason == "NodeDown"
    assert text.startswith("es-2, es-3 does not run, and the others do; start it first (to start: on es-2 `b`); but ")
    assert "where es-2 never was in the cluster, it has no files yet to start with: take it out of the" in text
    [(_, with_its_files)] = told(refusals(cluster(outdated("es-1"), stopped("es-2", new=True))))
    assert "never was" not in with_its_files


def test_who_is_to_start_nodes_is_told_the_command_once_for_those_that_share_it():
    unit = "systemctl start elasticsearch.service"
    nodes = [stopped(name, on_disk=False, start=unit) for name in ("es-1", "es-2")]
    found = told(refusals(cluster(*nodes, stopped("es-3", on_disk=False, start="docker start es-3"))))
    assert found[0][1].endswith(f" until then (to start: on es-1, es-2 `{unit}`; on es-3 `docker start es-3`)")
    view = cluster(outdated("es-1"), stopped("es-2", start=unit))
    assert told(refusals(view))[0][1].endswith(f"start it first (to start: on es-2 `{unit}`)")


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(cluster(stopped("es-1"), stopped("es-2"), starts=False), id="before the first start"),
        pytest.param(cluster(node("es-1"), stopped("es-2", in_hand=True)), id="a rollout stopped it"),
        pytest.param(cluster(stopped("es-1", in_hand=True), stopped("es-2", in_hand=True)), id="and all the others"),
        pytest.param(
            cluster(node("es-1", in_hand=True), stopped("es-2"), stopped("es-3")), id="a rollout is in hand elsewhere"
        ),
    ],
)
def test_a_node_that_is_down_is_no_reason_to_refuse_here(view):
    assert refusals(view) == ()


def test_a_cluster_that_somebody_stopped_is_to_be_started_or_named_as_not_started_yet():
    view = cluster(stopped("es-1", on_disk=False), stopped("es-2", on_disk=False))
    assert told(refusals(view)) == [
        (
            "NoNodeRuns",
            "no node runs; start them first, or, if they are to be started for the first time after this, set "
            "`cluster.running: false` in the stack file until then",
        )
    ]


def test_every_refusal_is_told_at_once():
    view = cluster(open_node("es-1"), stopped("es-2"), consent=False, starts=False)
    assert [finding.reason for finding in refusals(view)] == ["ConsentMissing", "RunningUnexpectedly"]
    started = replace(view, starts=True)
    assert [finding.reason for finding in refusals(started)] == ["ConsentMissing", "NodeDown"]
    assert len(REFUSALS) == 6


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        pytest.param((outdated("es-1", unnamed=True), outdated("es-2", unnamed=True)), ["NamesNotVerified"], id="both"),
        pytest.param((outdated("es-1", unnamed=True), node("es-2")), ["NamesNotVerified"], id="the last one"),
        pytest.param((outdated("es-1"), outdated("es-2")), [], id="they name their addresses"),
        pytest.param((outdated("es-1", unnamed=True),), [], id="the only node: it meets nobody"),
    ],
)
def test_names_are_not_asked_for_while_some_certificate_may_lack_them(nodes, expected):
    found = refusals(cluster(*nodes))
    assert [finding.reason for finding in found] == expected
    assert all(finding.message.startswith("es-1") and finding.message.endswith(MODE_LINE) for finding in found)


@pytest.mark.parametrize(
    ("nodes", "takes_over", "expected"),
    [
        pytest.param((outdated("es-1", secured=BY_HAND), node("es-2")), False, f"es-1 is secured already: {BY_HAND}. "),
        pytest.param((outdated("es-1", secured=BY_HAND), node("es-2")), True, ""),
        pytest.param((outdated("es-1"), open_node("es-2")), False, ""),
    ],
    ids=["refused", "to be taken over", "ours, or open"],
)
def test_what_somebody_else_secured_is_left_alone_unless_it_is_to_be_taken_over(nodes, takes_over, expected):
    found = secured_by_somebody_else(replace(cluster(*nodes), takes_over=takes_over))
    assert (found.message if found else "").startswith(expected)
    assert bool(found) is bool(expected)


def test_what_was_secured_half_way_needs_no_password_to_be_finished():
    nodes = (half_done("es-1"), open_node("es-2", secured=BY_HAND), open_node("es-3"))
    assert secured_by_somebody_else(cluster(*nodes)).message == (
        f"es-1 was secured half-way, {BY_HAND}, and it does not start: it lacks own.p12; es-2 was secured half-way, "
        f"{BY_HAND}, and it still runs without TLS. To let this stack finish it, add this line to the stack file: "
        f"{FINISH_LINE}"
    )
    also_in_force = (*nodes, outdated("es-4", secured=BY_HAND))
    assert secured_by_somebody_else(cluster(*also_in_force)).message.endswith(TAKEOVER_LINE)


@pytest.mark.parametrize(
    ("nodes", "consent", "kind", "refused"),
    [
        pytest.param((half_done(),), False, Procedure.FULL_STOP, [], id="the only one: nothing is stopped"),
        pytest.param(
            (half_done("es-1"), half_done("es-2"), stopped("es-3", on_disk=False)),
            False,
            Procedure.FULL_STOP,
            [],
            id="none runs: all are started",
        ),
        pytest.param(
            (half_done("es-1"), open_node("es-2")), False, Procedure.FULL_STOP, ["ConsentMissing"], id="others are open"
        ),
        pytest.param((half_done("es-1"), open_node("es-2")), True, Procedure.FULL_STOP, [], id="and may be stopped"),
        pytest.param(
            (half_done("es-1"), outdated("es-2")), False, Procedure.ROLLING, ["NodeDown"], id="others run with TLS"
        ),
        pytest.param(
            (stopped("es-1", on_disk=False), stopped("es-2", on_disk=False)),
            True,
            Procedure.FILES_ONLY,
            ["NoNodeRuns"],
            id="none is half done, and somebody stopped them",
        ),
    ],
)
def test_nodes_that_were_secured_half_way_are_started_where_that_stops_nobody_unasked(nodes, consent, kind, refused):
    view = cluster(*nodes, consent=consent)
    assert procedure(view) is kind
    assert [finding.reason for finding in refusals(view)] == refused


@pytest.mark.parametrize("rule", [*RESTART_REASONS, *FILE_REASONS, *REFUSALS], ids=lambda rule: rule.__name__)
def test_every_rule_says_in_words_what_it_looks_for(rule):
    assert rule.__doc__.startswith("Find ")
    assert rule in (getattr(rules, rule.__name__, None), getattr(refused_by, rule.__name__, None))


def test_nodes_that_an_earlier_full_stop_left_stopped_are_started_together():
    """One by one they would find no quorum, and each would be put back for it."""
    rest = [stopped(name, in_hand=True, kept_tls=True) for name in ("es-2", "es-3")]
    assert procedure(cluster(node("es-1", in_hand=True, kept_tls=True), *rest)) is Procedure.FULL_STOP
    assert procedure(cluster(node("es-1"), rest[0], node("es-3"))) is Procedure.ROLLING


def test_a_node_that_is_restarted_with_the_others_for_its_files_alone_is_in_the_plan_with_that_reason():
    edited = outdated("es-2", running=Running.WANTED)
    found = reasons(cluster(outdated("es-1"), edited, node("es-3")))
    assert told(found) == [
        ("ConfigurationDiffers", "es-1: ~ a: 1 → 2"),
        ("FilesDiffer", "es-2: ~ a: 1 → 2"),
    ]
