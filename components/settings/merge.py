"""Our settings in the operator's own elasticsearch.yml: every other line stays as the operator wrote it.

How a merge goes:

1. Read the file as Elasticsearch reads it (``flat``), and decide per setting: change, remove, add or leave.
2. Edit the ranges of those settings alone (``edits``), and add what is new at the end (``append``).
3. Prove it: read the result. It must hold what it held, without the removed and with the wanted settings.
4. Where the edit or the proof fails, edit the parsed file and write it anew (``rewrite``), and prove that.
5. Where that fails too, refuse: the file stays as it is, and the operator is told what to write.

What this keeps: no other setting changes its meaning, a merge of a merged file changes nothing, and in step 2
no other line changes a byte.
"""

from collections.abc import Collection, Iterator
from collections.abc import Mapping as Pairs
from dataclasses import dataclass

from components.errors import ConfigurationRefused
from components.settings.append import append
from components.settings.edits import Unsuited, apply, erase, replace
from components.settings.flat import Place, Setting, SettingsFile, flatten, read_settings
from components.settings.lines import line_number
from components.settings.rewrite import Plan, rewrite
from components.settings.scalars import Opaque, SettingValue, Value, held, same, shown
from components.settings.yaml_text import Document, Sequence, YamlNode, parse, refuse

__all__ = ["LineChange", "Merged", "SettingValue", "Value", "flatten", "merge"]


@dataclass(frozen=True, slots=True)
class LineChange:
    """One setting that a merge changed.

    Attributes:
        key: the dotted key.
        before: the value as it may be shown (``***`` for what looks secret), None if the setting is new.
        after: the value as it may be shown, None if the setting was removed.
        line: 1-based line of the setting, in the new file; for a removed one, in the old file.
    """

    key: str
    before: str | None
    after: str | None
    line: int

    def __str__(self) -> str:
        if self.before is None:
            return f"+ {self.key}: {self.after}"
        return f"− {self.key}: {self.before}" if self.after is None else f"{self.key}: {self.before} → {self.after}"


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged file and what changed in it: first what was changed, then what went, then what came."""

    text: str
    changes: tuple[LineChange, ...]


def merge(
    text: str,
    wanted: Pairs[str, SettingValue],
    absent: Collection[str],
    *,
    where: str,
    header: str | None,
    also_opaque: bool = False,
) -> Merged:
    """Return the operator's file with our settings in it.

    A setting that stands in the file is changed where it stands, in the form it has. A new one is added as a
    dotted line at the end, beneath the header. A removed one takes its own lines with it, and a mapping it
    empties. Nothing changes where the file already means what is wanted: ``"true"`` or ``yes`` for true, and a
    list in either style, as ``a.0: x``, or as a text with commas.

    Args:
        text: the file, decoded, with its own line ends (read it with ``newline=""``).
        wanted: dotted key to value; a tuple for a list.
        absent: keys that must not stand in the file, or, ending in ``.``, the start of such keys. What is
            wanted too stays.
        where: the file's name for messages, as ``es-1:/etc/elasticsearch/elasticsearch.yml``.
        header: the comment line above new settings, or None for none.
        also_opaque: whether the file may hold what Elasticsearch takes for no value; it is kept as it is.

    Raises:
        ConfigurationRefused: Elasticsearch would not read the file, a setting stands in it twice or in a
            shared (anchored) block, a wanted value is empty, what is opaque would have to change, or the file's form
            allows no safe edit.
    """
    planned = {key: held(value) for key, value in wanted.items()}
    _refuse_empty(planned, where)
    decision = _decide(read_settings(text, where=where, also_opaque=also_opaque), planned, absent)
    if decision.is_nothing:
        return Merged(text, ())
    _refuse_opaque(decision, where)
    _refuse_shared(decision, where)
    new = _edited(decision, where=where, header=header)
    return Merged(new.document.text, tuple(_changes(decision, new)))


@dataclass(frozen=True, slots=True)
class _Decision:
    """What is to happen to which setting of the old file; ``added`` are the keys that it does not have."""

    old: SettingsFile
    planned: Pairs[str, Value]
    changed: tuple[Setting, ...]
    removed: tuple[Setting, ...]
    added: tuple[str, ...]

    @property
    def is_nothing(self) -> bool:
        """Whether the file is as it should be."""
        return not (self.changed or self.removed or self.added)

    def expected(self) -> dict[str, Value]:
        """Return the settings that the new file must hold, no more and no less."""
        removed = {setting.key for setting in self.removed}
        new = [setting.key for setting in self.changed] + list(self.added)
        kept = {key: value for key, value in self.old.values().items() if key not in removed}
        return kept | {key: self.planned[key] for key in new}


def _decide(old: SettingsFile, planned: Pairs[str, Value], absent: Collection[str]) -> _Decision:
    standing = old.settings
    return _Decision(
        old,
        planned,
        changed=tuple(
            standing[key] for key, value in planned.items() if key in standing and not same(standing[key].value, value)
        ),
        removed=tuple(each for key, each in standing.items() if key not in planned and _is_absent(key, absent)),
        added=tuple(key for key in planned if key not in standing),
    )


def _is_absent(key: str, absent: Collection[str]) -> bool:
    return any(key == each or (each.endswith(".") and key.startswith(each)) for each in absent)


def _refuse_empty(planned: Pairs[str, Value], where: str) -> None:
    empty = [key for key, value in planned.items() if value == ""]
    if empty:
        raise ConfigurationRefused(
            f"the value wanted for {', '.join(empty)} is empty",
            where=where,
            why="Elasticsearch drops a setting with an empty value when it starts, and takes the default",
            next_step="give it a value, or leave the setting out",
        )


def _refuse_opaque(decision: _Decision, where: str) -> None:
    """Refuse to put our values where something stands, at the key itself or above it, that we cannot read."""
    touched = {setting.key for setting in (*decision.changed, *decision.removed)}
    above = {key[:end] for key in decision.added for end, sign in enumerate(key) if sign == "."}
    for key, setting in decision.old.settings.items():
        if isinstance(setting.value, Opaque) and key in touched | above:
            refuse(
                f"{key} has no value, or is a list of more than texts",
                where=where,
                text=decision.old.document.text,
                at=setting.places[0].entry.key.start,
                why="we set or remove it, or something below it, and what stands there is no value that we could read",
                next_step="give it a text or a list of texts, or remove the key",
            )


def _refuse_shared(decision: _Decision, where: str) -> None:
    document = decision.old.document
    for setting in (*decision.changed, *decision.removed):
        for part in _parts_around(document, setting):
            if part.anchor in document.aliased:
                refuse(
                    f"{setting.key} stands in what *{part.anchor} stands for again",
                    where=where,
                    text=document.text,
                    at=part.start,
                    why="a change here would read as if it held there too, which it does not: "
                    f"Elasticsearch reads *{part.anchor} as the text {part.anchor}",
                    next_step="write the settings out, without & and *",
                )


def _parts_around(document: Document, setting: Setting) -> Iterator[YamlNode]:
    if document.root is not None:
        yield document.root
    for place in setting.places:
        for entry in place.trail:
            yield from (entry.key, entry.value)
        if isinstance(place.entry.value, Sequence):
            yield from place.entry.value.items


def _edited(decision: _Decision, *, where: str, header: str | None) -> SettingsFile:
    plan, expected = _plan(decision), decision.expected()
    for edit in (_by_ranges, rewrite):
        try:
            new = read_settings(edit(decision.old.document, plan, header), where=where, also_opaque=True)
        except (Unsuited, ConfigurationRefused):
            continue
        if new.values() == expected:
            return new
    keys = [setting.key for setting in (*decision.changed, *decision.removed)] + list(decision.added)
    raise ConfigurationRefused(
        f"{', '.join(keys)} cannot be set or removed without touching other settings or comments",
        where=where,
        why="the file has them, or a group of their name, in a form for which no edit could be proven",
        next_step="give each a line of its own with a dotted key, as xpack.security.enabled: true",
    )


def _plan(decision: _Decision) -> Plan:
    replaced: list[tuple[Place, Value]] = []
    gone = [place for setting in decision.removed for place in setting.places]
    added = {key: decision.planned[key] for key in decision.added}
    for setting in decision.changed:
        value, places = decision.planned[setting.key], setting.places
        if not setting.is_numbered:
            replaced.append((places[0], value))
        elif isinstance(value, tuple) and value:  # keep the form a.0, a.1: change, drop or add items
            replaced += [(place, new) for place, new in zip(places, value, strict=False) if place.value != new]
            gone += places[len(value) :]
            added |= {f"{setting.key}.{number}": value[number] for number in range(len(places), len(value))}
        else:
            gone += places
            added[setting.key] = value
    return Plan(tuple(replaced), tuple(gone), added)


def _by_ranges(document: Document, plan: Plan, header: str | None) -> str:
    edits = [edit for place, value in plan.replaced for edit in replace(document.text, place, value)]
    gone = frozenset(place.entry.key.start for place in plan.gone)
    edited = apply(document.text, [*edits, *erase(document, gone)])
    return append(parse(edited, where="the edited file"), plan.added, header)


def _changes(decision: _Decision, new: SettingsFile) -> Iterator[LineChange]:
    for each in decision.changed:
        before, after = shown(each.key, each.value), shown(each.key, decision.planned[each.key])
        yield LineChange(each.key, before, after, _line(new, each.key))
    for each in decision.removed:
        yield LineChange(each.key, shown(each.key, each.value), None, _line(decision.old, each.key))
    for key in decision.added:
        yield LineChange(key, None, shown(key, decision.planned[key]), _line(new, key))


def _line(file: SettingsFile, key: str) -> int:
    return line_number(file.document.text, file.settings[key].places[0].entry.key.start)
