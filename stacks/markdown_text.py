"""Texts of others inside Markdown: nothing in them may end a table, make a link, call a person, or be HTML.

A plan has texts in it that come from machines, such as a value of somebody's `elasticsearch.yml`. A comment on a pull
request is read by people who trust it, so whatever is not plain words is shown as code, where GitHub and GitLab
interpret nothing: no HTML, no emphasis, no `@name`, no `#1`. Sources: GitHub Flavored Markdown Spec 0.29, 6.3 (code
spans), 4.10 (tables: a pipe ends a cell, also inside code), 6.10 (raw HTML).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

PLAIN = re.compile(r"""["(]*[^\W_](?:[^\W_]|["'.,;:/()’–·…%-])*|[✓✗!→·–…−≤≥]""")
"""A word that no Markdown reads anything into."""
QUOTED = re.compile(r"(?<!\S)`([^`]+)`(?![^\s,;:.)])")
"""A name as our own sentences quote it, alone between blanks."""
BEHIND_A_NAME = re.compile(r"[,;:.)]+(?=\s|$)")
"""What may follow such a name at once, and belongs to the sentence."""
ENDING = re.compile(r"[,;:.]+$")
"""What a sentence may set behind a word that is code, and belongs to the sentence likewise."""
READ_INTO = re.compile(r"\w://\w|\bwww\.|^\d+[.)]$|^GH-\d", re.IGNORECASE)
"""And that GitHub would still make a link, or a list, of."""
NO_CODE_SPAN = frozenset("|`\\")
"""What a code span inside a table cannot hold as it is, in every reader of Markdown."""
LONGEST = 600
"""Characters of one text; the plan in the log has all of them."""
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Unicode's categories of what nobody sees, such as control codes and what turns the direction of writing."""


def words(text: str) -> str:
    """Return a text for a line of Markdown: words as words, all that may mean something to Markdown as code.

    What stands between backticks already, as names do in our own sentences, is code as a whole.
    """
    first, *others = QUOTED.split(_shortened(_visible(text)))
    names = zip(others[::2], others[1::2], strict=True)
    return _loose(first) + "".join(f"{_code(name)}{_behind(piece)}" for name, piece in names)


def code(text: str) -> str:
    """Return a text as code, for a line of Markdown or a cell of a table; nothing for an empty one."""
    return _code(_shortened(_visible(text)))


def block(text: str) -> list[str]:
    """Return the lines of a text as a block of code, each line with what is invisible in it made visible."""
    lines = [_visible(line) for line in text.splitlines()]
    fence = "`" * max(3, 1 + max((len(run) for line in lines for run in re.findall("`+", line)), default=0))
    return [f"{fence}text", *lines, fence]


def fitting(lines: Sequence[str], room: int, what: str) -> list[str]:
    """Return as many lines as there is room for, and then one that says how many were left out.

    Args:
        lines: the lines, each without its end.
        room: how many bytes of UTF-8 they may take, with their ends.
        what: what a line is, such as `rows`.
    """
    if size(lines) <= room:
        return list(lines)
    kept: list[str] = []
    left = room - len(left_out(len(lines), len(lines), what).encode())
    for line in lines:
        left -= size([line])
        if left < 0:
            break
        kept.append(line)
    return [*kept, left_out(len(lines) - len(kept), len(lines), what)]


def left_out(count: int, of: int, what: str) -> str:
    """Return the line that stands for what was left out, as a paragraph of its own."""
    return f"\n*{count} of {of} {what} are left out here; the log of the run has all of them.*"


def size(lines: Iterable[str]) -> int:
    """Return how many bytes of UTF-8 some lines take, each with its end."""
    return sum(len(line.encode()) + 1 for line in lines)


def _loose(text: str) -> str:
    """Return words that may or may not be plain ones; blanks around them stay."""
    grouped = groupby(text.split(), key=_is_plain)
    found = [" ".join(part) if plain else _code_in_a_sentence(" ".join(part)) for plain, part in grouped]
    return f"{' ' * text.startswith(' ')}{' '.join(found)}{' ' * text.endswith(' ')}"


def _behind(text: str) -> str:
    """Return what follows a name in code: the mark at its very end stays a mark."""
    mark = BEHIND_A_NAME.match(text)
    return f"{mark[0]}{_loose(text[mark.end() :])}" if mark else _loose(text)


def _code_in_a_sentence(text: str) -> str:
    mark = ENDING.search(text)
    end = mark.start() if mark else len(text)
    return f"{_code(text[:end])}{text[end:]}" if end else _code(text)


def _is_plain(word: str) -> bool:
    return PLAIN.fullmatch(word) is not None and READ_INTO.search(word) is None


def _code(text: str) -> str:
    if not text:
        return ""
    if NO_CODE_SPAN.isdisjoint(text):
        return f"`{text}`"
    return f"<code>{''.join(_entities(text))}</code>"


def _entities(text: str) -> Iterator[str]:
    """Yield every character that could mean something, to Markdown or to HTML, as one that never does."""
    for character in text:
        yield character if character.isalnum() or character == " " or ord(character) > 127 else f"&#{ord(character)};"


def _visible(text: str) -> str:
    """Return a text in one line, in which everything can be seen."""
    lines = "⏎".join(text.splitlines())
    return "".join(
        f"\\u{ord(character):04x}" if unicodedata.category(character) in INVISIBLE else character for character in lines
    )


def _shortened(text: str) -> str:
    left = len(text) - LONGEST
    return text if left <= 0 else f"{text[:LONGEST]}… ({left} characters more)"
