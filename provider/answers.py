"""What the plugin answers where an answer is more than outputs: what differs, and what is half done."""

from collections.abc import Mapping
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2, status_pb2

from components.handling import Change, HalfDone, Handler
from provider.differences import Difference, Kind
from provider.typed import dump_outputs
from provider.wire import Plain, dump

UPDATE_KINDS = {
    Kind.ADD: provider_pb2.PropertyDiff.ADD,
    Kind.DELETE: provider_pb2.PropertyDiff.DELETE,
    Kind.UPDATE: provider_pb2.PropertyDiff.UPDATE,
}
REPLACE_KINDS = {
    Kind.ADD: provider_pb2.PropertyDiff.ADD_REPLACE,
    Kind.DELETE: provider_pb2.PropertyDiff.DELETE_REPLACE,
    Kind.UPDATE: provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


def diff_response(
    handler: Handler[Any, Any], found: tuple[Difference, ...], changes: tuple[Change, ...], *, readable: bool
) -> provider_pb2.DiffResponse:
    """Return the engine's answer for differing inputs and further changes.

    Args:
        handler: says which properties make it another resource.
        found: differing inputs.
        changes: reasons beyond the inputs.
        readable: whether the recorded state has a shape that this version knows; if not, it is written anew.
    """
    detailed: dict[str, provider_pb2.PropertyDiff] = {}
    for difference in found:
        kinds = REPLACE_KINDS if difference.top in handler.replace_on else UPDATE_KINDS
        detailed[difference.path] = provider_pb2.PropertyDiff(kind=kinds[difference.kind], inputDiff=True)
    for change in changes:
        kinds = REPLACE_KINDS if change.replaces else UPDATE_KINDS
        detailed.setdefault(change.on, provider_pb2.PropertyDiff(kind=kinds[Kind.UPDATE], inputDiff=False))
    replaces = {difference.top for difference in found} & handler.replace_on
    replaces |= {change.on for change in changes if change.replaces}
    some = bool(detailed) or not readable
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if some else provider_pb2.DiffResponse.DIFF_NONE,
        diffs=sorted({difference.top for difference in found} | {change.on for change in changes}),
        detailedDiff=detailed,
        hasDetailedDiff=bool(detailed),
        replaces=sorted(replaces),
        deleteBeforeReplace=False,
    )


def half_done(context: grpc.ServicerContext, name: str, inputs: Mapping[str, Plain], stopped: HalfDone) -> None:
    """Answer that the resource exists but is not finished, with what is known of it and the reasons."""
    detail = provider_pb2.ErrorResourceInitFailed(
        id=name,
        properties=dump(dump_outputs(stopped.outputs)),
        reasons=list(stopped.reasons),
        inputs=dump(inputs),
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message="not finished")
    status.details.add().Pack(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.set_code(grpc.StatusCode.UNKNOWN)
    context.set_details("not finished")
