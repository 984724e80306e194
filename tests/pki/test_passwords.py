import re

import pytest

from components.pki.passwords import new_password, password_findings


def test_a_new_password_is_32_letters_and_digits_and_never_the_same():
    passwords = {new_password() for _ in range(200)}
    assert len(passwords) == 200
    assert all(re.fullmatch(r"[A-Za-z0-9]{32}", password) for password in passwords)


def test_a_new_password_has_nothing_against_it():
    assert password_findings(new_password()) == ()


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        pytest.param("x" * 14, [], id="just long enough"),
        pytest.param("x" * 13, ["PasswordTooShort"], id="a letter too short"),
        pytest.param("", ["PasswordTooShort"], id="blank"),
        pytest.param("x" * 50, [], id="just short enough"),
        pytest.param("x" * 51, ["PasswordTooLong"], id="a letter too long"),
        pytest.param("with blanks & signs!", [], id="blanks and punctuation within"),
        pytest.param("pässword-pässword", ["PasswordNotAscii"], id="a letter beyond ASCII"),
        pytest.param("password\tpassword", ["PasswordNotAscii"], id="a tab"),
        pytest.param("password-password ", ["PasswordHasBlankEnds"], id="a blank at the end"),
        pytest.param(
            "password-password\n", ["PasswordNotAscii", "PasswordHasBlankEnds"], id="the newline of a file or a pipe"
        ),
    ],
)
def test_what_speaks_against_a_given_password(text, reasons):
    found = password_findings(text)
    assert [finding.reason for finding in found] == reasons
    assert not text or all(text not in finding.message for finding in found)
