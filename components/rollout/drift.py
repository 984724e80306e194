"""What of a node's start-time configuration, and of its process, is not as recorded, as a refresh lists it.

Settings are told by `components/settings/drift.py`, out of the same file and the same content.
"""

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor

from components.drift import Drift, DriftKind, drift, not_looked_at
from components.errors import SecurityError, TargetUnreachable
from components.findings import all_findings
from components.nodes.at_once import MACHINES
from components.nodes.spec import Paths
from components.rollout.cluster import RolloutCluster
from components.rollout.node import RolloutNode
from components.rollout.procedure import FILE_REASONS, RESTART_REASONS
from components.rollout.unknown import held_against_its_port
from components.rollout.view import NodeView, Running

ENTRY_WORDS = {
    DriftKind.ENTRY_MISSING: ("set", "missing"),
    DriftKind.ENTRY_CHANGED: ("the recorded value", "another value"),
    DriftKind.ENTRY_UNWANTED: ("not there", "set"),
}
"""What is recorded of an entry, and what is found; never its value."""
UNFINISHED = frozenset({"RolloutInHand", "RolloutLeftFiles", "TakenOver", "HalfDone"})
"""Reasons that lie in work that was not finished; those of the others lie in what the node runs with."""
IN_FILES = "FilesDiffer"
"""The reason that stands for settings and entries, which are told one by one."""


def nodes_drift(nodes: Collection[RolloutNode], *, starts: bool) -> tuple[Drift, ...]:
    """Look at every node, and return what differs; one that cannot be looked at hides no other."""

    def of(node: RolloutNode) -> tuple[Drift, ...]:
        try:
            view = node.view()
            return tuple(node_drift(held_against_its_port(view, node) if starts else view, starts=starts))
        except SecurityError as error:
            return (not_looked_at(node.name, error),)

    with ThreadPoolExecutor(MACHINES.most) as pool:
        return tuple(one for found in pool.map(of, nodes) for one in found)


def cluster_drift(cluster: RolloutCluster) -> tuple[Drift, ...]:
    """Return what a rollout left in the cluster's own settings; that it does not answer is told by its verification."""
    try:
        held = cluster.hold_left()
    except TargetUnreachable:
        return ()
    except SecurityError as error:
        return (not_looked_at("", error),)
    return (drift("", "rollout", DriftKind.ROLLOUT_UNFINISHED, "done", held),) if held else ()


def node_drift(node: NodeView, *, starts: bool) -> Iterator[Drift]:
    """Yield what differs on a node.

    Args:
        node: one look at it.
        starts: whether the cluster is to be running.
    """
    yield from _entries(node)
    runs_with = []
    words = {
        "ConfigurationDiffers": "was started with other files",
        "TransportTlsChanges": f"its transport layer speaks {'TLS' if node.speaks_tls else 'plain text'}",
    }
    for finding in all_findings((*RESTART_REASONS, *FILE_REASONS), node):
        text = finding.message.removeprefix(f"{node.name}: ")
        if finding.reason in UNFINISHED:
            yield drift(node.name, "rollout", DriftKind.ROLLOUT_UNFINISHED, "done", text)
        elif finding.reason != IN_FILES:
            runs_with.append(words.get(finding.reason, text))
    if runs_with:
        record = "runs with the recorded configuration"
        yield drift(node.name, "process", DriftKind.RUNS_WITH_OTHER, record, "; ".join(runs_with))
    if starts and node.running is Running.NOT_RUNNING and not node.in_hand:
        yield drift(node.name, "process", DriftKind.NOT_RUNNING, "runs", node.unknown or "does not run")


def _entries(node: NodeView) -> Iterator[Drift]:
    if node.entries and not node.has_keystore:
        yield drift(node.name, Paths.KEYSTORE, DriftKind.FILE_MISSING, "our entries", "missing")
        return
    for entry in node.entries:
        yield drift(node.name, f"keystore entry {entry.name}", entry.kind, *ENTRY_WORDS[entry.kind])
