"""Why a node did not start, found in what it said. Pure."""

import re
from collections.abc import Iterable, Iterator

MOST_LINES = 6
EXCEPTION = re.compile(r"(?:Caused by: )?(?:java|javax|org|com|io|sun|jdk)\.(?:\w+\.)*[\w$]*(?:Exception|Error)\b.*")
"""Elasticsearch logs it right behind its message, without a blank between, so it may begin anywhere in a line."""
SENTENCE = re.compile(r"^(?:bootstrap check failure|ERROR: ).*")
NOISE = re.compile(r"^ERROR: Elasticsearch (?:did not exit normally|died while starting up)")
LOGGED_QUIETLY = re.compile(r"^\[[^]]*\]\[(?:INFO|WARN|DEBUG) *\]|^\s+at |^WARNING: ")


def reason_of_failure(said: str, complained: str) -> str:
    """Return the telling lines of what a node wrote before it ended.

    Args:
        said: its standard output, where it logs exceptions.
        complained: its standard error.
    """
    lines = [line for line in (*said.splitlines(), *complained.splitlines()) if not LOGGED_QUIETLY.match(line)]
    telling = list(dict.fromkeys(_telling(lines))) or [line for line in lines if line and not NOISE.match(line)]
    return "\n        ".join(telling[:MOST_LINES]) or "it said nothing"


def _telling(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        found = SENTENCE.match(line) or EXCEPTION.search(line)
        if found and not NOISE.match(line):
            yield found.group().strip()
