"""What Elasticsearch reads in a whole file, and what is refused with which words.

Every outcome in the tables was read off the real parser, of Elasticsearch 9.5.3 and of 8.19.0, which agree: a
small Java program called Settings.builder().loadFromPath(file).build() and printed the settings, or the error.
"""

import pytest

from components.errors import ConfigurationRefused
from components.settings.flat import flatten

REFUSED = None  # the node does not start with such a file
Table = tuple[tuple[str, dict[str, str | tuple[str, ...]] | None], ...]

# As a whole file.
FILES: Table = (
    ("", {}),
    ("\n", {}),
    ("# only\n", {}),
    ("---\n", REFUSED),
    ("---\n# c\n", REFUSED),
    ("---\n...\n", REFUSED),
    ("...\n", REFUSED),
    ("--- {}\n", {}),
    ("{}\n", {}),
    ("[]\n", REFUSED),
    ("x\n", REFUSED),
    ("null\n", REFUSED),
    ("---\na: 1\n...\n", {"a": "1"}),
    ("---\na: 1\n---\nb: 2\n", REFUSED),
    ("a: 1\n---\n", REFUSED),
    ("a: 1\n...\n# c\n", {"a": "1"}),
    ("a: 1\n...\nb: 2\n", REFUSED),
    ("a: 1\n...\n...\n", {"a": "1"}),
    ("%YAML 1.2\n---\na: yes\n", {"a": "true"}),
    ("%YAML 2.0\n---\na: 1\n", REFUSED),
    ("\ufeffa: 1\n", {"a": "1"}),
    ("\ufeff# c\n", {}),
    ("\ufeff", {}),
    ("a: 1\r\nb: 2\r\n", {"a": "1", "b": "2"}),
    ("a: 1\rb: 2\r", {"a": "1", "b": "2"}),
    ("a: x\r\n  y\r\n", {"a": "x y"}),
    ("a: |\r\n  x\r\n  y\r\n", {"a": "x\ny\n"}),
    ("a: 1\na: 2\n", REFUSED),
    ("a.b: 1\na.b: 1\n", REFUSED),
    ("a:\n  b: 1\na:\n  c: 2\n", REFUSED),
    ("{a: 1, a: 2}\n", REFUSED),
    ("a: [x]\na.b: 1\n", {"a": ("x",), "a.b": "1"}),
    ("a: 1\na.b: 2\n", {"a": "1", "a.b": "2"}),
    ("a: {b: {c: 1}}\na.b: {d: 2}\n", {"a.b.c": "1", "a.b.d": "2"}),
    ("a.b:\n  c.d: 1\n", {"a.b.c.d": "1"}),
    ("a.0: x\na.1: y\n", {"a": ("x", "y")}),
    ("a:\n  0: x\n  1: y\n", {"a": ("x", "y")}),
    ("a.0: x\na:\n  1: y\n", {"a": ("x", "y")}),
    ("a.0: x\na.2: y\n", {"a": ("x",), "a.2": "y"}),
    ("a.1: x\n", {"a.1": "x"}),
    ("a.0: x\na: y\n", REFUSED),
    ("a.0: [x, y]\n", {"a": ("[x, y]",)}),
    ("a.0: yes\n", {"a": ("true",)}),
    ("a.0.b: x\n", {"a.0.b": "x"}),
    ("a.00: x\n", {"a.00": "x"}),
    ("a.1: y\na.0: x\n", {"a": ("x", "y")}),
    ("a:\n", REFUSED),
    ("a:\nb: 1\n", REFUSED),
    ("a: {}\nb: 1\n", {"b": "1"}),
    ("a: {b: {}}\nc: 1\n", {"c": "1"}),
    ("a: {b}\n", REFUSED),
    ("a:\n  # c\n", REFUSED),
    ("a: {}\na: 1\n", REFUSED),
    ("a: {}\na.b: 1\n", {"a.b": "1"}),
    ("a:\n- x\n- y\n", {"a": ("x", "y")}),
    ("a:\n  - x\n  - y: z\n", REFUSED),
    ("a:\n  - - x\n", REFUSED),
    ("a:\n  -\n  - x\n", REFUSED),
    ("a:\n  - x # c\n  # d\n\n  - y\n# e\nb: 1\n", {"a": ("x", "y"), "b": "1"}),
    ("x: &k v\ny: *k\n", {"x": "v", "y": "k"}),
    ("x: &k {a: 1}\ny:\n  <<: *k\n  b: 2\n", {"x.a": "1", "y.<<": "k", "y.b": "2"}),
    ("y: *nope\n", {"y": "nope"}),
    ("x: [&k a, *k]\n", {"x": ("a", "k")}),
    ("a:\tb\n", REFUSED),
    ("\ta: b\n", REFUSED),
    ("a:\n\tb: c\n", REFUSED),
    ("a: 1\n\t# c\nb: 2\n", REFUSED),
    ("a: [x,\n\ty]\n", REFUSED),
    ("a: {\n\tb: 1\n}\n", REFUSED),
    ("a:\n  -\tx\n", REFUSED),
    ("  a: 1\n  b: 2\n", {"a": "1", "b": "2"}),
    ("  a: 1\nb: 2\n", REFUSED),
    ("a: 1\n b: 2\n", REFUSED),
    ("a:\n  b: 1\n c: 2\n", REFUSED),
    ("? a\n: b\n", {"a": "b"}),
    ("? [a]\n: b\n", REFUSED),
    ('{"a": "b", "c": {"d": true}}\n', {"a": "b", "c.d": "true"}),
    ('{"a":"b","c":[1,2]}\n', {"a": "b", "c": ("1", "2")}),
    ("{a:1, b: 2}\n", REFUSED),
    ("{a: 1,}\n", {"a": "1"}),
    ("{a: 1, , b: 2}\n", REFUSED),
    ("a: {b: 1,\nc: 2}\n", {"a.b": "1", "a.c": "2"}),
    ("a: {b: 1}x\n", REFUSED),
    ("{a: 1}\nb: 2\n", REFUSED),
    ("a: {x: http://h:1/p, y: 'q'}\n", {"a.x": "http://h:1/p", "a.y": "q"}),
    ("a: {'b':c}\n", {"a.b": "c"}),
    ("a: [http://h:1, b:c]\n", {"a": ("http://h:1", "b:c")}),
    ("a: 'x\n", REFUSED),
    ("a: [x\n", REFUSED),
    ("a: b: c\n", REFUSED),
    ("a: 'b' c\n", REFUSED),
    ("a b\nc: d\n", REFUSED),
    ("a: \x01\n", REFUSED),
    ("a: \x7f\n", REFUSED),
    ('a: "\\x00"\n', {"a": "\x00"}),
    ("a: '1'#c\nb: 1\n", {"a": "1", "b": "1"}),
    ("a: [1]#c\n", {"a": ("1",)}),
    ("a:\n  b: 1\n  # c\n# d\n  c: 2\n", {"a.b": "1", "a.c": "2"}),
)


@pytest.mark.parametrize(
    ("text", "settings"), [pytest.param(text, settings, id=repr(text)) for text, settings in FILES]
)
def test_a_file_is_read_as_elasticsearch_reads_it(text, settings):
    if settings is REFUSED:
        with pytest.raises(ConfigurationRefused):
            flatten(text, where="es-1")
    else:
        assert flatten(text, where="es-1") == settings


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a.b: 1\na:\n  b: 2\n", id="dotted, then nested: the node takes 2"),
        pytest.param("a:\n  b: 2\na.b: 1\n", id="nested, then dotted: the node takes 1"),
        pytest.param("a:\n  b.c: 1\n  b:\n    c: 2\n", id="partly dotted"),
        pytest.param("a.b: 1\na: {b: [x]}\n", id="a text and a list"),
        pytest.param("a.0.0: x\n", id="a list in a numbered list: 9.5.3 and 8.19.0 differ"),
    ],
)
def test_what_elasticsearch_reads_without_a_word_or_not_always_is_refused(text):
    with pytest.raises(ConfigurationRefused):
        flatten(text, where="es-1")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(
            "a.b: 1\n\na:\n  b: 2\n", "es-1, line 4, column 3: a.b is set twice, in line 1 and in line 4", id="twice"
        ),
        pytest.param("a: 1\nb: [x\nc: 2\n", "es-1, line 3, column 2: is not valid YAML", id="syntax"),
        pytest.param("a: 1\nb:\n\tc: 1\n", "es-1, line 3, column 1: is not valid YAML", id="tab"),
        pytest.param(
            "a: 1\n---\nb: 1\n", "es-1, line 2, column 1: holds more than one YAML document", id="second document"
        ),
        pytest.param("a: 1\nb:\n", "es-1, line 2, column 1: b has no value", id="no value"),
        pytest.param(
            "a: 1\nb:\n- {c: 1}\n", "es-1, line 2, column 1: the list b holds something that is no value", id="item"
        ),
        pytest.param("- a\n", "es-1, line 1, column 1: holds no settings", id="root is a list"),
        pytest.param(
            "a: x\u2028y\n", "es-1, line 1, column 5: holds the character U+2028", id="a line end nobody sees"
        ),
        pytest.param("a: \x01\n", "es-1, line 1, column 4: is not valid YAML", id="control character"),
        pytest.param("a: &b:c 1\n", "es-1, line 1, column 4: has an anchor or alias 'b:c'", id="colon in an anchor"),
        pytest.param("{" + "a: {" * 150 + "}" * 151, "is nested deeper than 100 levels", id="deep"),
        pytest.param(
            "a.0: x\na: y\n", "es-1, line 1, column 1: a.0 makes a a list that is also something else", id="list"
        ),
    ],
)
def test_a_refusal_names_line_and_column_and_what_to_do(text, says):
    with pytest.raises(ConfigurationRefused) as refused:
        flatten(text, where="es-1")
    assert says in str(refused.value)
    assert refused.value.why
    assert refused.value.next_step


def test_a_refusal_never_shows_the_line_which_may_hold_a_secret():
    with pytest.raises(ConfigurationRefused) as refused:
        flatten('x.password: "hunter2\nb: 1\n', where="es-1")
    assert "hunter2" not in str(refused.value)
