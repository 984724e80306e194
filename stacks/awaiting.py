"""Certificates that somebody else is to sign, and what is done until they are all there: nothing that needs them.

A CA that follows another one is covered meanwhile, and held there: whatever signed before goes on. Before the first one
there is nothing to go on with. The HTTP layer stays without TLS then; without the transport layer nothing is secured at
all (docs/decisions/0020).
"""

from collections.abc import Iterator, Mapping

from components.pki.given import Answer
from components.pki.sans import Sans
from components.pki.spec import Layer, OwnAuthoritySpec
from components.settings.scenarios import Scenario
from stacks.inventory import least_sans_of, sans_of
from stacks.model import StackModel
from stacks.own_authorities import FromFiles
from stacks.own_authority_rules import own_specs

SPEAKS_TLS = {Layer.TRANSPORT: Scenario.BASIC, Layer.HTTP: Scenario.BASIC_HTTPS}
"""The scenario from which on a layer has certificates."""
UNTIL_FIRST = {Layer.TRANSPORT: "nothing is changed on any node", Layer.HTTP: "HTTPS stays off"}
"""What becomes of a layer that nothing was signed for yet."""


def requested(model: StackModel) -> Mapping[tuple[str, Layer], Sans]:
    """Return the nodes and layers whose leaf is signed elsewhere, and its key made here, with what it shall name."""
    return {
        (node.name, layer): sans_of(node, layer, model)
        for layer, own in _with_certificates(model)
        for node in model.nodes
        if node.name in {leaf.node for leaf in own.leaves if leaf.key is None}
    }


def awaited(model: StackModel) -> Mapping[Layer, tuple[str, ...]]:
    """Return the nodes whose certificate is not there yet, of the layers where one is missing."""
    missing = {
        layer: tuple(leaf.node for leaf in own.leaves if leaf.certificate is None)
        for layer, own in _with_certificates(model)
    }
    return {layer: names for layer, names in missing.items() if names}


def answers(model: StackModel, files: FromFiles) -> Mapping[tuple[str, Layer], Answer]:
    """Return what came back so far for requests of a layer where others are awaited, with what it must name."""
    missing, nodes = awaited(model), {node.name: node for node in model.nodes}
    found = {}
    for name, layer in requested(model):
        leaf, own = files.given.get((name, layer)), files.own.get(layer)
        if layer in missing and leaf is not None and own is not None:
            names = least_sans_of(nodes[name], layer, model)
            found[name, layer] = Answer(
                certificate_pem=leaf.certificate_pem,
                chain_pem=leaf.chain_pem,
                trusted_pem=own.trusted_pem(layer),
                dns=names.dns,
                ips=names.ips,
            )
    return found


def waits_to_begin(model: StackModel) -> bool:
    """Tell whether nothing can be secured yet: no CA is there whose leaves would admit nodes to the cluster."""
    return Layer.TRANSPORT in awaited(model) and _nothing_signs(model, Layer.TRANSPORT)


def until_signed(model: StackModel) -> StackModel:
    """Return the stack file as it is carried out while certificates are awaited: whether there can be HTTPS at all."""
    if Layer.HTTP not in awaited(model) or not _nothing_signs(model, Layer.HTTP):
        return model
    plain = model.cluster.model_copy(update={"scenario": Scenario.BASIC})
    ours = model.authorities.http.model_copy(update={"own": None})
    return model.model_copy(
        update={"cluster": plain, "authorities": model.authorities.model_copy(update={"http": ours})}
    )


def told(model: StackModel) -> tuple[str, ...]:
    """Return what is awaited of whom, and what goes on until then; a line for each layer."""
    return tuple(_told(model, layer, names) for layer, names in awaited(model).items())


def _told(model: StackModel, layer: Layer, names: tuple[str, ...]) -> str:
    until = UNTIL_FIRST[layer] if _nothing_signs(model, layer) else "every node presents what it does now"
    return (
        f"authorities.{layer}: the certificates of {', '.join(names)} are awaited. Have the requests signed (output "
        f"certificateRequests), and name the files in `authorities.{layer}.own.leaves`; until they are all there, "
        f"{until}"
    )


def _with_certificates(model: StackModel) -> Iterator[tuple[Layer, OwnAuthoritySpec]]:
    for layer, own in own_specs(model):
        if model.cluster.scenario.contains(SPEAKS_TLS[layer]):
            yield layer, own


def _nothing_signs(model: StackModel, layer: Layer) -> bool:
    """Tell whether no CA is there, neither one before nor one whose key is at hand."""
    spec = model.authorities.http if layer is Layer.HTTP else model.authorities.transport
    return spec.generation == 1 and spec.own is not None and spec.own.key is None
