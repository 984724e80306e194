"""Operator files of every form, with what a node reads in them known from how they were made, not from reading them."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import yaml
from hypothesis import strategies as st

OURS = (
    "xpack.security.enabled",
    "xpack.security.http.ssl.enabled",
    "xpack.security.http.ssl.supported_protocols",
    "xpack.security.transport.ssl.enabled",
    "discovery.type",
)
FOREIGN = (
    "cluster.name",
    "cluster.routing.allocation.awareness.attributes",
    "cluster.routing.allocation.disk.watermark.low",
    "discovery.seed_hosts",
    "http.cors.allow-origin",
    "node.attr.rack",
    "node.roles",
    "path.data",
    "xpack.ml.enabled",
    "xpack.security.audit.logfile.events.include",
    "xpack.security.authc.realms.native.own.order",
    "xpack.security.http.ssl.verification_mode",
)
REMOVABLE = ("xpack.security.", "discovery.")
WORDS = (
    "x",
    "es-1",
    "a b",
    "10.0.0.1:9300",
    "größe 🎉",
    "/var/lib/es",
    "${HOST}",
    "a#b",
    "0777",
    "1e3",
    "80%",
    "-1",
    "~x",
)
AWKWARD = (
    "a: b",
    "a # b",
    "- a",
    "{a}",
    "[a",
    "*a",
    "&a",
    "!a",
    "|",
    "'",
    '"',
    "\\",
    "yes",
    "null",
    "true",
    "",
    " a ",
    "#",
)
"""Texts that are themselves only in quotes."""
BOOLEANS = {"true": "true", "yes": "true", "On": "true", "false": "false", "off": "false", "NO": "false"}

Value = str | tuple[str, ...]


@dataclass
class OperatorFile:
    """A file, what a node reads in it, and the comments that nobody may lose."""

    text: str = ""
    settings: dict[str, Value] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)


@dataclass
class _Written:
    """A value as it is written: on the line of its key, with lines that follow, and whether a comment may follow."""

    value: Value
    line: str
    below: tuple[str, ...] = ()
    takes_comment: bool = True


@dataclass
class _Maker:
    draw: st.DrawFn
    file: OperatorFile
    anchors: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)
    after_text: bool = False

    def comment(self, chance: int = 3) -> str:
        """Return a comment that is like no other, or nothing."""
        if self.draw(st.integers(0, chance)):
            return ""
        kind = self.draw(
            st.sampled_from(("# {}", "#{}", "#xpack.security.enabled: true {}", "# - ] }} ' \" {}", "#\t{}"))
        )
        comment = kind.format(f"remark {next(self.numbers)}.")
        self.file.comments.append(comment)
        return comment

    def line_of_its_own(self, indent: str) -> list[str]:
        """Return a comment on a line of its own, or nothing; further in, it would be a part of a text above it."""
        comment = self.comment()
        indent = "" if self.after_text else self.draw(st.sampled_from(("", indent, "      ")))
        return [indent + comment] if comment else []

    @contextmanager
    def beside(self, *paths: str) -> Iterator[None]:
        """Forget the comments beside settings that may be taken out: those go with them."""
        before = len(self.file.comments)
        yield
        if all(path.startswith(REMOVABLE) for path in paths):
            del self.file.comments[before:]

    def text(self) -> tuple[str, str]:
        """Return a text on one line, as it is written and as it is read."""
        word = self.draw(st.sampled_from(WORDS + AWKWARD))
        forms = ["single", "double"] + (["plain"] * 2 if word in WORDS else [])
        form = self.draw(st.sampled_from(forms))
        if form == "plain":
            return word, word
        if self.draw(st.integers(0, 5)) == 0:
            word = f"{word}\t{word}"
        if form == "single":
            return f"'{word.replace(chr(39), chr(39) * 2)}'", word
        return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"', word

    def boolean(self) -> tuple[str, str]:
        return self.draw(st.sampled_from(sorted(BOOLEANS.items())))

    def scalar(self) -> tuple[str, str]:
        return self.boolean() if self.draw(st.integers(0, 3)) == 0 else self.text()

    def items(self) -> list[tuple[str, str]]:
        return [self.text() for _ in range(self.draw(st.integers(0, 3)))]

    def in_flow(self) -> tuple[str, Value]:
        """Return a value that may stand between braces."""
        if self.draw(st.booleans()):
            items = self.items()
            return "[" + ", ".join(_in_flow(item) for item in items) + "]", tuple(value for _, value in items)
        written, value = self.scalar()
        return _in_flow((written, value)), value

    def value(self, path: str, indent: str) -> _Written:
        form = self.draw(
            st.sampled_from(("scalar", "scalar", "flow", "wide flow", "block", "literal", "anchor", "alias"))
        )
        if form == "block":
            items = self.items()
            if items:
                return self._block(indent, items)
        if form == "wide flow":
            items = self.items()
            lines = [f"{indent}   {_in_flow(item)},{_spaced(self.comment())}" for item in items]
            return _Written(tuple(value for _, value in items), "[", (*lines, f"{indent} ]"))
        if form == "literal":
            lines = self.draw(
                st.lists(st.sampled_from(("x", "a: b", "# no comment", "- y\tz", "[")), min_size=1, max_size=2)
            )
            head, glue, end = self.draw(st.sampled_from((("|", "\n", "\n"), ("|-", "\n", ""), (">-", " ", ""))))
            return _Written(glue.join(lines) + end, head, tuple(f"{indent}  {line}" for line in lines))
        if form == "anchor" and not path.startswith(REMOVABLE):  # what an alias stands for is never changed
            written, value = self.scalar()
            self.anchors.append(f"a{len(self.anchors)}")
            return _Written(value, f"&{self.anchors[-1]} {written}")
        if form == "alias" and self.anchors:
            name = self.draw(st.sampled_from(self.anchors))
            return _Written(name, f"*{name}")
        written, value = self.in_flow() if form == "flow" else self.scalar()
        return _Written(value, written)

    def _block(self, indent: str, items: list[tuple[str, str]]) -> _Written:
        inner = indent + self.draw(st.sampled_from(("", "  ", "    ")))
        lines: list[str] = []
        for written, _ in items:
            if own := self.comment(5):
                lines.append(f"{inner}{own}")
            lines.append(f"{inner}- {written}{_spaced(self.comment())}")
        return _Written(tuple(value for _, value in items), "", tuple(lines))

    def mapping(self, pairs: list[tuple[str, ...]], prefix: str, indent: str) -> list[str]:
        """Write keys, given as what is left of their parts, as a block: dotted, nested or both, in any order."""
        lines: list[str] = []
        left = list(pairs)
        heads: set[tuple[str, ...]] = set()
        while left:
            parts = left.pop(self.draw(st.integers(0, len(left) - 1)))
            lines += self.line_of_its_own(indent)
            if self.draw(st.integers(0, 4)) == 0:
                lines.append("")
            head = parts[: self.draw(st.integers(1, len(parts)))]
            if head in heads:
                head = parts
            heads.add(head)
            key = f"{indent}{self._key(head)}{self.draw(st.sampled_from((':', ' :')))}"
            path = f"{prefix}{'.'.join(head)}"
            if head == parts:
                with self.beside(path):
                    lines += self._entry(key, path, indent)
                continue
            group = [parts, *(other for other in left if other[: len(head)] == head and len(other) > len(head))]
            left = [other for other in left if other not in group]
            rests = [other[len(head) :] for other in group]
            with self.beside(*(f"{path}.{'.'.join(rest)}" for rest in rests)):
                behind = _spaced(self.comment())
            self.after_text = False
            if self.draw(st.integers(0, 3)) == 0:
                lines.append(f"{key} {self.flow(rests, f'{path}.')}{behind}")
            else:
                inner = indent + self.draw(st.sampled_from(("  ", "    ", " ")))
                lines += [f"{key}{behind}", *self.mapping(rests, f"{path}.", inner)]
        return lines

    def flow(self, rests: list[tuple[str, ...]], prefix: str) -> str:
        entries = []
        for rest in rests:
            written, value = self.in_flow()
            self.file.settings[f"{prefix}{'.'.join(rest)}"] = value
            entries.append(f"{self._key(rest)}: {written}")
        return "{" + ", ".join(entries) + "}"

    def _entry(self, key: str, path: str, indent: str) -> list[str]:
        found = self.value(path, indent)
        is_list = isinstance(found.value, tuple) and found.value and "\t" not in found.value
        if is_list and not indent and self.draw(st.integers(0, 5)) == 0:
            name = key.rstrip(" :").strip("'\"")
            self.file.settings[path] = found.value
            return [
                f"{name}.{number}: {_quoted(item)}{_spaced(self.comment())}" for number, item in enumerate(found.value)
            ]
        self.file.settings[path] = found.value
        self.after_text = found.line[:1] in {"|", ">"}
        gap = self.draw(st.sampled_from((" ", "   "))) if found.line else ""
        if not found.line or found.line[0] in "|>[":
            behind = _spaced(self.comment()) if found.line != "[" else ""
            last = list(found.below)
            if found.line == "[":
                last[-1] += _spaced(self.comment())
            return [f"{key}{gap}{found.line}{behind}", *last]
        return [f"{key}{gap}{found.line}{_spaced(self.comment())}"]

    def _key(self, parts: tuple[str, ...]) -> str:
        quote = self.draw(st.sampled_from(("", "", "", "'", '"')))
        return f"{quote}{'.'.join(parts)}{quote}"


def _spaced(comment: str) -> str:
    return f" {comment}" if comment else ""


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _in_flow(item: tuple[str, str]) -> str:
    """Return a scalar as it may stand between brackets, where some plain ones may not."""
    written, value = item
    return _quoted(value) if written in {"${HOST}", "10.0.0.1:9300"} else written


@st.composite
def operator_files(draw: st.DrawFn) -> OperatorFile:
    """A file with some foreign settings and some of ours, in any form, order and mixture."""
    file = OperatorFile()
    maker = _Maker(draw, file)
    keys = draw(st.lists(st.sampled_from(OURS + FOREIGN), unique=True, max_size=9))
    lines = maker.mapping([tuple(key.split(".")) for key in keys], "", draw(st.sampled_from(("", "", "  "))))
    if keys and draw(st.integers(0, 3)) == 0:
        lines = [f"---{_spaced(maker.comment())}", *lines]
    stays = any(not key.startswith(REMOVABLE) for key in keys)
    if stays and draw(st.integers(0, 3)) == 0:  # nothing but this mark is no file
        lines.append(f"...{_spaced(maker.comment())}")
    else:
        lines += maker.line_of_its_own("")
    end = "\n" if maker.after_text else draw(st.sampled_from(("\n", "\n\n", "")))
    text = "\n".join(lines) + end
    file.comments = [comment for comment in file.comments if comment in text]  # some were drawn for another form
    if draw(st.integers(0, 7)) == 0:
        text = f"\ufeff{text}"
    file.text = text.replace("\n", draw(st.sampled_from(("\n", "\n", "\r\n"))))
    return file


class _Loader(yaml.SafeLoader):
    """PyYAML, but an alias is the text of its name: as Elasticsearch's reader has it."""

    def compose_node(self, parent, index):
        if self.check_event(yaml.AliasEvent):
            return yaml.ScalarNode("tag:yaml.org,2002:str", self.get_event().anchor, style='"')
        return super().compose_node(parent, index)


def read_by_others(text: str) -> dict[str, Value]:
    """Return what another YAML reader and a few lines of ours make of a file; nothing here is the code under test."""
    root = yaml.compose(text.removeprefix("\ufeff"), Loader=_Loader)
    flat: dict[str, Value] = {}
    if root is not None:
        _flatten(root, "", flat)
    lists: dict[str, dict[int, Value]] = defaultdict(dict)
    for key in list(flat):
        name, _, number = key.rpartition(".")
        if number.isdecimal():
            lists[name][int(number)] = flat.pop(key)
    return flat | {name: tuple(str(items[number]) for number in sorted(items)) for name, items in lists.items()}


def _flatten(part: yaml.Node, prefix: str, flat: dict[str, Value]) -> None:
    if isinstance(part, yaml.MappingNode):
        for key, value in part.value:
            _flatten(value, f"{prefix}.{key.value}" if prefix else key.value, flat)
    elif isinstance(part, yaml.SequenceNode):
        flat[prefix] = tuple(item.value for item in part.value)
    else:
        is_boolean = part.tag == "tag:yaml.org,2002:bool"
        flat[prefix] = str(part.value.lower() in {"true", "yes", "on"}).lower() if is_boolean else part.value
