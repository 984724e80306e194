"""What a refresh finds of one resource: what is there, to be recorded, and what is not as recorded, to be told."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from components.drift import Drift, DriftKind, not_looked_at
from components.errors import NOT_LOOKED_AT, MachineUnreachable, SecurityError
from components.findings import Finding
from components.handling import Change, Context, Handler, Recorded
from components.values import Wire
from provider.typed import dump_outputs
from provider.wire import Plain

LOOK_AGAIN = Change(Finding("NotLookedAt", "the last refresh could not look at it"), on="drift")
"""Why a resource is to be updated that cannot be looked at: the update tells the error, where a diff must not."""


class Drifted(Wire):
    """What a refresh adds to the outputs of any resource where something is not as recorded.

    Attributes:
        drift: what that is; gone again from the state once the resource is updated, or a refresh finds nothing.
    """

    drift: tuple[Drift, ...] = ()


def refreshed(
    handler: Handler[Any, Any], inputs: Mapping[str, Plain], recorded: Recorded[Any, Any], voice: Context
) -> dict[str, Plain] | None:
    """Return what is saved of a resource after a look at it, and tell what differs; None where it is gone.

    Whoever cannot be looked at is taken for what is recorded, so that the others are looked at all the same.
    """
    outputs: BaseModel | None = recorded.outputs
    found: tuple[Drift, ...] = ()
    try:
        found = tuple(handler.drift(recorded, voice))
        for one in found:
            tell = voice.warn if one.kind is DriftKind.NOT_LOOKED_AT else voice.say
            tell(str(one))
        outputs = handler.observe(recorded, voice)
    except SecurityError as error:
        if not any(one.kind is DriftKind.NOT_LOOKED_AT for one in found):  # which says it, node by node
            warn_not_looked_at(error, voice)
            node = _node_of(recorded.inputs) or (error.where if isinstance(error, MachineUnreachable) else "")
            found = (*found, not_looked_at(node, error))
    if outputs is None:
        return None
    saved = dump_outputs(outputs)
    return {**saved, **Drifted(drift=found).model_dump(mode="json", by_alias=True)} if found else saved


def was_not_looked_at(outputs: Mapping[str, Plain]) -> bool:
    """Tell whether the last refresh could not look at a resource, by its record."""
    found = outputs.get("drift")
    every = found if isinstance(found, list) else []
    return any(isinstance(one, Mapping) and one.get("kind") == DriftKind.NOT_LOOKED_AT for one in every)


def warn_not_looked_at(error: SecurityError, voice: Context) -> None:
    """Warn that somebody could not be looked at; a machine that does not answer is taken for what is recorded."""
    said = NOT_LOOKED_AT if isinstance(error, MachineUnreachable) else "not looked at"
    voice.warn(f"{error.where}: {said}: {error.what}\n  why:  {error.why}")


def _node_of(inputs: Any) -> str:
    """Return the node, or the Kibana, that a resource is about; empty where it is about the cluster."""
    holder = getattr(inputs, "node", None) or getattr(inputs, "kibana", None)
    return str(getattr(holder, "name", holder or ""))
