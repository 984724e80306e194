"""Whose pages may call the cluster: what `http.cors.allow-origin` lets in.

Source: networking-settings, http.cors.allow-origin; a text in slashes is a regular expression that has to match the
whole origin (`RestUtils.checkCorsSettingForRegex`, `CorsHandler`).
"""

import re

from components.settings.scalars import Value

ANYBODY = ("https://q.zz", "http://q.zz:81")
"""Origins that nobody means by name. They are short, so that whatever may be tried on them ends soon."""
MOST_SIGNS = 4
"""How many repetitions, options and alternatives a pattern may have to be tried: steps grow with their product."""
LONGEST = 120
_NOT_TRIED = re.compile(r"\)[*+{]|\\[1-9k]|\(\?P|\[\[|&&|--|~~|\|\|")
"""A group that repeats may take for ever, and the rest means one thing in Java and another in Python."""


def lets_everybody_in(value: Value) -> bool:
    """Tell whether pages of any origin may call; a pattern that cannot be tried safely counts as one that does not."""
    if not isinstance(value, str):
        return False
    if len(value) > 2 and value.startswith("/") and value.endswith("/"):
        return _matches_anybody(value[1:-1])
    return value == "*"


def _matches_anybody(pattern: str) -> bool:
    too_many = any(len(re.findall(sign, pattern)) > MOST_SIGNS for sign in (r"[*+{]", r"\?", r"\|"))
    if len(pattern) > LONGEST or too_many or _NOT_TRIED.search(pattern):
        return False
    try:
        return any(re.fullmatch(pattern, origin) for origin in ANYBODY)
    except (re.error, OverflowError, RecursionError):  # Java's own, or none at all: the node says so when it starts
        return False
