"""What Elasticsearch reads where a value or a key stands.

Every outcome in the tables was read off the real parser, of Elasticsearch 9.5.3 and of 8.19.0, which agree: a
small Java program called Settings.builder().loadFromPath(file).build() and printed the settings, or the error.
"""

import pytest

from components.errors import ConfigurationRefused
from components.settings.flat import flatten

REFUSED = None  # the node does not start with such a file
Table = tuple[tuple[str, dict[str, str | tuple[str, ...]] | None], ...]

# As the value of k, in a file with z: 1 below it.
VALUES: Table = (
    ("yes", {"k": "true"}),
    ("no", {"k": "false"}),
    ("On", {"k": "true"}),
    ("off", {"k": "false"}),
    ("TRUE", {"k": "true"}),
    ("tRue", {"k": "tRue"}),
    ("y", {"k": "y"}),
    ("n", {"k": "n"}),
    ("~", REFUSED),
    ("Null", REFUSED),
    ("nULL", {"k": "nULL"}),
    ("", REFUSED),
    ("''", {"k": ""}),
    ("0777", {"k": "0777"}),
    ("0o17", {"k": "0o17"}),
    ("0x1F", {"k": "0x1F"}),
    ("1_000", {"k": "1_000"}),
    ("1e3", {"k": "1e3"}),
    ("1.50", {"k": "1.50"}),
    ("+1", {"k": "+1"}),
    ("9999999999999999999999", {"k": "9999999999999999999999"}),
    ("12:30:45", {"k": "12:30:45"}),
    ("2020-01-01", {"k": "2020-01-01"}),
    ("127.0.0.1", {"k": "127.0.0.1"}),
    ("a:b", {"k": "a:b"}),
    ("http://x:9200", {"k": "http://x:9200"}),
    ("x#y", {"k": "x#y"}),
    ("x #y", {"k": "x"}),
    ("#x", REFUSED),
    ("*x", {"k": "x"}),
    ("&x y", {"k": "y"}),
    ("!x yes", {"k": "yes"}),
    ("! yes", {"k": "true"}),
    ("! 'yes'", {"k": "true"}),
    ("!!str true", {"k": "true"}),
    ("!!str", {"k": ""}),
    ("!!int 7", {"k": "7"}),
    ("!!bool yes", {"k": "true"}),
    ("!!bool y", {"k": "true"}),
    ("!!bool,b y", {"k": "true"}),
    ("!!null x", REFUSED),
    ("!!binary aGk=", REFUSED),
    ("'yes'", {"k": "yes"}),
    ("'~'", {"k": "~"}),
    ("a\n  b", {"k": "a b"}),
    ("a\n\n  b", {"k": "a\nb"}),
    ('"a\\\n  b"', {"k": "ab"}),
    ("'it''s'", {"k": "it's"}),
    ('"a\\tb"', {"k": "a\tb"}),
    ("${HOME}", {"k": "${HOME}"}),
    ("${NOPE:-x}", {"k": "${NOPE:-x}"}),
    ("[a, b]", {"k": ("a", "b")}),
    ("[]", {"k": ()}),
    ("[a, ]", {"k": ("a",)}),
    ("[a, [b]]", REFUSED),
    ("[a, {b: c}]", REFUSED),
    ("[a, null]", REFUSED),
    ("[a b, 'c,d', yes, true, 1]", {"k": ("a b", "c,d", "yes", "true", "1")}),
    ("['']", {"k": ("",)}),
    ("{}", {}),
    ("<<", {"k": "<<"}),
    ("a,b", {"k": "a,b"}),
    ("a]", {"k": "a]"}),
    ("-x", {"k": "-x"}),
    ("?x", {"k": "?x"}),
    ("--- x", {"k": "--- x"}),
    ("x\t", {"k": "x"}),
    ("x\t# c", {"k": "x"}),
    ('"x"\t# c', REFUSED),
    ("[a]\t# c", REFUSED),
    ("\tx", REFUSED),
    ("a\tb", {"k": "a\tb"}),
    ("é🎉", {"k": "é🎉"}),
    ("a: b", REFUSED),
    ("x:", REFUSED),
    ("@x", REFUSED),
    ("%x", REFUSED),
    ("- x", REFUSED),
    ("!!set {a, b}", REFUSED),
    ("!!map {a: b}", {"k.a": "b"}),
    ("\xa0x", {"k": "\xa0x"}),
    ("|\n  x\n  y\n", {"k": "x\ny\n"}),
    ("|-\n  x\n  y\n", {"k": "x\ny"}),
    ("|+\n  x\n\n", {"k": "x\n\n"}),
    (">-\n  x\n\n  y\n", {"k": "x\ny"}),
    ("|2\n   x\n", {"k": " x\n"}),
    ("| # c\n  x\n", {"k": "x\n"}),
)

# As a key whose value is v.
KEYS: Table = (
    ("a.", {"a.": "v"}),
    ("a..b", {"a..b": "v"}),
    (".a", {".a": "v"}),
    ("''", {"": "v"}),
    ("'a b'", {"a b": "v"}),
    ("1", {"1": "v"}),
    ("true", {"true": "v"}),
    ("null", {"null": "v"}),
    ("~", {"~": "v"}),
    ("é", {"é": "v"}),
    ("'a.b'.c", REFUSED),
    ("&x a", {"a": "v"}),
    ("!!str a", {"a": "v"}),
    ("? a\n", {"a": "v"}),
    ("*x", REFUSED),
    ("[a]", REFUSED),
    ("<<", {"<<": "v"}),
    ("a\t", {"a": "v"}),
)


def cases(table: Table):
    return [pytest.param(written, settings, id=repr(written)) for written, settings in table]


@pytest.mark.parametrize(("written", "settings"), cases(VALUES))
def test_a_value_is_read_as_elasticsearch_reads_it(written, settings):
    text = f"k: {written}" + ("" if written.endswith("\n") else "\n") + "z: 1\n"
    if settings is REFUSED:
        with pytest.raises(ConfigurationRefused):
            flatten(text, where="es-1")
    else:
        assert flatten(text, where="es-1") == settings | {"z": "1"}


@pytest.mark.parametrize(("written", "settings"), cases(KEYS))
def test_a_key_is_read_as_elasticsearch_reads_it(written, settings):
    text = f"{written}: v\n"
    if settings is REFUSED:
        with pytest.raises(ConfigurationRefused):
            flatten(text, where="es-1")
    else:
        assert flatten(text, where="es-1") == settings
