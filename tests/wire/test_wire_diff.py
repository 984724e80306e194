"""What Diff answers: differing inputs by path, reasons that no input shows, and what becomes another resource."""

from datetime import timedelta

import pytest

from tests.wire import asking
from tests.wire.small_handlers import BOX, reason
from tests.wire.talking import UNKNOWN, hidden, urn_of

TEA = {"label": "tea", "place": "shelf", "parts": [{"name": "lid"}, {"name": "base"}], "tags": {"a": "1"}}


@pytest.fixture
def saved(talk):
    """A box as it was saved."""
    return talk.create(BOX, {**TEA, "key": hidden("old")})


def test_no_change_is_no_difference(talk, saved):
    answer = talk.diff(saved)

    assert not answer.some
    assert (answer.kinds, answer.tops, answer.replaces) == ({}, [], [])


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        pytest.param({"label": "coffee"}, {"label": "UPDATE"}, id="a value"),
        pytest.param({"count": 2}, {"count": "ADD"}, id="a property that was not there"),
        pytest.param({"tags": None}, {"tags": "DELETE"}, id="a property that is gone"),
        pytest.param({"tags": {"a": "2", "b.c": "x"}}, {"tags.a": "UPDATE", 'tags["b.c"]': "ADD"}, id="in a map"),
        pytest.param({"tags": {}}, {"tags.a": "DELETE"}, id="gone from a map"),
        pytest.param(
            {"parts": [{"name": "lid"}, {"name": "foot", "weight": 2}]},
            {"parts[1].name": "UPDATE", "parts[1].weight": "ADD"},
            id="in an item of a list",
        ),
        pytest.param({"parts": [{"name": "lid"}]}, {"parts[1]": "DELETE"}, id="a shorter list"),
        pytest.param({"key": hidden("new")}, {"key": "UPDATE"}, id="a secret, by its name alone"),
        pytest.param({"key": UNKNOWN}, {"key": "UPDATE"}, id="a secret that is not known yet"),
        pytest.param({"count": UNKNOWN, "label": "x"}, {"count": "ADD", "label": "UPDATE"}, id="two properties"),
    ],
)
def test_every_differing_input_is_listed_by_its_path(talk, saved, changes, kinds):
    merged = {**saved.inputs, **changes}
    news = {key: value for key, value in merged.items() if value is not None}

    answer = talk.diff(saved, news)

    assert answer.some
    assert answer.kinds == kinds
    assert answer.inputs == set(kinds), "all of them are inputs"
    assert answer.tops == sorted(changes)
    assert answer.replaces == []


def test_a_value_is_the_same_whether_or_not_it_is_marked_as_a_secret(talk, saved):
    assert not talk.diff(saved, {**saved.inputs, "key": "old"}).some


def test_an_identifying_property_makes_it_another_resource(talk, saved):
    answer = talk.diff(saved, {**saved.inputs, "place": "cellar", "label": "wine"})

    assert answer.kinds == {"place": "UPDATE_REPLACE", "label": "UPDATE"}
    assert answer.replaces == ["place"]


def test_an_identifying_property_that_appears_makes_it_another_resource(talk):
    saved = talk.create(BOX, {"label": "tea"})

    answer = talk.diff(saved, {"label": "tea", "place": "cellar"})

    assert answer.kinds == {"place": "ADD_REPLACE"}
    assert answer.replaces == ["place"]


def test_a_reason_that_no_input_shows_is_a_difference_and_is_said_on_the_resource(talk, box, saved, heard):
    box.reasons = [reason("the seal is broken")]

    answer = talk.diff(saved)

    assert answer.some
    assert (answer.kinds, answer.inputs, answer.tops) == ({"serial": "UPDATE"}, set(), ["serial"])
    assert answer.replaces == []
    assert heard.texts(urn_of(BOX)) == ["the seal is broken"]


def test_every_reason_is_said_also_when_they_are_about_one_property(talk, box, saved, heard):
    box.reasons = [reason("the seal is broken"), reason("it is damp"), reason("the lid is off", on="note")]

    answer = talk.diff(saved)

    assert answer.kinds == {"serial": "UPDATE", "note": "UPDATE"}
    assert heard.texts(urn_of(BOX)) == ["the seal is broken", "it is damp", "the lid is off"]


def test_a_reason_about_a_differing_input_leaves_it_an_input(talk, box, saved):
    box.reasons = [reason("it says so", on="label")]

    answer = talk.diff(saved, {**saved.inputs, "label": "coffee"})

    assert answer.kinds == {"label": "UPDATE"}
    assert answer.inputs == {"label"}


def test_a_reason_may_make_it_another_resource(talk, box, saved):
    box.reasons = [reason("it burnt", replaces=True)]

    answer = talk.diff(saved)

    assert answer.kinds == {"serial": "UPDATE_REPLACE"}
    assert answer.replaces == ["serial"]


def test_a_record_of_an_unreadable_shape_is_written_anew_and_says_so(talk, box, saved, heard):
    box.reasons = [reason("never asked, since there is nothing to compare with")]
    other = type(saved)(BOX, saved.inputs, {"serial": {"of": "another version"}}, saved.id)

    answer = talk.diff(other)

    assert answer.some
    assert answer.replaces == []
    [line] = heard.texts(urn_of(BOX), severity="WARNING")
    assert "recorded in a form that this version does not know" in line


def test_what_another_version_recorded_besides_does_not_make_a_record_unreadable(talk, saved):
    outputs = {**saved.outputs, "future": {"a": 1}}
    inputs = {**saved.inputs, "parts": [{"name": "lid", "colour": "red"}, {"name": "base"}]}
    newer = type(saved)(BOX, inputs, outputs, saved.id)

    answer = talk.diff(newer, saved.inputs)

    assert answer.kinds == {"parts[0].colour": "DELETE"}


def test_an_authority_of_a_newer_version_keeps_its_key(talk):
    saved = talk.create(asking.AUTHORITY, asking.authority())
    [generation] = saved.outputs["generations"]
    outputs = {**saved.outputs, "generations": [{**generation, "future": "field"}]}

    again = talk.update(type(saved)(saved.token, saved.inputs, outputs, saved.id), asking.authority(validFor="9y"))

    assert again.outputs["signerKeyPem"] == saved.outputs["signerKeyPem"]


def test_the_clock_alone_makes_a_leaf_due_and_the_reason_is_said(talk, clock, heard):
    signer = talk.create(asking.AUTHORITY, asking.authority())
    leaf = talk.create(asking.CERTIFICATE, asking.leaf(signer))
    assert not talk.diff(leaf).some

    clock.time += timedelta(days=300)
    answer = talk.diff(leaf)

    assert (answer.kinds, answer.inputs) == ({"notAfter": "UPDATE"}, set())
    [said] = heard.texts(urn_of(asking.CERTIFICATE))
    assert said.startswith("es-1/transport/leaf: leaf expires on 2027-11-24")


def test_a_raised_generation_is_said_as_the_reason(talk, heard):
    saved = talk.create(asking.AUTHORITY, asking.authority())

    answer = talk.diff(saved, asking.authority(generation=2))

    assert answer.kinds == {"generation": "UPDATE", "notAfter": "UPDATE"}
    assert answer.inputs == {"generation"}
    assert heard.texts(urn_of(asking.AUTHORITY)) == [
        "way back for the transport CA: set authorities.transport.generation to 1 again and run `up`, until retire; "
        "after that only by another rotation",
        "generation 1 → 2: a new key for the transport CA",
    ]


@pytest.mark.parametrize(
    ("token", "change"),
    [
        pytest.param(asking.AUTHORITY, {"layer": "http"}, id="the authority of another layer"),
        pytest.param(asking.PASSWORD, {"purpose": "kibana_system"}, id="the password of another user"),
    ],
)
def test_another_identity_is_another_resource(talk, token, change):
    inputs = {asking.AUTHORITY: asking.authority(), asking.PASSWORD: asking.password()}[token]
    saved = talk.create(token, inputs)

    assert talk.diff(saved, {**inputs, **change}).replaces == list(change)


def test_what_somebody_did_to_a_node_is_a_difference(talk, node, heard):
    signer = talk.create(asking.AUTHORITY, asking.authority())
    trust = talk.create(asking.TRUST, asking.trust(node, signer))
    assert not talk.diff(trust).some

    (node.config / "certs" / "transport-trust.pem").unlink()

    assert talk.diff(trust).kinds == {"trusted": "UPDATE"}
    assert heard.texts(urn_of(asking.TRUST)) == ["es-1: transport layer does not trust logs transport CA g1 yet"]
