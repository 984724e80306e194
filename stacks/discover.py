"""`python -m stacks discover ENVIRONMENT`: what machines tell, and which lines of the stack file come of it."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group

from components.clock import SystemClock
from components.errors import ConfigurationRefused
from components.facts.candidates import plain
from components.facts.node import NodeFacts
from components.nodes.spec import NODE_NAME
from stacks.config import named
from stacks.discover_folded import about, differing_in, nodes_view, said_once
from stacks.discover_input import half_written
from stacks.discover_lines import as_lines, sections_to_write
from stacks.discover_looks import look
from stacks.discover_view import lines_view, node_data, node_view
from stacks.discovered import Contradiction, Discovered, additions, contradictions, differing, fits, not_found, unfit
from stacks.missed_names import Missed, missed, names_to_add
from stacks.model import CLUSTER_NAME
from stacks.plan_words import MANY, counted
from stacks.statuses import BROKEN, DUE, FINE
from stacks.workspace import ROOT, refuse_missing_project, workspace_for
from toolchain import console


def discover(options: argparse.Namespace) -> int:
    """Ask every machine, change nothing, and say what the stack file may leave to it, and what it lacks."""
    if options.project is not None:
        refuse_missing_project(options.project)
    workspace = workspace_for(options.environment, options.project)
    where = named(workspace.written or workspace.stack_file)
    sections, model = half_written(workspace.stack_file)
    with console.task("look at every machine") as task:
        seen = look(sections, model, options.project or ROOT, task.update)
        task.done(f"{len(seen)} nodes")
    model = model.model_copy(update={"nodes": tuple(one.spec for one in seen)})
    against = list(dict.fromkeys(each for one in seen for each in contradictions(one, sections.get("cluster") or {})))
    names = missed(seen, model)
    to_write = _to_write(sections, seen, names)
    notes = [*unfit(seen), *differing(seen), *map(str, names)]
    now = SystemClock().now()
    chosen = _chosen(seen, options.node, where)
    console.show(Group(*(node_view(one, model, now) for one in chosen)) if chosen else nodes_view(seen, model, now))
    _tell(seen, against, _notes(seen, names, notes), to_write, where)
    if options.json:
        data = {
            "result": "discovered",
            "nodes": [node_data(one, model) for one in seen],
            "write": to_write,
            "notes": notes,
            "contradictions": [str(each) for each in against],
        }
        sys.stdout.write(f"{json.dumps(data, indent=2, default=str)}\n")
    if against or _broken(seen):
        return BROKEN
    return DUE if to_write or notes else FINE


def _to_write(sections: Mapping[str, Any], seen: Sequence[Discovered], names: Sequence[Missed]) -> dict[str, Any]:
    clusters = {plain(one.facts.settings, "cluster.name") for one in seen if isinstance(one.facts, NodeFacts)}
    clusters = {name for name in clusters if fits(CLUSTER_NAME, name)}
    return sections_to_write(
        sections,
        [one.name if fits(NODE_NAME, one.name) else "" for one in seen],
        [additions(one, names_to_add(one, names)) for one in seen],
        clusters.pop() if len(clusters) == 1 else "",
    )


def _chosen(seen: Sequence[Discovered], names: Sequence[str], where: str) -> list[Discovered]:
    """Return the nodes of which everything is to be told; none where nobody asked for some."""
    known = [one.name for one in seen]
    for name in names:
        if name not in known:
            raise ConfigurationRefused(
                f"there is no node `{name}`",
                where=f"{where}: nodes",
                why=counted(f"there are {', '.join(known)}"),
                next_step="name some of these with `--node`",
            )
    return [one for one in seen if one.name in names]


def _notes(seen: Sequence[Discovered], names: Sequence[Missed], notes: Sequence[str]) -> list[str]:
    """Return the notes as people read them: of many nodes, what is alike is said once."""
    if len(seen) <= MANY:
        return list(notes)
    about_names = [(one.seen, counted(str(one))) for one in names]
    about_forms = [(about(text, seen), text) for text in unfit(seen)]
    return [*differing_in(seen), *said_once([*about_forms, *about_names], seen)]


def _tell(
    seen: Sequence[Discovered],
    against: Sequence[Contradiction],
    notes: Sequence[str],
    to_write: Mapping[str, Any],
    where: str,
) -> None:
    """Say what is to be done: what is wrong first."""
    wrong: list[tuple[Discovered | None, str]] = []
    wrong += [(one, one.failed or str(not_found(one))) for one in _broken(seen)]
    wrong += [(about(each.path, seen), str(each.as_error(where))) for each in against]
    if wrong:
        console.say("")
    for text in said_once(wrong, seen):
        console.failure("", text)
    if notes:
        console.say("")
    for note in notes:
        console.say(f"! {note}")
    if to_write:
        console.show(lines_view(as_lines(to_write), where))
    elif not _broken(seen):
        console.say(f"\n{where}: nothing to add")


def _broken(seen: Sequence[Discovered]) -> list[Discovered]:
    """Return the nodes of which it is not known what they are."""
    return [one for one in seen if one.facts is None or one.facts.found is None]
