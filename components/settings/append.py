"""New settings at the end of a file: dotted lines beneath a header comment."""

import re
from collections.abc import Mapping as Pairs

from components.settings.edits import Edit, Unsuited, apply, is_block_text, written
from components.settings.lines import ends_line, line_break, line_number, line_start, next_line, previous_line
from components.settings.scalars import Value, write_scalar
from components.settings.yaml_text import Document, Entry, Mapping, Scalar, YamlNode

_LINE = re.compile(r"[^\r\n]*")


def append(document: Document, added: Pairs[str, Value], header: str | None) -> str:
    """Return the file with the settings added, each as a dotted key at the root.

    They go beneath the header comment if the file has it already, else to the end (before a closing ``...``),
    under the header. A root in flow style (``{…}``) takes them before its closing brace, without a header.
    With nothing to add, a ``---`` that nothing follows any more gets ``{}``, without which no node starts.

    Raises:
        Unsuited: the file gives no room for a line at the root, or a key of that very spelling stands there.
    """
    root = document.root
    if not added:
        return _insert(document, document.end, ["{}"] if _is_empty(root) and document.marked else [])
    if isinstance(root, Mapping) and any(entry.key.text in added for entry in root.entries):
        raise Unsuited  # a group of settings has that name
    if isinstance(root, Mapping) and root.flow:
        return _append_in_flow(document.text, root, added)
    indent = _indent(document.text, root) if isinstance(root, Mapping) else ""
    lines = [f"{indent}{write_scalar(key, flow=False)}: {written(value, flow=False)}" for key, value in added.items()]
    heading = _comment(header)
    offset = _beneath(document, heading) if heading else None
    if offset is not None:
        return _insert(document, offset, lines)
    end = _end(document)
    if heading:
        lines = [*([""] if _wants_blank_line(document, end) else []), indent + heading, *lines]
    return _insert(document, end, lines if end == document.end else [*lines, ""])


def _is_empty(root: YamlNode | None) -> bool:
    return root is None or (isinstance(root, Scalar) and root.text == "")


def _insert(document: Document, offset: int, lines: list[str]) -> str:
    text = document.text
    eol = line_break(text)
    glue = "" if ends_line(text[:offset]) or not lines else eol
    return apply(text, [Edit(offset, offset, glue + "".join(line + eol for line in lines))])


def _indent(text: str, root: Mapping) -> str:
    first = root.entries[0].key.start
    indent = text[line_start(text, first) : first]
    if indent.strip(" "):
        raise Unsuited
    return indent


def _comment(header: str | None) -> str:
    if not header:
        return ""
    if len(header.splitlines()) > 1:
        raise ValueError("a header is one line")
    return header if header.startswith("#") else f"# {header}"


def _beneath(document: Document, heading: str) -> int | None:
    """Return where the lines directly under the header end, or None where the file has no such header."""
    text = document.text
    entries = document.root.entries if isinstance(document.root, Mapping) else ()
    for line in _LINE.finditer(text, document.start, document.end):
        outside = not any(entry.key.start < line.start() < entry.value.end for entry in entries)
        if line.group().strip(" \t\ufeff") == heading and outside:
            return _end_of_block(text, entries, next_line(text, line.start()))
    return None


def _end_of_block(text: str, entries: tuple[Entry, ...], offset: int) -> int:
    for entry in entries:
        if line_start(text, entry.key.start) == offset:
            offset = next_line(text, entry.value.end)
    return offset


def _end(document: Document) -> int:
    """Return where lines may be added at the end of the file.

    That is before a text in block style that ends without a newline, and the comments above it: with a newline it
    would be another text.
    """
    text, root = document.text, document.root
    if ends_line(text[: document.end]) or not isinstance(root, Mapping) or not is_block_text(root):
        return document.end
    end = line_start(text, root.entries[-1].key.start)
    above = previous_line(text, end)
    while document.start <= above < end and text[above:end].lstrip(" \t").startswith("#"):
        end, above = above, previous_line(text, above)
    return end


def _wants_blank_line(document: Document, end: int) -> bool:
    """A blank line sets the header off; not after a text in block style, which it might become part of."""
    before = document.text[:end].removeprefix("\ufeff").splitlines()
    entries = document.root.entries if isinstance(document.root, Mapping) else ()
    last = [entry.value for entry in entries if entry.value.end <= end][-1:]
    return bool(before) and bool(before[-1].strip()) and not any(map(is_block_text, last))


def _append_in_flow(text: str, root: Mapping, added: Pairs[str, Value]) -> str:
    pairs = [f"{write_scalar(key, flow=True)}: {written(value, flow=True)}" for key, value in added.items()]
    if not root.entries:
        brace = text.index("{", root.start) + 1
        return apply(text, [Edit(brace, brace, ", ".join(pairs))])
    last = root.entries[-1]
    if line_number(text, last.value.end) == line_number(text, root.end):
        return apply(text, [Edit(last.value.end, last.value.end, "".join(f", {pair}" for pair in pairs))])
    return _append_lines_in_flow(text, last, pairs)


def _append_lines_in_flow(text: str, last: Entry, pairs: list[str]) -> str:
    eol, line = line_break(text), line_start(text, last.key.start)
    blanks = re.compile(r"[ \t]*").match(text, line)
    indent = blanks.group() if blanks else ""
    comma = re.compile(r"[ \t]*,").match(text, last.value.end)
    offset = next_line(text, last.value.end)
    joined = f",{eol}".join(indent + pair for pair in pairs) + ("," if comma else "") + eol
    edits = [Edit(offset, offset, joined)]
    return apply(text, edits if comma else [Edit(last.value.end, last.value.end, ","), *edits])
