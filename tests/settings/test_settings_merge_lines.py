"""Lines that a merge adds and takes out."""

import pytest

from components.settings.merge import merge

ENABLED = "xpack.security.enabled"
HEADER = "# ours"


def merged(text, wanted=None, absent=(), header=HEADER):
    """Merge, and see that doing it again changes nothing."""
    result = merge(text, wanted or {}, absent, where="es-1", header=header)
    again = merge(result.text, wanted or {}, absent, where="es-1", header=header)
    assert again.text == result.text
    assert again.changes == ()
    return result


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", "# ours\n{k}: true\n", id="empty file"),
        pytest.param("\ufeff", "\ufeff# ours\n{k}: true\n", id="nothing but a byte order mark"),
        pytest.param("# c\n", "# c\n\n# ours\n{k}: true\n", id="nothing but comments"),
        pytest.param("a: 1\n", "a: 1\n\n# ours\n{k}: true\n", id="at the end"),
        pytest.param("a: 1\n\n", "a: 1\n\n# ours\n{k}: true\n", id="after a blank line"),
        pytest.param("a: 1", "a: 1\n\n# ours\n{k}: true\n", id="no final newline"),
        pytest.param("a: 1 # c", "a: 1 # c\n\n# ours\n{k}: true\n", id="no final newline after a comment"),
        pytest.param("a: 1\r\nb: 1", "a: 1\r\nb: 1\r\n\r\n# ours\r\n{k}: true\r\n", id="CRLF"),
        pytest.param("a:\n  b: 1\n  # c\n", "a:\n  b: 1\n  # c\n\n# ours\n{k}: true\n", id="after an indented comment"),
        pytest.param("a: |+\n  x\n\n", "a: |+\n  x\n\n# ours\n{k}: true\n", id="after a text that keeps blank lines"),
        pytest.param("---\na: 1\n...\n", "---\na: 1\n\n# ours\n{k}: true\n...\n", id="before the document's end"),
        pytest.param("  a: 1\n", "  a: 1\n\n  # ours\n  {k}: true\n", id="indented root"),
        pytest.param(
            "xpack:\n  security:\n    x: 1\n", "xpack:\n  security:\n    x: 1\n\n# ours\n{k}: true\n", id="nested"
        ),
        pytest.param("#{k}: true\n", "#{k}: true\n\n# ours\n{k}: true\n", id="a comment stays a comment"),
        pytest.param(
            "a: |\n  # ours\n", "a: |\n  # ours\n# ours\n{k}: true\n", id="the header inside a text is no header"
        ),
        pytest.param(
            "# ours\nb: 1\n\n# op\nc: 1\n", "# ours\nb: 1\n{k}: true\n\n# op\nc: 1\n", id="beneath the header"
        ),
        pytest.param(
            "# ours\n# op\nc: 1\n", "# ours\n{k}: true\n# op\nc: 1\n", id="beneath a header with nothing left"
        ),
        pytest.param("a: 1\n# ours", "a: 1\n# ours\n{k}: true\n", id="beneath a header without a newline"),
        pytest.param("# ours\nb:\n  - x\n", "# ours\nb:\n  - x\n{k}: true\n", id="beneath a list under the header"),
        pytest.param("a: |\n  x", "# ours\n{k}: true\n\na: |\n  x", id="before a text that ends without a newline"),
        pytest.param(
            "b: 1\n# 1\n# 2\na:\n  - |\n    x",
            "b: 1\n\n# ours\n{k}: true\n\n# 1\n# 2\na:\n  - |\n    x",
            id="and before the comments above it",
        ),
        pytest.param("{{}}\n", "{{{k}: true}}\n", id="empty braces"),
        pytest.param("{{a: 1}}\n", "{{a: 1, {k}: true}}\n", id="braces"),
        pytest.param("{{a: 1,}}\n", "{{a: 1, {k}: true,}}\n", id="braces with a comma at the end"),
        pytest.param('{{\n  "a": 1 # c\n}}\n', '{{\n  "a": 1, # c\n  {k}: true\n}}\n', id="braces on lines"),
        pytest.param('{{\n  "a": 1,\n}}\n', '{{\n  "a": 1,\n  {k}: true,\n}}\n', id="braces on lines, with a comma"),
    ],
)
def test_a_new_setting_is_added_as_a_line_beneath_the_header(before, after):
    result = merged(before.format(k=ENABLED), {ENABLED: True})
    assert result.text == after.format(k=ENABLED)
    assert [str(change) for change in result.changes] == [f"+ {ENABLED}: true"]


def test_new_settings_keep_the_order_of_the_plan_and_later_ones_join_them():
    first = merged("a: 1\n", {"z.b": 1, "z.a": ("x", "y,z")})
    assert first.text == "a: 1\n\n# ours\nz.b: 1\nz.a: [x, 'y,z']\n"
    later = merged(f"{first.text}\n# more\nb: 1\n", {"z.b": 1, "z.a": ("x", "y,z"), "z.c": "c"})
    assert later.text == "a: 1\n\n# ours\nz.b: 1\nz.a: [x, 'y,z']\nz.c: c\n\n# more\nb: 1\n"


def test_a_header_may_be_left_out_or_lack_its_sign_and_is_one_line():
    assert merged("a: 1\n", {"b": 1}, header=None).text == "a: 1\nb: 1\n"
    assert merged("a: 1\n", {"b": 1}, header="ours").text == "a: 1\n\n# ours\nb: 1\n"
    with pytest.raises(ValueError, match="one line"):
        merge("a: 1\n", {"b": 1}, (), where="es-1", header="# a\nb: 2")


@pytest.mark.parametrize(
    ("before", "absent", "after"),
    [
        pytest.param("a: 1\nk: 2 # c\nb: 3\n", "k", "a: 1\nb: 3\n", id="dotted, with its comment"),
        pytest.param("a: 1\nk: 2", "k", "a: 1\n", id="the last line"),
        pytest.param(
            "# for k\nk: 2\n# for b\nb: 3\n", "k", "# for k\n# for b\nb: 3\n", id="comments of their own stay"
        ),
        pytest.param("\ufeffk: 1\nb: 3\n", "k", "\ufeffb: 3\n", id="byte order mark"),
        pytest.param("k:\n  - a # 1\n  # 2\n  - b\n# 3\nb: 3\n", "k", "# 3\nb: 3\n", id="a list, with what is in it"),
        pytest.param("k: [a,\n  b] # c\nb: 3\n", "k", "b: 3\n", id="a list over two lines"),
        pytest.param("k: |\n  x\n\n  y\n\nb: 3\n", "k", "\nb: 3\n", id="a text in block style"),
        pytest.param("s.0: a\nb: 3\ns.1: b\n", "s", "b: 3\n", id="numbered list"),
        pytest.param("xpack.security.x: 1\nxpack.y: 2\n", "xpack.security.", "xpack.y: 2\n", id="prefix"),
        pytest.param(
            "xpack.security: 1\n", "xpack.security.", "xpack.security: 1\n", id="a prefix is not the key itself"
        ),
        pytest.param("kk: 1\n", "k", "kk: 1\n", id="a key is no prefix"),
        pytest.param("a:\n  k: 1\n  b: 2\n", "a.k", "a:\n  b: 2\n", id="nested, a sibling stays"),
        pytest.param(
            "a:\n  b: 2\n  c:\n    k: 1\nz: 1\n", "a.c.k", "a:\n  b: 2\nz: 1\n", id="an emptied mapping goes too"
        ),
        pytest.param(
            "a: # a\n  # 1\n  b: # b\n    # 2\n    k: 1 # k\n\n# 3\nz: 1\n",
            "a.b.k",
            "  # 1\n    # 2\n\n# 3\nz: 1\n",
            id="emptied mappings, comments of their own stay",
        ),
        pytest.param("a:\n  k: 1\n  e: {}\nz: 1\n", "a.k", "a:\n  e: {}\nz: 1\n", id="a mapping that was empty stays"),
        pytest.param("a: {k: 1, b: 2, c: 3} # c\n", "a.k", "a: {b: 2, c: 3} # c\n", id="first in braces"),
        pytest.param("a: {b: 2, k: 1, c: 3}\n", "a.k", "a: {b: 2, c: 3}\n", id="in the middle of braces"),
        pytest.param("a: { b: 2, k: 1 }\n", "a.k", "a: { b: 2 }\n", id="last in braces"),
        pytest.param("a: {b: 2, k: {x: 1, y: 2}}\n", "a.k.", "a: {b: 2}\n", id="braces in braces"),
        pytest.param("a: {k: 1} # c\nz: 1\n", "a.k", "z: 1\n", id="all of the braces"),
        pytest.param(
            "a: {\n  b: 2, # b\n  k: 1 # k\n}\n", "a.k", "a: {\n  b: 2, # b\n}\n", id="last on a line in braces"
        ),
        pytest.param(
            "a: {\n  k: 1, # k\n  # 1\n  b: 2\n}\n", "a.k", "a: {\n  # 1\n  b: 2\n}\n", id="on a line in braces"
        ),
        pytest.param("a: {\n  k: 1, b: 2\n}\n", "a.k", "a: {\n  b: 2\n}\n", id="not alone on a line in braces"),
        pytest.param("{k: 1}\n", "k", "{}\n", id="root in braces"),
        pytest.param("k: 1\n", "k", "", id="all there is"),
        pytest.param("# c\nk: 1\n", "k", "# c\n", id="all but comments"),
        pytest.param("---\nk: 1\n", "k", "---\n{}\n", id="a document mark needs something behind it"),
        pytest.param("a: 1\n", "k", "a: 1\n", id="what is not there"),
    ],
)
def test_a_removed_setting_takes_its_own_lines_and_no_more(before, absent, after):
    result = merged(before, absent=(absent,))
    assert result.text == after
    assert bool(result.changes) == (before != after)
