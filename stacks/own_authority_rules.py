"""Rules on CAs of the operator's own, as far as the stack file alone tells; what is in their files comes later."""

from collections.abc import Callable, Iterator

from components.pki.spec import AuthoritySpec, Layer, OwnAuthoritySpec
from components.settings.scenarios import Scenario
from stacks.mistakes import Mistake
from stacks.model import StackModel

TRUSTED = {Layer.TRANSPORT: "the CA that signs the nodes' certificates", Layer.HTTP: "the root"}
"""What verifiers of a layer trust of a CA whose key is elsewhere."""


def an_own_authority_of_transport_is_for_this_cluster_alone(model: StackModel) -> Iterator[Mistake]:
    """Nodes let in whoever has a certificate of the CA. Source: deploy-manage/security/external-ca-transport.

    A certificate does not tell how many its CA signs for, so it takes somebody's word.
    """
    own = model.authorities.transport.own
    if own is not None and not own.only_for_this_cluster:
        yield Mistake(
            "authorities.transport.own.only_for_this_cluster",
            "is not `true`, and whoever has a certificate of this CA can join the cluster as a node",
            "set it if the CA signs for this cluster alone; with a public or a company's CA take `own` out, "
            "for the transport layer needs a CA to itself",
        )


def an_own_authority_says_who_signs(model: StackModel) -> Iterator[Mistake]:
    """Without the CA's key every certificate is signed elsewhere."""
    for layer, own in own_specs(model):
        path, given = f"authorities.{layer}.own", {leaf.node for leaf in own.leaves}
        if own.key is not None:
            continue
        if own.certificate is None:
            yield Mistake(f"{path}.certificate", "is missing", f"name the PEM file with {TRUSTED[layer]}")
        elif missing := [node.name for node in model.nodes if node.name not in given]:
            yield Mistake(
                f"{path}.leaves",
                f"does not name {', '.join(missing)}",
                f"add `{{node: {missing[0]}}}`, with its `certificate` once it is signed; or name the CA's `key`",
            )


def given_leaves_are_of_nodes(model: StackModel) -> Iterator[Mistake]:
    """A certificate is for one node, and each node has one."""
    names = [node.name for node in model.nodes]
    for layer, own in own_specs(model):
        taken: set[str] = set()
        for index, leaf in enumerate(own.leaves):
            path = f"authorities.{layer}.own.leaves[{index}].node"
            if leaf.node not in names:
                yield Mistake(path, "is the name of no node", f"name one of {', '.join(names)}")
            elif leaf.node in taken:
                yield Mistake(path, f"is `{leaf.node}`, which has a certificate already", "take one of them out")
            taken.add(leaf.node)


def what_is_awaited_was_asked_for_here(model: StackModel) -> Iterator[Mistake]:
    """A certificate is awaited of a key that was made here."""
    for layer, own in own_specs(model):
        for index, leaf in enumerate(own.leaves):
            path = f"authorities.{layer}.own.leaves[{index}]"
            if leaf.key is not None and leaf.certificate is None:
                yield Mistake(
                    f"{path}.certificate", "is missing", "name its file, or take `key` out: then one is made here"
                )


def kibana_needs_a_signer(model: StackModel) -> Iterator[Mistake]:
    """Where the CA's key is elsewhere, nobody here signs a certificate for Kibana."""
    own = model.authorities.http.own
    if own is None or own.key is not None or not model.cluster.scenario.contains(Scenario.BASIC_HTTPS):
        return
    for index, kibana in enumerate(model.kibana):
        if not kibana.own_certificate:
            yield Mistake(
                f"kibana[{index}].own_certificate",
                "is not `true`, and the key of the HTTP CA, which would sign Kibana's certificate, is elsewhere",
                "give Kibana a certificate of your own, and set this",
            )


def own_specs(model: StackModel) -> Iterator[tuple[Layer, OwnAuthoritySpec]]:
    """Return the operator's own CAs, with their layers."""
    authorities: dict[Layer, AuthoritySpec] = {
        Layer.TRANSPORT: model.authorities.transport,
        Layer.HTTP: model.authorities.http,
    }
    for layer, authority in authorities.items():
        if authority.own is not None:
            yield layer, authority.own


OWN_AUTHORITY_RULES: dict[Callable[[StackModel], Iterator[Mistake]], tuple[str, ...]] = {
    an_own_authority_of_transport_is_for_this_cluster_alone: ("authorities",),
    an_own_authority_says_who_signs: ("authorities", "nodes"),
    given_leaves_are_of_nodes: ("authorities", "nodes"),
    what_is_awaited_was_asked_for_here: ("authorities",),
    kibana_needs_a_signer: ("authorities", "cluster", "kibana"),
}
"""The rules, each with the sections that it reads."""
