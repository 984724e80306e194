"""One plan from what the engine's events show: what changes, on which node, how it takes effect, and what is next."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from components.settings.effects import effect_of
from stacks.hook_rows import WHAT
from stacks.plan import ORDER, ROWS, Due, Plan, Restart, plan_from
from stacks.plan_rows import Row
from stacks.plan_words import words_of
from tests.stacks import seen
from tests.stacks.seen import (
    TLS_ON,
    adoption,
    authority,
    exclusive,
    identity,
    leaf,
    password,
    restart,
    securing,
    settings,
    trust,
    user,
    verification,
    wave,
)

RELOAD = f"{effect_of('trust file').effect}, {effect_of('trust file').within}"
FULL_STOP = "with the full stop"
NO_RESTART = {"procedure": "none", "steps": [], "reasons": []}


def rows(*resources):
    """Return the rows of a plan."""
    return list(plan_from(resources).rows)


def test_a_first_run_is_listed_in_the_order_of_the_work_equal_changes_of_nodes_joined():
    plan = plan_from(securing())
    two = ("es-1", "es-2")
    assert list(plan.rows) == [
        Row("authority", (), "+ transport CA g1, until 2036-11-22"),
        Row("leaf", two, "+ transport leaf"),
        Row("password", (), "+ bootstrap, generated"),
        Row("password", (), "+ elastic, generated"),
        Row("password", (), "+ kibana_system, generated"),
        Row("trust file", two, "write certs/transport-trust.pem (0640): g1 (new)", FULL_STOP),
        Row("key file", two, "write certs/transport-key.p12 (0640): leaf (new)", FULL_STOP),
        Row("elasticsearch.yml", two, TLS_ON, FULL_STOP),
        Row("keystore", two, "+ bootstrap.password", FULL_STOP),
        Row("user", (), "set the password of elastic"),
        Row("verification", (), "25 checks"),
    ]
    assert plan.restart == Restart(
        "full stop",
        ("es-1: transport layer plain → TLS", "es-2: transport layer plain → TLS"),
        ("stop es-1, es-2", "start es-1, es-2"),
        0.0,
    )
    assert not plan.is_empty


BESIDE, ALONE, TAKEN, REFUSED = "beside what is trusted", "nothing but g2", "g2 is accepted", "g1 is refused"
ROTATION = (
    trust("es-1", "update", BESIDE),
    wave("cover", TAKEN),
    identity("es-1", "update", "leaf, g2"),
    settings("es-1", TLS_ON, op="update"),
    exclusive("es-1", "update", ALONE),
    wave("retire", REFUSED),
    verification("update"),
)


@pytest.mark.parametrize("told", [ROTATION, ROTATION[::-1]], ids=["as it is done", "the other way round"])
def test_a_rotation_is_listed_as_it_is_done_and_no_node_loses_a_ca_that_others_still_present(told):
    assert [(row.what, row.change) for row in rows(*told)] == [
        ("trust file", BESIDE),
        ("proof", TAKEN),
        ("key file", "leaf, g2"),
        ("elasticsearch.yml", TLS_ON),
        ("trust file", ALONE),
        ("proof", REFUSED),
        ("verification", "25 checks"),
    ]


def test_what_is_still_to_be_retired_is_work_by_itself_and_no_mere_record():
    assert [row.change for row in rows(exclusive("es-1", "update", ALONE), wave("retire"))] == [ALONE]


@pytest.mark.parametrize(
    ("procedure", "effect"), [("rolling restart", RELOAD), ("files only", "at the next start")], ids=str
)
def test_in_a_takeover_a_leaf_of_ours_comes_after_the_restart_and_then_the_old_ca_goes(procedure, effect):
    found = rows(
        exclusive("es-1", step=ALONE),
        identity("es-1", step="leaf, g1"),
        adoption("es-1", step="its leaf"),
        settings("es-1", TLS_ON),
        restart(procedure=procedure),
    )
    assert [(row.what, row.change) for row in found] == [
        ("key file", "its leaf"),
        ("elasticsearch.yml", TLS_ON),
        ("key file", "leaf, g1"),
        ("trust file", ALONE),
    ]
    assert [row.effect for row in found[2:]] == [effect, effect]


def test_a_plan_is_the_same_whatever_happens_to_end_first():
    resources, notes = [*securing(), authority(layer="http"), leaf("es-1", layer="http")], ["es-2: b", "es-1: a"]
    plan = plan_from(resources, notes)
    assert plan_from(reversed(resources), reversed(notes)) == plan
    assert plan_from(sorted(resources, key=lambda one: one.name), notes) == plan
    layers = [row.change for row in plan.rows if row.what in {"authority", "leaf"}]
    assert layers == [
        "+ transport CA g1, until 2036-11-22",
        "+ HTTP CA g1, until 2036-11-22",
        "+ transport leaf",
        "+ HTTP leaf",
    ]


def test_nothing_changed_is_an_empty_plan_that_names_the_next_renewal():
    dates = {"notBefore": "2026-11-24T00:00:00+00:00", "notAfter": "2026-12-24T00:00:00+00:00"}
    plan = plan_from([leaf("es-1", "same", **dates), settings("es-1", TLS_ON, op="same"), restart("same")])
    assert plan == Plan(next_due=Due("transport leaf of es-1", datetime(2026, 12, 14, tzinfo=UTC)))
    assert plan.is_empty


@pytest.mark.parametrize("op", ["same", "read", "refresh"])
def test_what_the_engine_only_looks_at_is_no_change(op):
    assert plan_from([authority(op), trust("es-1", op), restart(op), verification(op)]).is_empty


@pytest.mark.parametrize("op", ["replace", "delete-replaced", "discard-replaced", "remove-pending-replace"])
def test_a_replacement_is_told_once_although_the_engine_tells_it_in_parts(op):
    parts = [trust("es-1", op), trust("es-1", "create-replacement")]
    assert rows(*parts) == rows(trust("es-1", "create-replacement"))
    assert plan_from([trust("es-1", op)]).is_empty


@pytest.mark.parametrize(
    ("op", "sign"), [("create", "+"), ("update", "~"), ("create-replacement", "~"), ("import", "~")]
)
def test_what_is_made_is_told_apart_from_what_is_changed(op, sign):
    assert rows(authority(op))[0].change.startswith(f"{sign} transport CA g1")
    assert rows(leaf("es-1", op))[0].change == f"{sign} transport leaf"
    assert rows(password("elastic", op))[0].change == f"{sign} elastic, generated"


def test_a_password_that_was_made_while_certificates_were_awaited_is_not_told_again():
    made = password("bootstrap", "update")
    assert rows(replace(made, before={**made.inputs, "waits": True}))[0].what == "record"
    waits = {**made.inputs, "waits": True}
    assert rows(replace(made, op="create", inputs=waits))[0].change == "+ bootstrap, generated"


def test_a_date_that_a_preview_does_not_know_is_left_out():
    assert rows(authority(notAfter=None))[0].change == "+ transport CA g1"
    assert rows(authority(notAfter="[unknown]"))[0].change == "+ transport CA g1"
    assert rows(leaf("es-1", notAfter="2027-11-24T04:00:00+00:00"))[0].change == "+ transport leaf, until 2027-11-24"


@pytest.mark.parametrize(("checks", "text"), [(25.0, "25 checks"), (7, "7 checks"), (None, "all checks")])
def test_a_verification_says_how_many_checks_it_makes(checks, text):
    assert rows(verification(checks=checks)) == [Row("verification", (), text)]


def test_files_that_are_replaced_are_reloaded_and_restart_nothing():
    changed = [trust("es-1", "update"), identity("es-1", "update"), exclusive("es-1", "update", "write trust")]
    assert [row.effect for row in rows(*changed)] == [RELOAD, RELOAD, RELOAD]


def test_new_files_wait_for_the_restart_where_there_is_one_and_replaced_ones_do_not():
    found = rows(trust("es-1"), trust("es-2", "update", "write another"), restart())
    assert [(row.nodes, row.effect) for row in found] == [(("es-1",), FULL_STOP), (("es-2",), RELOAD)]


@pytest.mark.parametrize(
    ("outputs", "effect"),
    [
        pytest.param({}, "with the full stop", id="a full stop"),
        pytest.param({"procedure": "rolling restart"}, "with the rolling restart", id="a rolling restart"),
        pytest.param({"procedure": "files only"}, "at the next start", id="before the first start"),
        pytest.param(NO_RESTART, "rolling restart", id="no restart is planned"),
    ],
)
def test_settings_take_effect_with_what_is_planned(outputs, effect):
    found = rows(settings("es-1", TLS_ON, secure=("bootstrap.password",)), restart(**outputs))
    assert [(row.what, row.effect) for row in found] == [("elasticsearch.yml", effect), ("keystore", effect)]


def test_keystore_entries_are_listed_by_name_when_they_are_new():
    entries = ("xpack.security.transport.ssl.keystore.secure_password", "bootstrap.password")
    assert [row.change for row in rows(settings("es-1", secure=entries))] == [
        "+ bootstrap.password",
        "+ xpack.security.transport.ssl.keystore.secure_password",
    ]
    assert [row.what for row in rows(settings("es-1", TLS_ON, op="update", secure=entries))] == ["elasticsearch.yml"]


HTTPS_OFF = "− xpack.security.http.ssl.enabled: true"
HTTP_ENTRY = "xpack.security.http.ssl.keystore.secure_password"


def test_keystore_entries_that_go_are_listed_by_name_with_their_node_and_why_and_when():
    reason = f"{HTTPS_OFF}, − keystore entry {HTTP_ENTRY}"
    reasons = [f"es-1: {reason}", f"es-2: {reason}", "es-3: was started with other files"]
    lowered = restart("update", procedure="rolling restart", reasons=reasons)
    changed = [settings(name, HTTPS_OFF, op="update") for name in ("es-1", "es-2")]
    plan = plan_from([*changed, lowered])
    assert [(row.nodes, row.change, row.effect) for row in plan.rows if row.what == "keystore"] == [
        (("es-1", "es-2"), f"− {HTTP_ENTRY}: its layer is without TLS", "with the rolling restart")
    ]
    assert words_of(plan.restart, plan.rows).reasons == (
        "its configuration changes (above) on es-1 es-2",
        "was started with other files on es-3",
    )


def test_an_entry_goes_from_one_node_beside_those_that_come_on_a_new_one():
    seed = "bootstrap.password"
    reasons = [f"es-1: − keystore entry {HTTP_ENTRY}", f"es-2: {TLS_ON}, + keystore entry {seed}"]
    found = rows(settings("es-2", TLS_ON, secure=(seed,)), restart("update", reasons=reasons))
    assert [(row.nodes, row.change) for row in found if row.what == "keystore"] == [
        (("es-2",), f"+ {seed}"),
        (("es-1",), f"− {HTTP_ENTRY}: its layer is without TLS"),
    ]


def test_an_entry_with_another_value_is_listed_with_its_node_and_told_once():
    reasons = [f"es-1: keystore entry {HTTP_ENTRY}: other value", "es-2: keystore entry not.made.yet"]
    plan = plan_from([restart("update", procedure="rolling restart", reasons=reasons)])
    assert list(plan.rows) == [Row("keystore", ("es-1",), f"~ {HTTP_ENTRY}: other value", "with the rolling restart")]
    assert words_of(plan.restart, plan.rows).reasons == (
        "its configuration changes (above) on es-1",
        "keystore entry not.made.yet on es-2",
    )


def test_a_trust_file_with_another_mode_is_written_once_though_two_waves_see_it():
    step = "write certs/transport-trust.pem (0640): transport CA g1 (mode is 0644)"
    assert [row.nodes for row in rows(trust("es-1", "update", step), exclusive("es-1", "update", step))] == [("es-1",)]


def test_nodes_are_listed_as_people_count():
    found = rows(*(trust(f"es-{number}") for number in (10, 2, 1)), trust("es-3", "update", "write another"))
    assert [row.nodes for row in found] == [("es-1", "es-2", "es-10"), ("es-3",)]


def test_changes_that_differ_in_a_word_or_in_their_effect_are_not_joined():
    found = rows(trust("es-1"), trust("es-2", step="write certs/transport-trust.pem (0640): g1 (content differs)"))
    assert len(found) == 2


@pytest.mark.parametrize(
    ("resource", "row"),
    [
        pytest.param(
            identity("es-3", "delete"),
            Row("key file", ("es-3",), "− forgotten: certs/transport-key.p12; nothing is taken from the node"),
            id="a key file",
        ),
        pytest.param(
            settings("es-3", TLS_ON, op="delete", secure=("a",)),
            Row("elasticsearch.yml", ("es-3",), "− forgotten; nothing is taken from the node"),
            id="settings",
        ),
        pytest.param(
            leaf("es-3", "delete"),
            Row("leaf", ("es-3",), "− forgotten: transport leaf; nothing is taken from the node"),
            id="a leaf",
        ),
        pytest.param(user("elastic", "delete"), Row("user", (), "− forgotten: elastic"), id="a user"),
        pytest.param(
            password("elastic", "delete"), Row("password", (), "− forgotten: that of elastic"), id="a password"
        ),
        pytest.param(
            authority("delete", "http", 2.0), Row("authority", (), "− forgotten: HTTP CA g2"), id="an authority"
        ),
    ],
)
def test_what_is_deleted_is_forgotten_and_its_earlier_steps_are_not_told_again(resource, row):
    assert rows(resource) == [row]


def test_a_proof_that_is_forgotten_is_told_only_where_nothing_else_is():
    gone = [trust("es-1", "delete"), exclusive("es-1", "delete"), wave("cover", op="delete")]
    told = Row("trust file", ("es-1",), "− forgotten; nothing is taken from the node")
    assert rows(*gone) == [told], "one row for what two waves did to one file"
    assert [row.what for row in rows(wave("adopt", op="delete"))] == ["record"]


def test_a_restart_that_takes_no_steps_is_none():
    assert plan_from([restart("update", **NO_RESTART)]).restart is None
    assert plan_from([restart("update", steps=[])]).restart is None
    assert plan_from([restart("update", procedure=None)]).restart is None


def test_a_restart_knows_how_long_the_last_full_stop_took():
    assert plan_from([restart("update", fullStopSeconds=42.5)]).restart.last_seconds == 42.5
    assert plan_from([restart("update", fullStopSeconds=None)]).restart.last_seconds == 0


def test_changes_that_touch_no_machine_are_one_row_so_that_the_run_writes_them_down():
    files = [trust("es-1", "update", ""), exclusive("es-1", "update", ""), settings("es-1", op="update")]
    plan = plan_from([*files, restart("update", **NO_RESTART)])
    assert list(plan.rows) == [
        Row(
            "record",
            (),
            "~ elasticsearch.yml of es-1, trust file of es-1, what the nodes run with",
            "no node is touched",
        )
    ]
    assert not plan.is_empty


def test_the_record_is_not_told_where_something_else_is():
    found = rows(settings("es-1", op="update"), trust("es-1", "update"))
    assert [row.what for row in found] == ["trust file"]


def test_components_and_strangers_are_no_rows():
    strangers = [seen.seen("BasicSecurity", "basic-security", "create"), seen.Seen("s", "a:b:Bucket", "create", {}, {})]
    assert plan_from(strangers).is_empty


def test_notes_are_told_once_in_order_and_not_where_a_row_or_the_restart_says_the_same():
    notes = [
        "es-1: write certs/transport-trust.pem (0640): g1 (new)",
        "signer was replaced: generation 2 signs now",
        "es-1: transport layer plain → TLS",
        "signer was replaced: generation 2 signs now",
        " 1. stop es-1, es-2",
        "leaf of es-10 is due",
        "leaf of es-1 is due",
    ]
    plan = plan_from([trust("es-1"), restart()], notes)
    assert plan.notes == ("leaf of es-1 is due", "leaf of es-10 is due", "signer was replaced: generation 2 signs now")


@pytest.mark.parametrize(
    ("leaves", "due"),
    [
        pytest.param(
            [("es-1", "2026-12-01", "2026-12-31"), ("es-2", "2026-11-01", "2026-12-01")], "es-2", id="earlier"
        ),
        pytest.param([("es-2", "2026-11-01", "2026-12-01"), ("es-1", "2026-11-01", "2026-12-01")], "es-1", id="a tie"),
    ],
)
def test_the_next_renewal_is_the_earliest_then_the_first_by_name(leaves, due):
    made = [
        leaf(name, "same", notBefore=f"{begins}T00:00:00+00:00", notAfter=f"{ends}T00:00:00+00:00")
        for name, begins, ends in leaves
    ]
    assert plan_from(made).next_due == Due(f"transport leaf of {due}", datetime(2026, 11, 21, tzinfo=UTC))


def test_leaves_that_are_forgotten_or_not_dated_yet_are_never_due():
    dates = {"notBefore": "2026-11-01T00:00:00+00:00", "notAfter": "2026-12-01T00:00:00+00:00"}
    assert plan_from([leaf("es-1", "delete", **dates), leaf("es-2"), authority("same")]).next_due is None


OF_KIBANA_SETTINGS = {"Kibana key file", "Kibana keystore"}


def test_every_kind_of_row_has_its_place_in_the_order():
    assert {what for what, _ in ROWS.values()} | {"keystore", "record", *OF_KIBANA_SETTINGS, *WHAT.values()} == set(
        ORDER
    )
    assert list(ROWS)[:2] == ["CertificateAuthority", "Certificate"]


def test_no_secret_is_part_of_a_plan():
    text = repr(plan_from(securing(), ["a note"]))
    assert seen.MASKED not in text


def test_a_leaf_that_is_taken_over_is_a_key_file_that_counts_from_the_restart_on():
    rolling = {"procedure": "rolling restart", "steps": ["stop es-1"], "reasons": ["es-1: is taken over"]}
    found = rows(adoption("es-1"), adoption("es-2"), restart(**rolling))
    written = "write certs/transport-key.p12 (0640): its leaf"
    assert found == [Row("key file", ("es-1", "es-2"), written, "with the rolling restart")]
