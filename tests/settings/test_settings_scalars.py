"""How a single value is written, compared and shown."""

import pytest

from components.settings.flat import flatten
from components.settings.scalars import held, is_secret, same, shown, write_list, write_scalar


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("certs/http.p12", "certs/http.p12", id="a path"),
        pytest.param("true", "true", id="a boolean"),
        pytest.param("9200", "9200", id="a number"),
        pytest.param("010", "'010'", id="a number with a leading zero"),
        pytest.param("yes", "'yes'", id="a word that Elasticsearch would read as true"),
        pytest.param("off", "'off'", id="a word that Elasticsearch would read as false"),
        pytest.param("y", "y", id="a letter that Elasticsearch reads as it is"),
        pytest.param("null", "'null'", id="null as a text"),
        pytest.param("~", "'~'", id="tilde"),
        pytest.param("", "''", id="empty"),
        pytest.param(" x ", "' x '", id="blanks around"),
        pytest.param("https://a.example.net:9200", "https://a.example.net:9200", id="an address with a port"),
        pytest.param("cn=a: b", "'cn=a: b'", id="a colon and a blank"),
        pytest.param("a #b", "'a #b'", id="a blank and a hash"),
        pytest.param("a#b", "a#b", id="a hash inside"),
        pytest.param("*x", "'*x'", id="a star"),
        pytest.param("- x", "'- x'", id="a dash"),
        pytest.param("[x", "'[x'", id="a bracket"),
        pytest.param("it's", "it's", id="a quote"),
        pytest.param("C:\\es", "C:\\es", id="a backslash"),
        pytest.param("a\nb", '"a\\nb"', id="two lines"),
        pytest.param("a\u2028b", '"a\\Lb"', id="a line end nobody sees"),
        pytest.param("é🎉", "é🎉", id="beyond ASCII"),
        pytest.param("${HOSTNAME}", "${HOSTNAME}", id="a placeholder"),
    ],
)
def test_a_value_gets_quotes_only_where_elasticsearch_needs_them(text, written):
    assert write_scalar(text, flow=False) == written
    assert flatten(f"k: {written}", where="f") == {"k": text}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("a,b", "'a,b'", id="a comma"),
        pytest.param("${HOSTNAME}", "'${HOSTNAME}'", id="braces"),
        pytest.param("a]", "'a]'", id="a bracket"),
        pytest.param("a", "a", id="nothing special"),
    ],
)
def test_in_braces_more_characters_need_quotes(text, written):
    assert write_scalar(text, flow=True) == written
    assert flatten(f"{{k: {written}}}", where="f") == {"k": text}


@pytest.mark.parametrize(
    ("like", "written"), [pytest.param('"', '"true"', id="double"), pytest.param("'", "'true'", id="single")]
)
def test_the_quotes_of_the_operator_are_kept(like, written):
    assert write_scalar("true", flow=False, like=like) == written


def test_a_list_is_read_back_item_by_item():
    values = ("a", "b,c", "yes", "", "d: e", "[f]", "${G}", "1")
    assert flatten(f"k: {write_list(values)}", where="f") == {"k": values}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(True, "true", id="true"),
        pytest.param(False, "false", id="false"),
        pytest.param(5, "5", id="number"),
        pytest.param("x", "x", id="text"),
        pytest.param(("a",), ("a",), id="list"),
    ],
)
def test_elasticsearch_holds_text_or_lists_of_text(value, text):
    assert held(value) == text


# What a list setting makes of a text was read off Setting.listSetting of Elasticsearch 9.5.3.
@pytest.mark.parametrize(
    ("standing", "wanted", "is_same"),
    [
        pytest.param("true", "true", True, id="equal"),
        pytest.param("True", "true", False, id="True in quotes is no boolean for Elasticsearch"),
        pytest.param("1_000", "1000", False, id="nor does it read 1_000 as a number"),
        pytest.param("a", ("a",), True, id="one text is a list of one"),
        pytest.param(" a , b ", ("a", "b"), True, id="commas, with blanks"),
        pytest.param("a, b,", ("a", "b"), True, id="an empty part at the end is dropped"),
        pytest.param("a,,b", ("a", "", "b"), True, id="an empty part inside stays"),
        pytest.param("a,,b", ("a", "b"), False, id="so it is not the list without it"),
        pytest.param("a, ", ("a", ""), True, id="a blank part at the end stays, and is trimmed"),
        pytest.param("[a, b]", ("a", "b"), False, id="brackets in quotes are text"),
        pytest.param("", (), False, id="an empty text is not set: the default holds"),
        pytest.param(("a", "b"), ("a", "b"), True, id="lists"),
        pytest.param(("b", "a"), ("a", "b"), False, id="order counts"),
        pytest.param(("a",), "a", False, id="a list is no text"),
        pytest.param(("a,b",), ("a", "b"), False, id="a comma in an item splits nothing"),
    ],
)
def test_a_value_counts_as_standing_only_if_elasticsearch_reads_the_same(standing, wanted, is_same):
    assert same(standing, wanted) is is_same


@pytest.mark.parametrize(
    ("key", "secret"),
    [
        pytest.param("xpack.security.http.ssl.keystore.secure_password", True, id="secure_"),
        pytest.param("xpack.security.http.ssl.keystore.password", True, id="password"),
        pytest.param("xpack.security.http.ssl.key_passphrase", True, id="passphrase"),
        pytest.param("xpack.notification.X.PASSWORD", True, id="whatever the case"),
        pytest.param("elasticsearch.serviceAccountToken", True, id="a token of Kibana"),
        pytest.param("xpack.encryptedSavedObjects.encryptionKey", True, id="a key of Kibana"),
        pytest.param("xpack.security.http.ssl.key", False, id="a path of a key"),
    ],
)
def test_what_looks_secret_is_never_shown(key, secret):
    assert is_secret(key) is secret
    assert (shown(key, "hunter2") == "***") is secret
    assert (shown(key, ("hunter2",)) == "***") is secret


@pytest.mark.parametrize(
    ("value", "line"),
    [
        pytest.param("certs/a b.p12", "certs/a b.p12", id="text"),
        pytest.param(("a", "b"), "[a, b]", id="list"),
        pytest.param((), "[]", id="empty list"),
        pytest.param("", '""', id="empty"),
        pytest.param("a\nb", '"a\\nb"', id="two lines stay on one"),
        pytest.param(" a", '" a"', id="a blank that one would not see"),
        pytest.param("a\x1b[31m", '"a\\u001b[31m"', id="a terminal's escape"),
    ],
)
def test_a_value_is_shown_on_one_line(value, line):
    assert shown("k", value) == line
