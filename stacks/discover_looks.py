"""Every machine is asked what it tells, several at a time; whoever asked for it is the only one that prints."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from components.errors import SecurityError
from components.facts.candidates import KEYS, Asked, candidates_on
from components.facts.machine import MachineFacts, look_at
from components.facts.node import facts_of, resolved
from components.nodes.at_once import MACHINES, side_by_side
from components.nodes.reaching import reach
from components.nodes.spec import Node
from components.nodes.ssh_spec import Ssh
from components.nodes.targets import target_of
from stacks.discovered import Discovered, additions
from stacks.inventory import nodes_of
from stacks.missed_names import seed_names
from stacks.model import StackModel
from stacks.plan_words import MANY


@dataclass(frozen=True, slots=True)
class _Question:
    """A node to be asked about: as it is written, as the plugin would get it, and how it is known on its machine."""

    seen: Discovered
    node: Node
    asked: Asked
    folder: str


def look(
    sections: Mapping[str, Any], model: StackModel, root: Path, news: Callable[[str], None]
) -> tuple[Discovered, ...]:
    """Return what the machine of each node tells; one that cannot be asked is named, and the others go on.

    Args:
        sections: the stack file as it is written.
        model: the same with what may be left out; `rollout.machines_at_once` machines are asked at a time.
        root: the project's folder.
        news: told how far it is, by this thread alone.
    """
    MACHINES.most = model.rollout.machines_at_once
    left = {question.seen.index: question for question in _questions(sections, model, root)}
    of_machines: dict[Ssh | None, list[_Question]] = {}
    for question in left.values():
        of_machines.setdefault(question.node.machine.ssh, []).append(question)
    found: dict[int, Discovered] = {}

    def take(told: Sequence[Discovered]) -> None:
        for one in told:
            found[one.index] = one
            del left[one.index]
        news(_how_far(found, left))

    take(())
    side_by_side(_asked_on_one_machine, of_machines.values(), take)
    return tuple(found[index] for index in sorted(found))


def _how_far(found: Mapping[int, Discovered], left: Mapping[int, _Question]) -> str:
    """Return how many nodes were asked about, and the last few that were not."""
    names = ", ".join(question.node.name for question in left.values()) if len(left) <= MANY else ""
    return f"{len(found)} of {len(found) + len(left)}{names and f', waiting for {names}'}"


def _questions(sections: Mapping[str, Any], model: StackModel, root: Path) -> Iterator[_Question]:
    common = sections.get("machine") or {}
    for index, (written, spec, node) in enumerate(
        zip(sections["nodes"], model.nodes, nodes_of(model, root), strict=True)
    ):
        machine = {**common, **(written.get("machine") or {})}
        seen = Discovered(index, written, machine, spec, by_ssh=node.machine.ssh.host if node.machine.ssh else "")
        folder = node.machine.config if machine.get("config") or machine.get("home") else ""
        config = folder if machine.get("config") else ""
        ports = {key: int(written[key]) for key in KEYS if isinstance(written.get(key), int)}
        home = node.machine.home if machine.get("home") else ""
        asked = Asked(str(written.get("name") or ""), config, ports, str(written.get("address") or ""), home)
        yield _Question(seen, node, asked, folder)


def _asked_on_one_machine(questions: Sequence[_Question]) -> list[Discovered]:
    """Return what a machine tells of its nodes, one after the other: what it tells of itself is asked once."""
    facts: MachineFacts | None = None
    found = []
    for question in questions:
        try:
            if facts is None:
                reach(question.node.machine)
                facts = look_at(target_of(question.node.machine))
            found.append(_completed(_told(question, facts)))
        except SecurityError as error:
            found.append(replace(question.seen, failed=str(error)))
    return found


def _told(question: _Question, machine: MachineFacts) -> Discovered:
    node, target = question.node, target_of(question.node.machine)
    folders = candidates_on(machine, node.machine, target, question.folder)
    known = facts_of(node, question.asked, machine, folders, target)
    return replace(question.seen, facts=known, resolved=resolved(target, seed_names([known])))


def _completed(seen: Discovered) -> Discovered:
    """Return a node with what its machine told in the place of what is not written."""
    told = {key: value for key, value in additions(seen).items() if key in ("name", "address", *KEYS)}
    return replace(seen, spec=seen.spec.model_copy(update=told))
