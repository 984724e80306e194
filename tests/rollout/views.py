"""Nodes as a rollout sees them, told in the domain's words."""

from collections.abc import Iterable
from typing import Any

from components.rollout.steps import Action, Step
from components.rollout.view import NodeView, RolloutView, Running


def node(name: str = "es-1", **changes: Any) -> NodeView:
    """Return a node that runs with what is wanted, with TLS; or one that differs from that."""
    usual = {"running": Running.WANTED, "on_disk": True, "speaks_tls": True, "wants_tls": True}
    return NodeView(name, **{**usual, **changes})


def open_node(name: str = "es-1", **changes: Any) -> NodeView:
    """Return a node that runs unsecured, and is to be secured."""
    usual = {"running": Running.OTHER, "on_disk": False, "speaks_tls": False, "changes": ("+ tls",)}
    return node(name, **{**usual, **changes})


def outdated(name: str = "es-1", **changes: Any) -> NodeView:
    """Return a secured node whose elasticsearch.yml is to be another one."""
    return node(name, **{"running": Running.OTHER, "on_disk": False, "changes": ("~ a: 1 → 2",), **changes})


def stopped(name: str = "es-1", **changes: Any) -> NodeView:
    """Return a node that does not run; nothing is known of its TLS then."""
    return node(name, **{"running": Running.NOT_RUNNING, "speaks_tls": None, **changes})


def cluster(*nodes: NodeView, consent: bool = True, starts: bool = True) -> RolloutView:
    """Return a cluster of these nodes."""
    return RolloutView(nodes, consent=consent, starts=starts)


def pairs(steps: Iterable[Step]) -> list[tuple[Action, tuple[str, ...]]]:
    """Return steps as pairs."""
    return [(step.action, step.nodes) for step in steps]
