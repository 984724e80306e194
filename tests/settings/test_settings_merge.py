"""The merge of our settings into the operator's file: every other byte stays."""

import pytest

from components.errors import ConfigurationRefused
from components.settings.merge import flatten, merge

ENABLED = "xpack.security.enabled"
HTTP = "xpack.security.http.ssl.enabled"
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
        pytest.param(
            "a: 1\n{k}:   false   # off\nb: 2\n", "a: 1\n{k}:   true   # off\nb: 2\n", id="dotted, in the middle"
        ),
        pytest.param("{k}: false", "{k}: true", id="no final newline"),
        pytest.param("{k}: false\r\nb: 2\r\n", "{k}: true\r\nb: 2\r\n", id="CRLF"),
        pytest.param("\ufeff{k}: false\n", "\ufeff{k}: true\n", id="byte order mark"),
        pytest.param("{k}: 'false' # c\n", "{k}: 'true' # c\n", id="single quotes stay"),
        pytest.param('{k}: "false"#c\n', '{k}: "true"#c\n', id="double quotes stay, with a comment behind them"),
        pytest.param('"{k}": no\n', '"{k}": true\n', id="quoted key"),
        pytest.param("{k} :\n  false\n", "{k} :\n  true\n", id="value on the next line"),
        pytest.param("{k}: false\t# c\n", "{k}: true\t# c\n", id="tab before the comment"),
        pytest.param("{k}: !!bool no # c\n", "{k}: true # c\n", id="tag"),
        pytest.param("{k}: *off\n", "{k}: true\n", id="alias, which Elasticsearch reads as the text off"),
        pytest.param("{k}: &a false\n", "{k}: true\n", id="anchor that nothing uses"),
        pytest.param("{k}: |- # c\n  false\n\nb: 1\n", "{k}: true # c\n\nb: 1\n", id="text in block style"),
        pytest.param("{k}: [a, b] # c\n", "{k}: true # c\n", id="list in flow style"),
        pytest.param("{k}: [a]#c\n", "{k}: true #c\n", id="a comment that only a bracket lets stand so close"),
        pytest.param("{k}: # c\n  - a\n  - b\nb: 1\n", "{k}: true # c\nb: 1\n", id="list in block style"),
        pytest.param(
            "xpack: {{security: {{enabled: false}}}}\n", "xpack: {{security: {{enabled: true}}}}\n", id="flow"
        ),
        pytest.param(
            "xpack.security: {{enabled: false}}\n", "xpack.security: {{enabled: true}}\n", id="dotted, then flow"
        ),
        pytest.param("xpack:\n  security.enabled: off\n", "xpack:\n  security.enabled: true\n", id="partly dotted"),
        pytest.param(
            "xpack:\n  ml.enabled: false # ml\n  security:\n    # the switch\n    enabled: false  # here\n    x: 1\n",
            "xpack:\n  ml.enabled: false # ml\n  security:\n    # the switch\n    enabled: true  # here\n    x: 1\n",
            id="nested, among siblings and comments",
        ),
        pytest.param("? {k}\n: false # c\n", "? {k}\n: true # c\n", id="explicit key"),
        pytest.param("{{{k}: false, b: 1}}\n", "{{{k}: true, b: 1}}\n", id="root in braces"),
        pytest.param('{{"{k}":false}}\n', '{{"{k}":true}}\n', id="JSON"),
        pytest.param("--- # c\n{k}: false\n... # d\n", "--- # c\n{k}: true\n... # d\n", id="document marks"),
    ],
)
def test_a_setting_is_changed_where_it_stands_in_the_form_it_has(before, after):
    result = merged(before.format(k=ENABLED), {ENABLED: True})
    assert result.text == after.format(k=ENABLED)
    assert len(result.changes) == 1


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{k}: true\n", id="true"),
        pytest.param('{k}: "true"\n', id="in quotes"),
        pytest.param("{k}: yes # c\n", id="yes"),
        pytest.param("xpack: {{security: {{enabled: ON}}}}", id="nested, ON"),
        pytest.param("#{k}: false\n{k}: True\n", id="a comment is a comment"),
    ],
)
def test_nothing_changes_where_the_node_already_reads_what_is_wanted(text):
    text = text.format(k=ENABLED)
    result = merge(text, {ENABLED: True}, (), where="es-1", header=HEADER)
    assert result.text == text
    assert result.changes == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("s: [a, b] # c\n", None, id="flow style"),
        pytest.param("s:\n  - a # c\n  - 'b'\n", None, id="block style"),
        pytest.param("s: a, b\n", None, id="text with commas"),
        pytest.param("s.0: a\ns:\n  1: b\n", None, id="numbered"),
        pytest.param("s: [b] # c\n", "s: [a, b] # c\n", id="flow style, changed"),
        pytest.param("s: b, a # c\n", "s: [a, b] # c\n", id="text, changed"),
        pytest.param("s:\n  - b # c\n", "s:\n  - a\n  - b # c\n", id="an item comes before one that stays"),
        pytest.param("s:\n- a # c", "s:\n- a # c\n- b\n", id="an item comes at the end, no final newline"),
        pytest.param(
            "s:\n  - 'a' # 1\n  # 2\n  - x # 3\n  - b # 4\nz: 1\n",
            "s:\n  - 'a' # 1\n  # 2\n  - b # 4\nz: 1\n",
            id="an item goes, comments of their own stay",
        ),
        pytest.param("s:\n  - a\n  - 'x' # c\n", "s:\n  - a\n  - 'b' # c\n", id="an item is changed"),
        pytest.param("s:\n  - x\n  - y\n  - z\n", "s:\n  - a\n  - b\n", id="all items change"),
        pytest.param("s.0: a\ns.1: x # c\nz: 1\n", "s.0: a\ns.1: b # c\nz: 1\n", id="numbered, changed"),
        pytest.param("s.0: a\ns.1: b\ns.2: c\nz: 1\n", "s.0: a\ns.1: b\nz: 1\n", id="numbered, one too many"),
        pytest.param("s.0: a\nz: 1\n", "s.0: a\nz: 1\n\n# ours\ns.1: b\n", id="numbered, one too few"),
        pytest.param("s:\n  - |\n    x\n", None, id="an item in block style"),
    ],
)
def test_a_list_stands_or_is_changed_item_by_item(before, after):
    result = merged(before, {"s": ("a", "b")})
    if "|" in before:
        assert flatten(result.text, where="es-1") == {"s": ("a", "b")}
    else:
        assert result.text == (after or before)


def test_a_list_may_become_empty_or_a_text():
    assert merged("s: # c\n  - a\nz: 1\n", {"s": ()}).text == "s: [] # c\nz: 1\n"
    assert merged("s.0: a\ns.1: b\nz: 1\n", {"s": "x"}).text == "z: 1\n\n# ours\ns: x\n"


def test_what_is_wanted_stays_though_its_prefix_must_be_absent():
    text = f"{HTTP}: false\nxpack.security.http.ssl.truststore.path: old.p12\n"
    result = merged(text, {HTTP: True}, ("xpack.security.http.ssl.",))
    assert result.text == f"{HTTP}: true\n"


def test_changes_say_what_happened_and_in_which_line():
    text = f"a: 1\nx.old: [a, b]\n{ENABLED}: false\n"
    result = merged(text, {HTTP: True, ENABLED: True}, ("x.",))
    assert [(str(change), change.line) for change in result.changes] == [
        (f"{ENABLED}: false → true", 2),
        ("− x.old: [a, b]", 2),
        (f"+ {HTTP}: true", 5),
    ]
    assert result.text.splitlines()[4] == f"{HTTP}: true"


def test_what_looks_secret_is_never_shown():
    text = "a.password: hunter2\nb.secure_x: hunter2\nc.key_passphrase: hunter2\n"
    result = merged(text, {"a.password": "swordfish", "d.secure_y": "swordfish"}, ("b.", "c.key_passphrase"))
    shown = " ".join(map(str, result.changes)) + repr(result.changes)
    assert "a.password: *** → ***" in shown
    assert "hunter2" not in shown
    assert "swordfish" not in shown


def test_tabs_behind_a_value_become_blanks_where_quotes_come_before_them():
    assert merged("k: x\t # c\n", {"k": "yes"}).text == "k: 'yes'  # c\n"
    assert merged("k: x\t # c\n", {"k": "y"}).text == "k: y\t # c\n"


def test_placeholders_and_letters_beyond_ascii_stay_as_they_are():
    text = 'node.name: ${HOSTNAME}\npath.data: "/daten/größe 🎉"\n'
    assert merged(text, {ENABLED: True}).text == f"{text}\n# ours\n{ENABLED}: true\n"


def test_in_a_long_file_only_the_lines_of_our_settings_change():
    lines = [line for n in range(250) for line in (f"# about {n}", f"section{n}:", f"  key.{n}:  v{n}  # c", "")]
    lines[500] = f"{ENABLED}: false # for now"
    text = "\n".join(lines) + "\n"
    result = merged(text, {ENABLED: True, HTTP: True}, ("section7.key.7",))
    expected = [*lines[:500], f"{ENABLED}: true # for now", *lines[501:], HEADER, f"{HTTP}: true"]
    del expected[29:31]
    assert len(lines) == 1000
    assert result.text.splitlines() == expected
    assert [change.line for change in result.changes] == [499, 31, 1000]


@pytest.mark.parametrize(
    ("text", "wanted", "says"),
    [
        pytest.param(
            "x: &a\n  k: 1\ny: *a\n", {"x.k": 2}, "es-1, line 1, column 4: x.k stands in what *a", id="shared block"
        ),
        pytest.param("k: &a 1\ny: *a\n", {"k": 2}, "es-1, line 1, column 4: k stands in what *a", id="shared value"),
        pytest.param("&a k: 1\ny: *a\n", {"k": 2}, "es-1, line 1, column 1: k stands in what *a", id="shared key"),
        pytest.param("k: [&a x]\ny: *a\n", {"k": 2}, "es-1, line 1, column 5: k stands in what *a", id="shared item"),
        pytest.param("k:\n  x: 1\n", {"k": 2}, "es-1: k cannot be set or removed", id="a group has the name"),
        pytest.param(
            "k.0: x\nk.2: z\n", {"k": ("x", "y")}, "es-1: k cannot be set", id="a number that would join the list"
        ),
        pytest.param("a: 1\n", {"k": ""}, "es-1: the value wanted for k is empty", id="an empty value"),
        pytest.param(
            "a: 1\na: 2\n", {"k": 1}, "es-1, line 2, column 1: a is set twice", id="a file that no node reads"
        ),
    ],
)
def test_what_cannot_be_done_safely_is_refused_with_a_next_step(text, wanted, says):
    with pytest.raises(ConfigurationRefused) as refused:
        merge(text, wanted, (), where="es-1", header=HEADER)
    assert says in str(refused.value)
    assert refused.value.next_step


def test_a_shared_block_elsewhere_does_not_matter():
    text = "x: &a\n  k: 1\ny: *a\n"
    assert merged(text, {ENABLED: True}).text == f"{text}\n# ours\n{ENABLED}: true\n"


@pytest.mark.parametrize(
    ("text", "wanted", "absent", "after"),
    [
        pytest.param("# 1\n? k\n: 1 # k\nz: 1 # z\n", {}, ("k",), "# 1\nz: 1 # z\n", id="an explicit key goes"),
        pytest.param("a: 1 # a\r\n? k\r\n: 1\r\n", {}, ("k",), "a: 1 # a\r\n", id="CRLF"),
        pytest.param("? k\n:\n  - a\nz: 1 # z\n", {"k": "x"}, (), 'k: "x"\nz: 1 # z\n', id="an explicit key of a list"),
        pytest.param("? a\n:\n  k: 1\nz: 1 # z\n", {}, ("a.k",), "z: 1 # z\n", id="an explicit key of a mapping"),
        pytest.param("? a\n: 1\n", {"k": "x"}, (), 'a: 1\n# ours\nk: "x"\n', id="no line to add to"),
        pytest.param("k: !!str |\n  x\nz: 1 # z\n", {"k": True}, (), "k: true\nz: 1 # z\n", id="a text with a tag"),
        pytest.param("k: &a\n  - x\nz: 1 # z\n", {"k": "y"}, (), 'k: "y"\nz: 1 # z\n', id="a list with an anchor"),
        pytest.param("a: &x\n  k: 1\nz: 1 # z\n", {}, ("a.k",), "z: 1 # z\n", id="a mapping with an anchor"),
        pytest.param("k:\n  -\n    x\nz: 1 # z\n", {"k": ("y",)}, (), 'k:\n- "y"\nz: 1 # z\n', id="a loose item"),
    ],
)
def test_forms_that_ranges_cannot_follow_are_written_anew_with_all_comments(text, wanted, absent, after):
    assert merged(text, wanted, absent).text == after


def test_a_file_whose_comment_would_be_lost_is_refused():
    text = "a:\n  b: |\n    text\n  ? c\n  :\n      # deep\n    d: 1\n"  # the comment would become text of b
    with pytest.raises(ConfigurationRefused, match=r"a\.c\.d cannot be set or removed"):
        merge(text, {}, ("a.c.d",), where="es-1", header=HEADER)
