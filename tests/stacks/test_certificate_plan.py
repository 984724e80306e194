"""What a plan says of CAs and leaves: dates now and after, the reason, what it takes, and what only counts later."""

import dataclasses

import pytest

from stacks.plan import plan_from
from stacks.plan_rows import Row, Seen
from tests.stacks.seen import authority, leaf, restart

NOW = {"notAfter": "2027-11-24T04:00:00+00:00", "serial": "0a", "keyFormat": "pkcs12"}
AFTER = {"notAfter": "2028-07-25T04:00:00+00:00"}
WINDOW = "leaf expires on 2027-11-24 (in 122 days); its renewal window opened on 2027-07-25"
RELOADED = "hot reload, no restart"


def changed(resource, before, **inputs):
    """Return a resource with what is recorded of it, and with what is wanted now."""
    kept = {key: value for key, value in before.items() if key in {"keyFormat", "validFor", "renewInLast", "reissue"}}
    wanted = {**resource.inputs, **kept, **inputs}
    return dataclasses.replace(resource, inputs=wanted, before={**resource.inputs, **before})


def renewed(name, layer="http", reason=WINDOW, **inputs):
    return changed(leaf(name, "update", layer, reason=reason, **AFTER), NOW, **inputs)


def same(resource, **before):
    """Return a leaf or a CA whose record alone changes."""
    return dataclasses.replace(resource, before={**resource.inputs, "serial": "0a", **before})


def rows(*resources):
    return list(plan_from(resources).rows)


def test_a_leaf_that_is_renewed_says_until_when_now_and_then_why_and_that_nothing_restarts():
    text = f"~ HTTP leaf, until 2027-11-24 → 2028-07-25: {WINDOW}"
    assert rows(renewed("es-1"), renewed("es-2")) == [Row("leaf", ("es-1", "es-2"), text, RELOADED)]


def test_leaves_with_other_reasons_are_lines_of_their_own_and_no_reason_is_told_twice():
    forced = "forced by certificates.reissue (0 → 1)"
    notes = [f"es-1/http/leaf: {WINDOW}", f"es-2/http/leaf: {forced}", "another note"]
    plan = plan_from([renewed("es-1"), renewed("es-2", reason=forced)], notes)
    assert [row.change.rpartition("07-25: ")[2] or row.change for row in plan.rows][1] == forced
    assert [row.nodes for row in plan.rows] == [("es-1",), ("es-2",)]
    assert plan.notes == ("another note",)


def test_another_layout_of_key_files_comes_with_the_restart_that_it_needs():
    rolling = restart("update", procedure="rolling restart")
    assert rows(renewed("es-1", keyFormat="pem"), rolling)[0].effect == "with the rolling restart"
    assert rows(renewed("es-1"), rolling)[0].effect == RELOADED


def test_the_leaf_of_a_kibana_takes_effect_as_its_own_files_say():
    kibana = dataclasses.replace(renewed("kibana-1"), name="kibana-1-kibana-leaf")
    assert rows(kibana)[0].effect == ""


def test_a_first_leaf_has_no_past():
    assert rows(leaf("es-1", reason="", **AFTER)) == [Row("leaf", ("es-1",), "+ transport leaf, until 2028-07-25")]


def test_a_ca_that_is_renewed_keeps_its_key_and_its_leaves():
    before = {"generation": 1.0, "notAfter": "2036-11-22T04:00:00+00:00", "serial": "0a"}
    ca = changed(authority("update", notAfter="2043-07-23T00:00:00+00:00", reason="it is time"), before)
    assert rows(ca) == [
        Row(
            "authority",
            (),
            "~ transport CA g1, until 2036-11-22 → 2043-07-23: it is time",
            "same key: no leaf is reissued for it, no restart",
        )
    ]


def test_a_ca_of_another_generation_is_another_one():
    before = {"generation": 1.0, "notAfter": "2035-01-01T00:00:00+00:00", "serial": "0a"}
    ca = authority("update", generation=2.0, reason="generation 1 → 2: a new key for the transport CA")
    text = "~ transport CA g2, until 2036-11-22: generation 1 → 2: a new key for the transport CA"
    assert rows(changed(ca, before, generation=2.0)) == [Row("authority", (), text)]


@pytest.mark.parametrize(
    ("before", "now", "text"),
    [
        ({"validFor": "1y"}, {"validFor": "90D"}, "certificates.valid_for 1y → 90D counts from the next certificate"),
        ({"renewInLast": "1/3"}, {"renewInLast": "1/4"}, "certificates.renew_in_last 1/3 → 1/4 opens no window now"),
        ({"reissue": 2.0}, {"reissue": 1.0}, "certificates.reissue 2 → 1 asks for no more than before"),
    ],
)
def test_what_counts_later_is_one_line_for_all_leaves_and_no_certificate_changes(before, now, text):
    leaves = []
    for name in ("es-1", "es-2"):
        one = leaf(name, "update", serial="0a")
        leaves.append(same(dataclasses.replace(one, inputs={**one.inputs, **now}), **before))
    assert rows(*leaves) == [Row("record", (), f"~ {text}", "no certificate changes")]


def test_what_counts_later_for_a_ca_names_its_own_setting():
    one = authority("update", "http", serial="0a")
    wanted = {"leafValidFor": "90D", "validFor": "20y", "keyType": "rsa-3072"}
    before = {"leafValidFor": "1y", "validFor": "10y", "keyType": "ec-p256"}
    ca = same(dataclasses.replace(one, inputs={**one.inputs, **wanted}), **before)
    assert [row.change for row in rows(ca)] == [
        "~ authorities.http.valid_for 10y → 20y counts from the next certificate",
        "~ certificates.valid_for 1y → 90D counts from the next certificate",
        "~ authorities.http.key ec-p256 → rsa-3072 counts from the next generation",
    ]


def test_a_leaf_of_a_ca_that_was_renewed_is_written_down_and_no_row_where_others_are():
    ca = changed(authority("update", reason="it is time"), {"generation": 1.0, "serial": "0b"})
    assert [row.what for row in rows(ca, same(leaf("es-1", "update", serial="0a")))] == ["authority"]


@pytest.mark.parametrize(
    ("request_pem", "what"),
    [pytest.param("as before", "record", id="stays"), pytest.param("another", "leaf", id="new")],
)
def test_a_request_that_stays_needs_nobody_to_sign_it(request_pem, what):
    inputs = {"node": "es-1", "layer": "transport", "keyType": "ec-p384"}
    before = {**inputs, "keyType": "ec-p256", "requestPem": "as before"}
    name, token = "es-1-transport-request", "essecurity:pki:CertificateRequest"
    [row] = rows(Seen(name, token, "update", inputs, {"requestPem": request_pem}, before))
    assert row.what == what
