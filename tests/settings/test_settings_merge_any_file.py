"""Files of every form: a merge keeps all that is not ours, and other readers than ours find what was planned."""

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from components.errors import ConfigurationRefused
from components.settings.merge import flatten, merge
from components.settings.scalars import held, same
from tests.settings.operator_files import OURS, operator_files, read_by_others

HEADER = "# ours"
values = st.sampled_from(
    (True, False, 7, "single-node", "yes", "a: b #c", ("TLSv1.3", "TLSv1.2"), ("b",), (), ("x,y", "on"))
)
wanted_settings = st.dictionaries(st.sampled_from((*OURS, "xpack.security.new.setting")), values).map(
    lambda found: {"xpack.security.enabled": True} | found  # a stack always wants some
)
absent_settings = st.lists(
    st.sampled_from((*OURS, "xpack.security.", "xpack.security.http.", "discovery.")), max_size=2
)


def expected(standing, wanted, absent):
    """What must be read afterwards, decided from how the file was made."""
    gone = {key for key in standing for each in absent if key == each or (each.endswith(".") and key.startswith(each))}
    kept = {key: value for key, value in standing.items() if key not in gone or key in wanted}
    for key, value in wanted.items():
        if key not in standing or not same(standing[key], held(value)):
            kept[key] = held(value)
    return kept


@settings(max_examples=300, deadline=None)
@given(operator_files())
def test_a_file_is_read_as_it_was_meant(file):
    assert flatten(file.text, where="es-1") == file.settings
    assert read_by_others(file.text) == file.settings


@settings(max_examples=400, deadline=None)
@given(operator_files(), wanted_settings, absent_settings)
def test_a_merge_does_what_was_planned_and_no_more_as_others_read_it(file, wanted, absent):
    result = merge(file.text, wanted, absent, where="es-1", header=HEADER)
    event("changed" if result.changes else "left alone")
    planned = expected(file.settings, wanted, absent)
    assert read_by_others(result.text) == planned
    assert flatten(result.text, where="es-1") == planned
    assert [comment for comment in file.comments if comment not in result.text] == []
    assert ("\r" in result.text) <= ("\r\n" in file.text)
    assert result.text.startswith("\ufeff") == file.text.startswith("\ufeff")
    again = merge(result.text, wanted, absent, where="es-1", header=HEADER)
    assert (again.text, again.changes) == (result.text, ())


PIECES = (
    *("xpack.security.enabled", "a", "b.c", "true", "no", "~", "<<", "é", "-", "?", ":", "#", "---", "...", "%YAML"),
    *("|", ">-", "*x", "&x ", "!!str ", ": ", "- ", "? ", "# c", " ", "  ", "\t", "\n", "\n", "\r\n", "\x85", "\x07"),
    *"[]{},'\"",
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_whatever_is_in_a_file_it_is_merged_or_refused_with_line_and_reason(text):
    wanted = {"xpack.security.enabled": True, "a": "x"}
    refusal = None
    try:
        result = merge(text, wanted, ("b.c",), where="es-1", header=HEADER)
    except ConfigurationRefused as error:
        refusal = error
    event("refused" if refusal else "merged")
    if refusal is None:
        read = flatten(result.text, where="es-1")
        assert {"xpack.security.enabled": "true", "a": "x"}.items() <= read.items()
        assert "b.c" not in read
        return
    assert names_a_line_of(text, refusal.where)
    assert refusal.why
    assert refusal.next_step


def names_a_line_of(text, where):
    """Tell whether a refusal names a line that is there; without one, it is about all that cannot be edited."""
    if where == "es-1":
        return True
    line = int(where.removeprefix("es-1, line ").partition(", column ")[0])
    return 1 <= line <= len(text.splitlines()) + 1


@pytest.mark.parametrize(
    ("text", "after"),
    [
        pytest.param("t: |\n  x\nk: 1\n    # c\n", "t: |\n  x\n# c\n", id="below a key that goes"),
        pytest.param("t: |\n  x\nk: 1\n    # c\nz: 1\n", "t: |\n  x\n# c\nz: 1\n", id="and above one that stays"),
        pytest.param("t: >-\n  x\nk:\n  # c\n  l: 1\n  # d\n", "t: >-\n  x\n# c\n# d\n", id="in a group that goes"),
        pytest.param("u:\n  t: |\n    x\nk: 1\n  # c\n", "u:\n  t: |\n    x\n# c\n", id="the text ends a group"),
        pytest.param("t: x\nk: 1\n  # c\n", "t: x\n  # c\n", id="nothing would take it in"),
        pytest.param("t:\n  u: |\n    x\n  k: 1\n# c\n", "t:\n  u: |\n    x\n# c\n", id="it stands further out"),
    ],
)
def test_a_comment_whose_key_goes_does_not_become_part_of_a_text_above_it(text, after):
    assert merge(text, {}, ("k", "k.", "t.k"), where="es-1", header=None).text == after
