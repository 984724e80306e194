"""What new leaves will name in words: each of few, and of many the shape that they share."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from components.nodes import hosts
from stacks.plan_names import KIBANA_LEAF, REQUEST, NewNames
from stacks.plan_words import MANY, names_of

TITLE = "names in new leaves"
ITS_NAME = "{name}"
"""What stands for a node's name, as it does in a stack file."""
ITS_ADDRESS = "its IP address"
OF_ITS_OWN = "of its own"
"""How a name is told that no word stands for."""
MOST = 12
"""Lines for people: so many take both layers of four nodes, and four Kibanas."""


@dataclass(frozen=True, slots=True)
class NamesWords:
    """What people read of the names in new leaves; no lines where there is nothing new in them.

    Attributes:
        meant: what stands for something else in the lines; empty where all names are as they will be.
        lines: whose leaves, and what they name.
        left_out: what is said of those that there is no line for; empty where all are told.
    """

    meant: str
    lines: tuple[tuple[str, str], ...]
    left_out: str


@dataclass(frozen=True, slots=True)
class _Line:
    what: str
    nodes: tuple[str, ...]
    layers: tuple[str, ...]
    names: str

    def whose(self) -> str:
        many = self.what == KIBANA_LEAF and len(self.nodes) > MANY
        nodes = f"{len(self.nodes)} Kibanas" if many else names_of(self.nodes)
        return f"{nodes} · {' and '.join(self.layers)}{' request' if self.what == REQUEST else ''}"


def names_words(names: Sequence[NewNames]) -> NamesWords:
    """Return the names that are news: those of first leaves, and of those that name others than before."""
    news = [one for one in names if not one.as_before]
    lines = _lines(news, 1)
    if len(lines) > MOST:  # such as pairs of nodes that share a machine
        lines = _lines(news, MANY)
    left = lines[MOST:]
    folded = any(ITS_NAME in line.names for line in lines[:MOST])
    leaves = sum(len(line.nodes) * len(line.layers) for line in left)
    return NamesWords(
        f"{ITS_NAME} stands for the node's name" if folded else "",
        tuple((line.whose(), line.names) for line in lines[:MOST]),
        f"and {leaves} more, which `preview --json` lists" if left else "",
    )


def _lines(news: Sequence[NewNames], few: int) -> list[_Line]:
    """Return the lines, most nodes first; what at most a few nodes name is told as their own where there are many."""
    kinds: dict[tuple[str, str], list[NewNames]] = {}
    for one in news:
        kinds.setdefault((one.what, one.layer), []).append(one)
    layers: dict[tuple[str, tuple[str, ...], str], list[str]] = {}
    for (what, layer), ones in kinds.items():
        for nodes, names in _told(ones, few):
            layers.setdefault((what, nodes, names), []).append(layer)
    found = [_Line(what, nodes, tuple(those), names) for (what, nodes, names), those in layers.items()]
    places = {node: place for place, node in enumerate(dict.fromkeys(one.node for one in news))}
    return sorted(found, key=lambda line: (line.what == KIBANA_LEAF, -len(line.nodes), places[line.nodes[0]]))


def _told(ones: Sequence[NewNames], few: int) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield nodes with what the leaf of each names on a layer: every name of few and of odd ones, or a shape."""
    counts = Counter(name for one in ones for name in one.names)
    groups: dict[tuple[str, ...], list[NewNames]] = {}
    for one in ones:
        groups.setdefault(_shape(one, counts, few) if len(ones) > MANY else one.names, []).append(one)
    for shape, members in groups.items():
        odd = len(members) == 1 or (len(members) <= MANY and any(OF_ITS_OWN in text for text in shape))
        for told, names in [((one,), one.names) for one in members] if odd else [(members, shape)]:
            yield tuple(one.node for one in told), ", ".join(names) or "no names"


def _shape(one: NewNames, counts: Mapping[str, int], few: int) -> tuple[str, ...]:
    """Return a leaf's names with those of its node in words, and those that others have too as they are."""
    own = [name for name in one.names if counts[name] <= few]
    addresses = [name for name in own if hosts.ip_of(name)]
    ours = {name: with_its_name(name, one.node) for name in own if name not in addresses}
    others = [name for name, text in ours.items() if text == name]
    return (
        *sorted(text for name, text in ours.items() if text != name),
        *_counted(others, f"a name {OF_ITS_OWN}", f"names {OF_ITS_OWN}"),
        *_counted(addresses, ITS_ADDRESS, f"IP addresses {OF_ITS_OWN}"),
        *(name for name in one.names if counts[name] > few),
    )


def with_its_name(text: str, node: str) -> str:
    """Return a text, such as a host name, with what stands for the node's name in the place of that name."""
    return re.sub(rf"(?<![a-z0-9]){re.escape(node)}(?![a-z0-9])", ITS_NAME, text, flags=re.IGNORECASE)


def _counted(found: Iterable[str], one: str, many: str) -> Iterator[str]:
    count = len(tuple(found))
    if count:
        yield one if count == 1 else f"{count} {many}"
