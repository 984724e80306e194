"""Certificates that somebody else is to sign, and what is done until they are all there: nothing that needs them.

A CA that follows another one is covered meanwhile, and held there: whatever signed before goes on. Before the first one
there is nothing to go on with, so the HTTP layer stays without TLS.
"""

from collections.abc import Mapping

from components.pki.sans import Sans
from components.pki.spec import Layer
from components.settings.scenarios import Scenario
from stacks.inventory import sans_of
from stacks.model import StackModel


def requested(model: StackModel) -> Mapping[tuple[str, Layer], Sans]:
    """Return the nodes whose leaf is signed elsewhere and whose key is made here, with what it shall name."""
    own = model.authorities.http.own
    if own is None or not model.cluster.scenario.contains(Scenario.BASIC_HTTPS):
        return {}
    names = {leaf.node for leaf in own.leaves if leaf.key is None}
    return {(node.name, Layer.HTTP): sans_of(node, Layer.HTTP, model) for node in model.nodes if node.name in names}


def awaited(model: StackModel) -> tuple[str, ...]:
    """Return the nodes whose certificate is not there yet."""
    own = model.authorities.http.own
    return tuple(leaf.node for leaf in own.leaves if leaf.certificate is None) if own and requested(model) else ()


def until_signed(model: StackModel) -> StackModel:
    """Return the stack file as it is carried out while certificates are awaited: whether there can be HTTPS at all."""
    if not _nothing_signs(model):
        return model
    plain = model.cluster.model_copy(update={"scenario": Scenario.BASIC})
    ours = model.authorities.http.model_copy(update={"own": None})
    return model.model_copy(
        update={"cluster": plain, "authorities": model.authorities.model_copy(update={"http": ours})}
    )


def told(model: StackModel, names: tuple[str, ...]) -> str:
    """Return what is awaited of whom, and what goes on until then."""
    until = "HTTPS stays off" if _nothing_signs(model) else "every node presents what it does now"
    return (
        f"authorities.http: the certificates of {', '.join(names)} are awaited. Have the requests signed (output "
        f"certificateRequests), and name the files in `authorities.http.own.leaves`; until they are all there, {until}"
    )


def _nothing_signs(model: StackModel) -> bool:
    """Tell whether no CA is there, neither one before nor one whose key is at hand."""
    http = model.authorities.http
    return http.generation == 1 and http.own is not None and http.own.key is None
