"""How a stack file with mistakes is refused: each on a line, with the name of what it is about, and what to do next."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.errors import ConfigurationRefused
from components.nodes.spec import NODE_NAME
from stacks.mistakes import Mistake

ENTRY = re.compile(r"(?<![\w.])(\w+)\[(\d+)\](?:\.\w+|\[\d+\])*")
"""A place below an entry of a list, such as `nodes[1].address`; lists count from 0, and people hardly do."""


@dataclass(frozen=True, slots=True)
class StackFileProblem:
    """One thing that is wrong with a stack file, as machines are told it.

    Attributes:
        key: the config path, such as `nodes[2].address`; empty where it is about the file as a whole.
        name: the name of the entry of a list that it is in, such as a node's; empty where there is none.
        what: what is wrong.
        why: the cause, where `what` does not say it.
        next_step: what would be right.
        line: the line of the file, where it is known already.
    """

    key: str
    what: str
    next_step: str
    name: str = ""
    why: str = ""
    line: int | None = None


class StackFileRefused(ConfigurationRefused):
    """A stack file that cannot be used.

    Args:
        what: what happened, with every mistake on a line of its own.
        where: the stack file.
        why: the cause.
        next_step: what to do now.
        problems: the same for machines, one by one.
        waiting: sections that could not be read, so that rules about them were not asked.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str,
        why: str,
        next_step: str,
        problems: tuple[StackFileProblem, ...],
        waiting: Sequence[str] = (),
    ) -> None:
        super().__init__(what, where=where, why=why, next_step=next_step)
        self.problems, self.waiting = problems, tuple(waiting)


def refused(
    mistakes: Collection[Mistake],
    where: str,
    sections: Mapping[str, Any],
    *,
    secret: Collection[str] = (),
    waiting: Sequence[str] = (),
) -> StackFileRefused:
    """Return the error that tells every mistake.

    Args:
        mistakes: what was found.
        where: the stack file.
        sections: what stands in it.
        secret: sections whose values are never repeated.
        waiting: sections that could not be read, so that rules about them were not asked.
    """
    count, readable = len(mistakes), {key: value for key, value in sections.items() if key not in secret}
    keys = "docs/configuration.md lists every key"
    about = ", ".join(f"`{section}`" for section in waiting)
    again = f"correct each line above ({keys}), then run `check` again: rules about {about} were not looked at yet"
    return StackFileRefused(
        f"{count} mistake{'s' if count > 1 else ''}; nothing was touched"
        + "".join(f"\n    {with_names(str(mistake), readable)}" for mistake in mistakes),
        where=where,
        why="the stack file asks for something that cannot be, or is not clear",
        next_step=again if waiting else f"correct each line above; {keys}",
        problems=tuple(_problem(mistake, readable) for mistake in mistakes),
        waiting=waiting,
    )


def _problem(mistake: Mistake, sections: Mapping[str, Any]) -> StackFileProblem:
    entry = ENTRY.match(mistake.path)
    name = _name_in(sections.get(entry[1]), int(entry[2])) if entry else ""
    wrong, right = (with_names(text, sections) for text in (mistake.wrong, mistake.right))
    return StackFileProblem(mistake.path, wrong, right, name=name)


def with_names(line: str, sections: Mapping[str, Any]) -> str:
    """Return a line with the name behind each place in a list: `nodes[1].address (es-2)`."""

    def named(found: re.Match[str]) -> str:
        name = _name_in(sections.get(found[1]), int(found[2]))
        return f"{found[0]} ({name})" if name and not found[0].endswith("].name") else found[0]

    return ENTRY.sub(named, line)


def _name_in(section: Any, index: int) -> str:
    """Return the name of an entry, where it is one; empty where it is not."""
    entry = section[index] if isinstance(section, list) and index < len(section) else None
    name = entry.get("name") if isinstance(entry, Mapping) else None
    return name if isinstance(name, str) and re.fullmatch(NODE_NAME, name) else ""
