"""Lines of a text and where they begin and end. A line ends with LF, CRLF or a lone CR, as YAML says."""

import re

_BREAK = re.compile(r"\r\n|\r|\n")
_BLANK_OR_COMMENT = re.compile(r"[ \t]*(#.*)?", re.DOTALL)


def line_number(text: str, offset: int) -> int:
    """Return the 1-based number of the line that holds ``offset``."""
    return len(_BREAK.findall(text, 0, offset)) + 1


def line_start(text: str, offset: int) -> int:
    """Return where the line that holds ``offset`` begins; a byte order mark is no part of the first line."""
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    return start + 1 if start == 0 and text.startswith("\ufeff") else start


def line_end(text: str, offset: int) -> int:
    """Return where the line that holds ``offset`` ends, its line break not included."""
    found = _BREAK.search(text, offset)
    return found.start() if found else len(text)


def next_line(text: str, offset: int) -> int:
    """Return where the line after the one that holds ``offset`` begins, or where the text ends."""
    found = _BREAK.search(text, offset)
    return found.end() if found else len(text)


def previous_line(text: str, start: int) -> int:
    """Return where the line before the one that begins at ``start`` begins; there may be none: then ``start``."""
    return line_start(text, len(text[:start].removesuffix("\n").removesuffix("\r")))


def line_break(text: str) -> str:
    """Return the line break that the text uses: that of its first line, LF where there is none."""
    found = _BREAK.search(text)
    return found.group() if found else "\n"


def with_line_breaks(text: str, wanted: str) -> str:
    """Return the text with every line break replaced by the wanted one."""
    return _BREAK.sub(wanted, text)


def ends_line(text: str) -> bool:
    """Tell whether something added at the end of the text begins a line of its own."""
    return text in {"", "\ufeff"} or text[-1] in "\r\n"


def is_blank_or_comment(piece: str) -> bool:
    """Tell whether a piece of one line holds nothing that YAML reads as content."""
    return _BLANK_OR_COMMENT.fullmatch(piece) is not None


def whole_lines(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Widen a range to whole lines, trailing comment and line break included.

    Returns:
        The wider range, or None where other content shares the first or the last line.
    """
    first, last = line_start(text, start), line_end(text, end)
    if text[first:start].strip(" \t") or not is_blank_or_comment(text[end:last]):
        return None
    return first, next_line(text, end)
