"""What a change costs: the table, row by row."""

import pytest

from components.settings.effects import EFFECTS, Effect, effect_of

UPDATING = "deploy-manage/security/updating-certificates"
TABLE = [
    ("key file", Effect.RELOAD, "≤ 5 s", UPDATING),
    ("trust file", Effect.RELOAD, "≤ 5 s", UPDATING),
    ("elasticsearch.yml", Effect.ROLLING, "one node at a time", UPDATING),
    ("keystore", Effect.ROLLING, "one node at a time", "deploy-manage/security/secure-settings"),
    ("key file password", Effect.ROLLING, "one node at a time", "deploy-manage/security/same-ca"),
    ("transport TLS on or off", Effect.FULL_STOP, "all nodes at once", "deploy-manage/security/set-up-basic-security"),
    ("kibana.yml", Effect.KIBANA_RESTART, "one Kibana at a time", "deploy-manage/security/set-up-minimal-security"),
    ("Kibana keystore", Effect.KIBANA_RESTART, "one Kibana at a time", "deploy-manage/security/secure-settings"),
    ("Kibana trust file", Effect.KIBANA_RESTART, "one Kibana at a time", "deploy-manage/security/different-ca"),
    ("Kibana key file", Effect.RELOAD, "at SIGHUP", "elastic/kibana#171823"),
]


@pytest.mark.parametrize(("change", "effect", "within", "citation"), TABLE, ids=[row[0] for row in TABLE])
def test_a_change_takes_effect_like_this(change, effect, within, citation):
    row = effect_of(change)
    assert (row.change, row.effect, row.within, row.citation) == (change, effect, within, citation)


def test_the_table_has_no_other_row_and_none_twice():
    assert [row.change for row in EFFECTS] == [change for change, *_ in TABLE]


@pytest.mark.parametrize("row", EFFECTS, ids=lambda row: row.change)
def test_every_row_says_where_elastic_says_so(row):
    assert row.citation.startswith(("deploy-manage/security/", "elastic/kibana#"))


def test_a_file_that_is_replaced_under_its_name_restarts_nothing():
    assert {row.change for row in EFFECTS if row.effect is Effect.RELOAD} == {
        "key file",
        "trust file",
        "Kibana key file",
    }


def test_only_transport_tls_stops_all_nodes_at_once():
    assert [row.change for row in EFFECTS if row.effect is Effect.FULL_STOP] == ["transport TLS on or off"]


def test_effects_read_as_an_operator_says_them():
    assert [str(effect) for effect in Effect] == ["reload", "rolling restart", "full stop", "restart of Kibana"]


def test_a_kind_of_change_that_is_not_in_the_table_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        effect_of("the weather")
