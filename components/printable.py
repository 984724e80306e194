"""What others said, as people may read it: a terminal obeys some characters, and some turn a line around."""

import unicodedata

_OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of characters that are no signs: controls, formats, halves of a pair, and separators of lines."""
_KEPT = frozenset("\n\t\u200c\u200d")
"""Lines and columns of ours, and what joins the signs of some scripts and of an emoji."""


def printable(text: str) -> str:
    """Return a text with every character that a terminal would obey written out, such as an escape."""
    if text.isprintable():
        return text
    return "".join(_written_out(sign) for sign in text.replace("\r\n", "\n"))  # as ssh ends its lines


def _written_out(sign: str) -> str:
    if sign in _KEPT or unicodedata.category(sign) not in _OBEYED:
        return sign
    return sign.encode("unicode_escape").decode()
