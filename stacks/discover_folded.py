"""What people read of the facts of machines: all of few nodes; of many what most have, and who is unlike these."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Group, RenderableType

from components.nodes import hosts
from stacks.discover_view import LAYER_ROWS, LEAF_ROWS, PROCESS, SEED_HOSTS, node_view, reached, rows_of, table_view
from stacks.discovered import Discovered, differences
from stacks.folded_rows import DAYS, folded_rows
from stacks.model import StackModel
from stacks.names_words import ITS_ADDRESS, ITS_NAME, OF_ITS_OWN, with_its_name
from stacks.plan_rows import Row
from stacks.plan_words import FEW, MANY, names_of

REACHED = "reached"
NONE_SEEN = "none seen"
ITS_OTHER_NAME, OTHER_NAME, OTHER_ADDRESS = f"a name {OF_ITS_OWN}", "another name", "another IP address"
IN_SHORT = (ITS_OTHER_NAME, OTHER_NAME, OTHER_ADDRESS)
"""Words that do not tell what is meant, once the node is known."""
_INDEX = re.compile(r"nodes\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class _Told:
    """One node with the texts of its rows, by their names: as they are, and in words that others may share."""

    seen: Discovered
    whole: Mapping[str, str]
    shared: Mapping[str, str]


def nodes_view(nodes: Sequence[Discovered], model: StackModel, now: datetime) -> RenderableType:
    """Return what is known of nodes: all of each of few; of many what most have, and who is unlike these in what."""
    if len(nodes) <= MANY:
        return Group(*(node_view(one, model, now) for one in nodes))
    told = _told(nodes, model, now)
    usual = _usual(told)
    unlike = _unlike(told, usual)
    rows = [(name, _shortened(name, row.change)) for name, row in usual.items()]
    meant = f" · {ITS_NAME} stands for the node's name" if any(ITS_NAME in text for _, text in rows) else ""
    most = "what most of them have; who is unlike them is below" if unlike else "all alike"
    return Group(table_view(f"{len(nodes)} nodes", f" · {most}{meant}", rows), *unlike)


def said_once(said: Sequence[tuple[Discovered | None, str]], nodes: Sequence[Discovered]) -> Iterator[str]:
    """Yield what is said of nodes: of many that differ in nothing but the node the first alone, and who the others are.

    Args:
        said: the node that a text is about, None for the cluster as a whole, and the text.
        nodes: every node.
    """
    shapes = [_INDEX.sub("nodes[]", _in_words(text, one)) if one else text for one, text in said]
    for row in folded_rows([Row("", (str(at),), shape) for at, shape in enumerate(shapes)]):
        (first, text), *others = (said[int(at)] for at in row.nodes)
        names = [one.name for one, _ in others if one]
        yield f"{text}\n  and the same of {_others(names, nodes, first)}" if others else text


def _others(names: Sequence[str], nodes: Sequence[Discovered], first: Discovered | None) -> str:
    """Return nodes by their names; where these are almost all besides a first one, by who is not among them."""
    left = [one.name for one in nodes if one is not first and one.name not in names]
    if len(left) > MANY:
        return f"{len(names)} more: {', '.join(names)}"
    return f"all others{' but ' if left else ''}{', '.join(left)}"


def differing_in(nodes: Sequence[Discovered]) -> Iterator[str]:
    """Yield what is not the same on every node, and has to be: each value once, and who has it."""
    for what, values in differences(nodes).items():
        who = {value: [name for name, own in values.items() if own == value] for value in values.values()}
        yield f"{what} differs: {', '.join(f'{value} on {names_of(names)}' for value, names in who.items())}"


def about(text: str, nodes: Sequence[Discovered]) -> Discovered | None:
    """Return the node whose place in the stack file stands in a text; None without one."""
    found = _INDEX.search(text)
    return nodes[int(found[1])] if found else None


def _told(nodes: Sequence[Discovered], model: StackModel, now: datetime) -> list[_Told]:
    """Return every node with its rows; what many have as it is, such as a name in all leaves, stays as it is."""
    mentioned: Counter[str] = Counter()
    whole = [_whole(one, model, now, mentioned) for one in nodes]
    leaves = [row for row in LEAF_ROWS.values() if any(row in rows for rows in whole)]
    for one, rows in zip(nodes, whole, strict=True):
        rows |= {row: NONE_SEEN for row in leaves if row not in rows and one.facts and one.facts.speech}
    plain = [{row: PROCESS.sub("", text) for row, text in rows.items()} for rows in whole]
    counts = Counter(item for rows in plain for item in rows.items())
    many = frozenset(host for host, count in mentioned.items() if count > MANY)
    found = []
    for one, rows, texts in zip(nodes, whole, plain, strict=True):
        words = dict(_worded(one, model, now, many))
        shared = {row: text if counts[row, text] > MANY else words.get(row, text) for row, text in texts.items()}
        found.append(_Told(one, rows, shared))
    return found


def _whole(seen: Discovered, model: StackModel, now: datetime, mentioned: Counter[str]) -> dict[str, str]:
    """Return a node's rows as they are, and count the hosts in them."""
    found: set[str] = set()

    def listed(names: Sequence[str]) -> Sequence[str]:
        found.update(names)
        return names

    rows = {REACHED: reached(seen), **dict(rows_of(seen, model, now, listed))}
    mentioned.update(found)
    return rows


def _worded(seen: Discovered, model: StackModel, now: datetime, many: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield a node's rows with its hosts told in words, but for `many`, which others have too."""

    def listed(names: Sequence[str]) -> list[str]:
        return sorted({name if name in many else _word(name, seen) for name in names}, key=_names_first)

    yield REACHED, _in_words(reached(seen), seen)
    for row, text in rows_of(seen, model, now, listed):
        yield row, _shortened(row, with_its_name(PROCESS.sub("", text), seen.name))


def _own(seen: Discovered) -> frozenset[str]:
    """Return what a node and its machine are called and where they are reached, as far as it is known."""
    machine = seen.facts.machine if seen.facts else None
    told = (*machine.names, *machine.addresses) if machine else ()
    return frozenset(filter(None, (seen.by_ssh, seen.spec.address, *seen.spec.names, *told)))


def _word(host: str, seen: Discovered) -> str:
    worded = with_its_name(host, seen.name)
    if hosts.ip_of(host):
        return ITS_ADDRESS if host in _own(seen) else OTHER_ADDRESS
    if worded != host:
        return worded
    return ITS_OTHER_NAME if host in _own(seen) else OTHER_NAME


def _names_first(told: str) -> tuple[bool, bool, str]:
    return told in (ITS_ADDRESS, OTHER_ADDRESS) or hosts.ip_of(told) is not None, ITS_NAME not in told, told


def _in_words(text: str, seen: Discovered) -> str:
    """Return a sentence with what is the node's own told in words."""
    for host in sorted(_own(seen), key=len, reverse=True):
        text = re.sub(rf"(?<![\w.-]){re.escape(host)}(?![\w-]|\.\w)", _word(host, seen), text)
    return with_its_name(text, seen.name)


def _shortened(row: str, text: str) -> str:
    """Return the text of a row, and of more than a few seed hosts their number."""
    count = text.count(", ") + 1
    return f"{count} hosts" if row == SEED_HOSTS and count > FEW else text


def _usual(told: Sequence[_Told]) -> dict[str, Row]:
    """Return what half of the nodes or more have in each row; a row's nodes are told by their place."""
    order = max((one.shared for one in told), key=len)
    found = {}
    for row in dict.fromkeys([*order, *(row for one in told for row in one.shared)]):
        texts = [Row(row, (str(at),), one.shared[row]) for at, one in enumerate(told) if row in one.shared]
        most = max(folded_rows(texts, few=1), key=lambda each: len(each.nodes))
        if 2 * len(most.nodes) >= len(told):
            found[row] = most
    return found


def _unlike(told: Sequence[_Told], usual: Mapping[str, Row]) -> list[RenderableType]:
    """Return a table for each node that is unlike most others, of what is so; one for all that are so alike."""
    groups: dict[tuple[tuple[str, str], ...], list[tuple[_Told, list[str]]]] = {}
    for at, one in enumerate(told):
        rows = [row for row in one.shared if row not in usual or not _is_usual(one, str(at), usual[row])]
        if rows:
            kind = tuple((row, DAYS.sub("", one.shared[row])) for row in rows)
            groups.setdefault(kind, []).append((one, rows))
    return [_table(part) for members in groups.values() for part in _parts(members)]


def _parts(members: list[tuple[_Told, list[str]]]) -> list[list[tuple[_Told, list[str]]]]:
    """Return nodes that are unlike most in the same way together; a few of which words would hide it each alone."""
    first, rows = members[0]
    hidden = any(word in first.shared[row] for word in IN_SHORT for row in rows)
    return [[one] for one in members] if hidden and len(members) <= MANY else [members]


def _is_usual(one: _Told, place: str, usual: Row) -> bool:
    """Tell whether a node has what most have; of one that does not run it is not known what its layers speak."""
    silent = usual.what in LAYER_ROWS.values() and one.seen.facts is not None and one.seen.facts.running is None
    return place in usual.nodes or (silent and usual.change.startswith(f"{one.shared[usual.what]} · "))


def _table(members: Sequence[tuple[_Told, list[str]]]) -> RenderableType:
    (first, rows), *others = members
    names = ", ".join(one.seen.name for one, _ in members)
    if not others:
        whole = [(row, first.whole[row]) for row in rows if row != REACHED]
        return table_view(names, f" · {first.whole[REACHED]}", whole)
    texts = [Row(row, (one.seen.name,), one.shared[row]) for row in rows for one, _ in members]
    joined = [(row.what, _shortened(row.what, row.change)) for row in folded_rows(texts, few=1)]
    return table_view(f"{len(members)} nodes", f" · {names}", joined)
