"""What holds for every stack file, whatever is in it."""

import copy
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stacks.config import check
from stacks.fields import every_field, is_list, model_in
from stacks.mistakes import Mistake
from stacks.model import StackModel
from tests.stacks.stackfiles import sections

LISTS = """
rollout: {waivers: [{gate: health_is_green, until: 2027-01-31}]}
kibana: [{name: kibana-1, address: 10.0.0.9, home: /opt/kibana}]
unmanaged_clients: [{name: billing, owner: team-x, confirmed_generation: 1}]
remote_clusters: [{name: archive, owner: team-y, authorities: archive.pem, confirmed_generation: 1}]
hooks: {before: [{name: silence, command: [x]}], after: [{name: wake, command: [x]}]}
authorities:
  transport: {own: {key: ca.p12, only_for_this_cluster: true, leaves: [{node: es-1, certificate: c.pem, key: k.pem}]}}
  http: {own: {key: ca.p12, leaves: [{node: es-1, certificate: c.pem, key: k.pem}]}}
"""
FIELDS = dict(every_field(StackModel))
WORDS_OF_PYTHON = ("None", "class", "Traceback", "pydantic", "Fraction(", "Input should", "Value error", "object at")

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=80) | st.dates()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
places = st.sampled_from(sorted(FIELDS))


def put(path, value):
    """Return a good stack file's sections, with an entry in each list, with this value in this place."""
    found = copy.deepcopy(sections(LISTS))
    here, steps = found, path.replace("[]", ".0").split(".")
    for step in steps[:-1]:
        here = here[0] if step == "0" else here.setdefault(step, {})
    here[steps[-1]] = value
    return found


def where(path):
    return path.replace("[]", "[0]")


def told(checked):
    """Return the mistakes as lines, each one whole and in words for a person."""
    assert all(mistake.path and mistake.wrong and mistake.right for mistake in checked)
    lines = [str(mistake) for mistake in checked]
    assert not [line for line in lines if "\n" in line or any(word in line for word in WORDS_OF_PYTHON)]
    return lines


@settings(max_examples=200, deadline=None)
@given(places, values)
def test_whatever_stands_in_whatever_place_is_a_model_or_a_list_of_mistakes(path, value):
    checked = check(put(path, value))
    if not isinstance(checked, StackModel):
        assert checked
        assert all(isinstance(mistake, Mistake) for mistake in checked)
        assert len({str(mistake) for mistake in checked}) == len(checked)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.sampled_from(list(StackModel.model_fields)) | st.text(), values, max_size=4))
def test_whatever_sections_there_are_they_are_a_model_or_a_list_of_mistakes(content):
    assert check(content)


@pytest.mark.parametrize("path", sorted(FIELDS))
@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"a": {"b": 1}}, id="a mapping"),
        pytest.param([["a"]], id="a list of lists"),
        pytest.param(date(2026, 11, 24), id="a date"),
        pytest.param(2.5, id="a number with a fraction"),
    ],
)
def test_a_value_of_another_kind_is_a_mistake_in_its_place(path, value):
    checked = check(put(path, value))
    if FIELDS[path].annotation is type(value):
        return
    assert not isinstance(checked, StackModel)
    assert all(line.startswith(where(path)) for line in told(checked))


@pytest.mark.parametrize("path", [path for path in sorted(FIELDS) if FIELDS[path].annotation not in (str, str | None)])
def test_a_word_in_place_of_anything_else_is_a_mistake_in_its_place(path):
    checked = check(put(path, "?"))
    assert not isinstance(checked, StackModel)
    assert [line.partition(": ")[0] for line in told(checked)] == [where(path)]


@pytest.mark.parametrize("path", sorted(FIELDS))
def test_an_empty_key_is_a_mistake_unless_empty_is_its_default(path):
    field = FIELDS[path]
    checked = check(put(path, None))
    said = [] if isinstance(checked, StackModel) else told(checked)
    may_be_empty = field.default is None and not field.is_required()
    assert any(line.startswith(f"{where(path)}: is empty; ") for line in said) is not may_be_empty


SECTIONS = [
    f"{path}[]" if is_list(field.annotation) else path for path, field in FIELDS.items() if model_in(field.annotation)
]


@pytest.mark.parametrize("path", SECTIONS)
def test_a_key_that_nobody_knows_is_a_mistake_in_every_section(path):
    content = put(f"{path}.zebra", 1)
    checked = check(content)
    assert any(f"{where(path)}.zebra: is not known here; known are `" in line for line in told(checked))


@pytest.mark.parametrize("path", [path for path in sorted(FIELDS) if len(path.rpartition(".")[2]) > 3])
def test_a_slip_of_one_letter_is_told_with_the_right_key(path):
    lead, dot, key = path.rpartition(".")
    slip = f"{lead}{dot}{key[0]}{key[2:]}"
    here = told(check(put(slip, 1)))
    assert any(line == f"{where(slip)}: is not known here; did you mean `{key}`?" for line in here)


VERBS = ("start", "stop", "status", "keystore")


def test_a_list_is_told_from_a_mapping():
    assert [path for path, field in FIELDS.items() if is_list(field.annotation)] == [
        "nodes",
        "nodes[].names",
        *(f"nodes[].machine.commands.{verb}" for verb in VERBS),
        "nodes[].machine.ssh.jump",
        *(f"machine.commands.{verb}" for verb in VERBS),
        "machine.ssh.jump",
        "http.names",
        "authorities.transport.own.leaves",
        "authorities.http.own.leaves",
        "kibana",
        "kibana[].names",
        "kibana[].restart",
        "kibana[].ssh.jump",
        "unmanaged_clients",
        "remote_clusters",
        "rollout.waivers",
        "hooks.before",
        "hooks.before[].command",
        "hooks.before[].ssh.jump",
        "hooks.after",
        "hooks.after[].command",
        "hooks.after[].ssh.jump",
    ]
