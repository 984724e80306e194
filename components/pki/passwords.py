"""Passwords of key files and trust files."""

import secrets
import string

from components.findings import Finding

LENGTH = 32
LEAST_LENGTH = 14
"""FIPS asks for 112 bits, 14 bytes (deploy-manage/security/fips-es.md); a good floor for everybody."""
MOST_LENGTH = 50
"""OpenSSL before 1.1.0 reads no longer one; certutil warns beyond it."""

_ALPHABET = string.ascii_letters + string.digits
"""No punctuation: the password passes through JSON, YAML, the keystore tools and people's shells unquoted."""


def new_password() -> str:
    """Return a random password of 32 ASCII letters and digits (190 bits), never one made of digits alone.

    Kibana's keystore reads a value as JSON, and would take digits alone for a number.
    """
    while True:
        password = "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))
        if not password.isdigit():
            return password


def password_findings(text: str) -> tuple[Finding, ...]:
    """Return what speaks against a given password for a key file or trust file. Never repeats the password.

    Source: docs/reference/elasticsearch/command-line-tools/certutil.md (ASCII, at most 50 characters).
    """
    found = (
        (
            len(text) < LEAST_LENGTH,
            Finding(
                "PasswordTooShort",
                f"the password has {len(text)} characters, at least {LEAST_LENGTH} are needed",
            ),
        ),
        (
            len(text) > MOST_LENGTH,
            Finding(
                "PasswordTooLong",
                f"the password has {len(text)} characters; some tools read at most {MOST_LENGTH}",
            ),
        ),
        (
            not all(" " <= letter <= "~" for letter in text),
            Finding("PasswordNotAscii", "the password has characters other than printable ASCII ones"),
        ),
        (
            text != text.strip(),
            Finding("PasswordHasBlankEnds", "the password begins or ends with a blank, which tools cut off"),
        ),
    )
    return tuple(finding for applies, finding in found if applies)
