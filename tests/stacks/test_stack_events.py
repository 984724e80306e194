"""What is made of the engine's events: resources, notes, warnings, errors, and what is told at once."""

import pytest
from pulumi.automation.events import CancelEvent, EngineEvent
from pulumi.runtime import rpc

from provider.registry import HANDLERS
from stacks.events import PHASES, Failure, Watch, phase_of
from stacks.plan_rows import Seen
from tests.stacks.engine_events import begins, ends, fails, says, step, urn, violates

KEY_FILE = urn("NodeIdentity", "es-1-transport-identity")
RESTART = urn("ClusterRestart", "restart")
USER = urn("UserPassword", "elastic-user")


class Told(Watch):
    """A watch that keeps all that it tells."""

    def __init__(self):
        self.told = []
        super().__init__(
            on_begin=lambda phase, name: self.told.append(("begin", phase, name)),
            on_end=lambda phase, name: self.told.append(("end", phase, name)),
            on_failure=lambda phase, name: self.told.append(("failure", phase, name)),
            on_news=lambda phase, text: self.told.append(("news", phase, text)),
            on_note=lambda text: self.told.append(("note", text)),
        )


@pytest.fixture
def watch():
    """A watch of a new run."""
    return Told()


def test_a_resource_is_seen_with_its_operation_inputs_and_outputs(watch):
    watch.event(ends(step("NodeTrust", "es-1-transport-trust", "update", {"layer": "transport"}, {"steps": ["write"]})))
    assert watch.seen == [
        Seen(
            "es-1-transport-trust",
            "essecurity:nodes:NodeTrust",
            "update",
            {"layer": "transport"},
            {"steps": ["write"]},
        )
    ]


def test_what_a_preview_does_not_know_is_left_out(watch):
    watch.event(
        ends(step("Certificate", "leaf", inputs={"pem": rpc.UNKNOWN, "a": 1}, outputs={"notAfter": rpc.UNKNOWN}))
    )
    assert (watch.seen[0].inputs, watch.seen[0].outputs) == ({"a": 1}, {})


def test_of_a_deleted_resource_the_old_state_is_seen(watch):
    watch.event(ends(step("NodeTrust", "es-3-transport-trust", "delete", {"layer": "transport"}, {}, gone=True)))
    assert (watch.seen[0].op, watch.seen[0].inputs) == ("delete", {"layer": "transport"})


def test_what_is_recorded_of_a_resource_is_seen_beside_what_comes(watch):
    old = ends(step("Certificate", "leaf", "update", {"node": "es-1"}, {"serial": "0a"}, gone=True))
    new = ends(step("Certificate", "leaf", "update", {"node": "es-1"}, {"serial": "0b"}))
    new.res_outputs_event.metadata.old = old.res_outputs_event.metadata.old
    watch.event(new)
    assert watch.seen[0].outputs == {"serial": "0b"}
    assert watch.seen[0].before == {"node": "es-1", "serial": "0a"}


def test_a_resource_without_any_state_is_seen_too(watch):
    watch.event(ends(step("NodeTrust", "es-1-transport-trust", inputs=None, outputs=None)))
    assert (watch.seen[0].inputs, watch.seen[0].outputs) == ({}, {})


def test_work_on_a_resource_is_told_when_it_begins_ends_and_fails(watch):
    watch.event(begins("NodeIdentity", "a"))
    watch.event(ends(step("NodeIdentity", "a")))
    watch.event(begins("ClusterRestart", "restart", "update"))
    watch.event(fails("ClusterRestart", "restart", "update"))
    assert watch.told == [
        ("begin", "key files", "a"),
        ("end", "key files", "a"),
        ("begin", "rollout", "restart"),
        ("failure", "rollout", "restart"),
    ]
    assert [one.name for one in watch.seen] == ["a"], "what failed was not made"


@pytest.mark.parametrize("op", ["same", "read", "refresh"])
def test_nobody_is_told_of_what_stays_as_it_is_yet_it_is_seen(op, watch):
    watch.event(begins("NodeTrust", "a", op))
    watch.event(ends(step("NodeTrust", "a", op)))
    assert watch.told == []
    assert [one.op for one in watch.seen] == [op]


def test_phases_are_counted_by_what_changes_in_them(watch):
    for name, op in (("a", "create"), ("b", "update"), ("c", "same")):
        watch.event(ends(step("NodeTrust", name, op)))
    watch.event(ends(step("ClusterRestart", "restart", "same")))
    watch.event(ends(step("BasicSecurity", "basic-security")))
    assert {phase: number for phase, number in watch.phases().items() if phase} == {"trust files": 2}


def test_nobody_is_told_of_components(watch):
    watch.event(begins("BasicSecurity", "basic-security"))
    watch.event(ends(step("BasicSecurity", "basic-security")))
    assert watch.told == []


def test_what_is_being_done_on_a_resource_is_news_of_its_phase_and_no_note(watch):
    watch.event(says("wait until es-1 serves it\n", about=KEY_FILE, ephemeral=True))
    assert watch.told == [("news", "key files", "wait until es-1 serves it")]
    assert (watch.notes, watch.warnings, watch.failures) == ([], [], [])


@pytest.mark.parametrize(
    ("kind", "name"), [("CertificateAuthority", "transport-ca"), ("ClusterVerification", "verification")]
)
def test_news_of_a_resource_below_no_component_belong_to_its_phase_too(kind, name, watch):
    """The authority is the first of a run, so it is the one that waits while an earlier run is still at work."""
    watch.event(says("an earlier run is still at work", about=urn(kind, name, above=""), ephemeral=True))
    assert watch.told == [("news", PHASES[kind], "an earlier run is still at work")]


def test_news_about_nothing_belong_to_no_phase(watch):
    watch.event(says("thinking", ephemeral=True))
    assert watch.told == [("news", "", "thinking")]


def test_reasons_on_a_resource_are_notes(watch):
    watch.event(says("  leaf of es-1 is due\n", about=KEY_FILE))
    watch.event(says("leaf of es-2 is due", "info#err", about=KEY_FILE))
    assert watch.notes == ["leaf of es-1 is due", "leaf of es-2 is due"]


def test_what_the_restart_says_with_a_sign_is_how_a_gate_stands(watch):
    for text in ("rolling restart of es-1, because:", " 1. stop es-1", "✓ health is green", "! licence gold, expired"):
        watch.event(says(text, about=RESTART))
    watch.event(says("✓ health is green", about=RESTART))
    watch.event(says("✗ nobody's gate", about=KEY_FILE))
    watch.event(says("✗ every login was refused", about=USER))
    watch.event(says("elastic: the recorded password no longer works", about=USER))
    assert watch.gates == ("✓ health is green", "! licence gold, expired", "✗ every login was refused")
    assert "elastic: the recorded password no longer works" in watch.notes


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(says("full stop of es-1, because:", about=RESTART), id="on the restart, whose outputs say it"),
        pytest.param(says("said by nobody"), id="about nothing"),
        pytest.param(says("the plugin's traceback", "debug", KEY_FILE), id="for debugging"),
        pytest.param(says(" \n", about=KEY_FILE), id="empty"),
        pytest.param(says(" \n", "error", KEY_FILE), id="an empty error"),
        pytest.param(EngineEvent(1, 1, cancel_event=CancelEvent()), id="another kind of event"),
    ],
)
def test_these_messages_are_not_repeated(event, watch):
    watch.event(event)
    assert (watch.notes, watch.warnings, watch.failures, watch.seen, watch.told) == ([], [], [], [], [])


def test_warnings_are_kept_and_told_at_once_also_on_the_restart(watch):
    watch.event(says("es-2: Elasticsearch did not start; putting everything back as it was", "warning", RESTART))
    watch.event(says("clients send passwords in clear", "warning"))
    assert watch.warnings == [
        "es-2: Elasticsearch did not start; putting everything back as it was",
        "clients send passwords in clear",
    ]
    assert watch.told == [("note", text) for text in watch.warnings]


def test_what_the_engine_says_of_a_killed_run_is_told_in_our_words(watch):
    urns = [urn("ClusterRestart", "restart"), urn("NodeTrust", "es-1-transport-trust")]
    text = (
        "Attempting to deploy or update resources with 2 pending operations from previous deployment.\n"
        f"  * {urns[0]}, interrupted while updating\n  * {urns[1]}, interrupted while creating\n"
        f"  * {urns[0]}, interrupted while updating\n"
        "These resources are in an unknown state because the Pulumi CLI was interrupted while waiting for changes to "
        "these resources to complete. You should confirm whether or not the operations listed completed successfully "
        "by checking the state of the appropriate provider.\n"
    )
    watch.event(says(text, "warning"))
    assert watch.warnings == [
        "an earlier run was killed in the middle of its work on restart, es-1-transport-trust; it is looked at again "
        "and finished now"
    ]


def test_errors_are_kept_with_their_resource_or_without_one(watch):
    watch.event(says("es-1: cannot read it\n  why:  no\n", "error", KEY_FILE))
    watch.event(says("stack prod: 2 mistakes", "error"))
    assert watch.failures == [
        Failure("es-1-transport-identity", "es-1: cannot read it\n  why:  no"),
        Failure("", "stack prod: 2 mistakes"),
    ]
    assert watch.told == []


def test_the_mistake_that_ended_the_program_is_the_same_when_it_is_said_again(watch):
    for lead in ("", "an unhandled error occurred: "):
        watch.event(says(f"{lead}stack prod: 2 mistakes", "error"))
    assert set(watch.failures) == {Failure("", "stack prod: 2 mistakes")}


WEAK = "keys are strong enough\ncertificates.key: is `rsa-2048`\n  why:  too weak\n  next: choose another"
"""A violation as the SDK of policies hands it over: the policy's title first."""


def test_a_mandatory_violation_is_an_error_in_our_form_with_the_policy_that_says_so(watch):
    watch.event(violates(WEAK, name="es-1-http-leaf"))
    [failure] = watch.failures
    assert failure.of_policy
    assert failure.resource == "es-1-http-leaf"
    assert failure.text == (
        "certificates.key: is `rsa-2048`\n  why:  too weak\n  next: choose another\n"
        "  policy: minimum-key-type of elasticsearch-security (keys are strong enough)"
    )
    assert failure.for_people().resource == "", "it names its place itself, so that many leaves are said once"


def test_an_advisory_violation_is_a_warning_in_one_line_that_is_told_once(watch):
    for name in ("es-1-http-leaf", "es-2-http-leaf"):
        watch.event(violates(WEAK, "advisory", name=name))
    line = (
        "certificates.key: is `rsa-2048` · why: too weak · next: choose another · "
        "policy: minimum-key-type of elasticsearch-security (keys are strong enough)"
    )
    assert (watch.warnings, watch.failures, watch.told) == ([line], [], [("note", line)])


def test_a_violation_of_a_pack_of_others_is_told_in_its_own_words_with_its_resource(watch):
    watch.event(violates("Name things.\nThis has no name.", policy="names", name="es-1-http-leaf"))
    [failure] = watch.failures
    assert failure.for_people().resource == "es-1-http-leaf"
    assert failure.text.startswith("Name things.\nThis has no name.\n  policy: names of ")


@pytest.mark.parametrize("text", ["update failed", "preview failed", "refresh failed", "destroy failed"])
def test_what_the_engine_adds_after_the_reason_is_no_error_of_its_own(text, watch):
    watch.event(says(text, "error", RESTART))
    assert watch.failures == []


def test_every_resource_type_of_the_plugin_has_a_phase_and_no_phase_is_without_one():
    assert {token.rpartition(":")[2] for token in HANDLERS} == set(PHASES)
    assert len(set(PHASES.values())) == len(PHASES)


@pytest.mark.parametrize(
    ("token", "phase"),
    [
        ("essecurity:nodes:NodeTrust", "trust files"),
        ("essecurity:nodes:NodeTrustExclusive", "trust files, exclusively"),
        ("essecurity:nodes:LayerFiles", ""),
        ("aws:s3:Certificate", ""),
        ("pulumi:pulumi:Stack", ""),
        ("", ""),
    ],
)
def test_only_resources_of_ours_have_a_phase(token, phase):
    assert phase_of(token) == phase
