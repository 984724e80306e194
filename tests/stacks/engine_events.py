"""The engine's events as the Automation API hands them over."""

from collections.abc import Mapping
from typing import Any

from pulumi.automation.events import (
    DiagnosticEvent,
    EngineEvent,
    OpType,
    PolicyEvent,
    ResOpFailedEvent,
    ResourcePreEvent,
    ResOutputsEvent,
    StepEventMetadata,
    StepEventStateMetadata,
)

from tests.stacks.seen import token_of

PROJECT = "urn:pulumi:prod::elasticsearch-security"
ABOVE = "essecurity:scenarios:BasicSecurity$"
"""What stands in the URN of a resource below a component; a resource of the program itself has nothing there."""


def urn(kind: str, name: str, above: str = ABOVE) -> str:
    """Return a URN as the real engine writes it."""
    return f"{PROJECT}::{above}{token_of(kind)}::{name}"


def step(
    kind: str,
    name: str,
    op: str = "create",
    inputs: Mapping[str, Any] | None = None,
    outputs: Mapping[str, Any] | None = None,
    *,
    gone: bool = False,
) -> StepEventMetadata:
    """Return what an event says of one resource; `gone` where only its old state is left."""
    state = StepEventStateMetadata(token_of(kind), urn(kind, name), "id", PROJECT, "p", inputs=inputs, outputs=outputs)
    sides = {"old": state} if gone else {"new": state}
    return StepEventMetadata(OpType(op), urn(kind, name), token_of(kind), "p", **sides)


def violates(text: str, level: str = "mandatory", policy: str = "minimum-key-type", name: str = "") -> EngineEvent:
    """Return the event of a violation, at a resource or at none."""
    about = urn("Certificate", name) if name else None
    event = PolicyEvent(text, "never", policy, "elasticsearch-security", "0.1.0", "0.1.0", level, about)
    return EngineEvent(1, 1, policy_event=event)


def begins(kind: str, name: str, op: str = "create") -> EngineEvent:
    """Return the event with which work on a resource begins."""
    return EngineEvent(1, 1, resource_pre_event=ResourcePreEvent(step(kind, name, op)))


def ends(metadata: StepEventMetadata) -> EngineEvent:
    """Return the event with which work on a resource ends."""
    return EngineEvent(1, 1, res_outputs_event=ResOutputsEvent(metadata))


def fails(kind: str, name: str, op: str = "create") -> EngineEvent:
    """Return the event with which work on a resource fails."""
    return EngineEvent(1, 1, res_op_failed_event=ResOpFailedEvent(step(kind, name, op), 2, 1))


def says(message: str, severity: str = "info", about: str | None = None, *, ephemeral: bool = False) -> EngineEvent:
    """Return a message of the engine or the plugin."""
    return EngineEvent(1, 1, diagnostic_event=DiagnosticEvent(message, "never", severity, 0, ephemeral, about))
