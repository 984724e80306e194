"""Which values of `http.cors.allow-origin` let pages of any origin in."""

from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.settings.origins import lets_everybody_in


@pytest.mark.parametrize(
    "value",
    [
        "*",
        "/.*/",
        "/.+/",
        "/^.*$/",
        "/(.*)/",
        "/https?:\\/\\/.*/",
        "/https?:\\/\\/.*(:[0-9]+)?/",
        "/http(s)?://.+/",
        "/[^x]*/",
    ],
)
def test_a_star_and_a_pattern_that_matches_all_let_everybody_in(value):
    assert lets_everybody_in(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "/",
        "//",
        ".*",
        "https://kibana.example.net",
        "https://a.example.net,https://b.example.net",
        ("*",),
        "/https?:\\/\\/localhost(:[0-9]+)?/",
        "/https:\\/\\/.*\\.example\\.net/",
        "/.*example.*/",
        "/.*/,https://a.example.net",
    ],
)
def test_an_origin_that_is_named_lets_others_out(value):
    assert not lets_everybody_in(value)


@pytest.mark.parametrize(
    "pattern",
    [
        "(.*)*x",
        "((a+)+)+$",
        "(.|.|.|.)*x",
        ".*.*.*.*.*.*.*.*.*.*x",
        ".?" * 40,
        "(" * 50 + ".*" + ")" * 50 + "x",
        "(" * 5000,
        "[",
        "*",
        "\\",
        "(?<a>.)\\k<a>",
        "a{99999999999999999999}",
        "[[a]&&[b]]",
        "(?P<a>x)",
        "\\p{Lower}+",
        "(.)?" * 20,
        ".{0,9}.{0,9}.{0,9}.{0,9}(.|.)(.|.)(.|.)(.|.).?.?.?.?x",
    ],
)
def test_a_pattern_that_is_none_or_takes_for_ever_neither_raises_nor_hangs(pattern):
    started = monotonic()
    assert not lets_everybody_in(f"/{pattern}/")
    assert monotonic() - started < 2


@settings(max_examples=300, deadline=2000)
@given(st.text(alphabet=".*+?(){}[]|^$\\ax:/0123456789,-&", max_size=60))
@pytest.mark.filterwarnings("error")
def test_whatever_the_pattern_is_there_is_an_answer_in_time(pattern):
    assert lets_everybody_in(f"/{pattern}/") in (True, False)
