"""What others said is shown without a character that a terminal obeys."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.errors import CommandFailed
from components.printable import printable

ATTACK = "logs\x1b]52;c;cm0=\x07\x1b[2J\x9b2J\r\u202egpj\u2028x"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Bücher & „Co“ 🎉", "Bücher & „Co“ 🎉"),
        ("a\n  b\tc", "a\n  b\tc"),
        ("10\u00a0GB 👩\u200d💻", "10\u00a0GB 👩\u200d💻"),
        ("denied\r\nmore\r", "denied\nmore\\r"),
        ("\x1b[2J", "\\x1b[2J"),
        (ATTACK, "logs\\x1b]52;c;cm0=\\x07\\x1b[2J\\x9b2J\\r\\u202egpj\\u2028x"),
        ("\ud800", "\\ud800"),
    ],
)
def test_signs_stay_and_what_a_terminal_obeys_is_written_out(text, shown):
    assert printable(text) == shown


@given(st.text())
def test_no_control_is_left_and_what_is_clean_stays(text):
    shown = printable(text)
    assert not [sign for sign in shown if unicodedata.category(sign) == "Cc" and sign not in "\n\t"]
    assert printable(shown) == shown


def test_the_text_of_an_error_is_clean_whatever_a_machine_said():
    error = CommandFailed("ended", where="es-1\x1b]0;x\x07", why="ssh: \x1b[31mno\rx\r", next_step="mend it")
    assert str(error) == "es-1\\x1b]0;x\\x07: ended\n  why:  ssh: \\x1b[31mno\\rx\n  next: mend it"
