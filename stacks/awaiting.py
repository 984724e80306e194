"""Certificates that somebody else is to sign, and what is done until they are all there: nothing that needs them."""

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
    """Return the stack file as it is carried out while certificates are awaited.

    The generation before goes on, which is one of ours; where there is none, the HTTP layer stays as it is without.
    """
    http = model.authorities.http
    first = http.generation == 1
    before = http.model_copy(update={"generation": http.generation if first else http.generation - 1, "own": None})
    scenario = Scenario.BASIC if first else model.cluster.scenario
    return model.model_copy(
        update={
            "authorities": model.authorities.model_copy(update={"http": before}),
            "cluster": model.cluster.model_copy(update={"scenario": scenario}),
        }
    )


def told(model: StackModel, names: tuple[str, ...]) -> str:
    """Return what is awaited of whom, and what goes on until then."""
    generation = model.authorities.http.generation
    until = f"generation {generation - 1} goes on" if generation > 1 else "HTTPS stays off"
    return (
        f"authorities.http: the certificates of {', '.join(names)} are awaited. Have the requests signed (output "
        f"certificateRequests), and name the files in `authorities.http.own.leaves`; until they are all there, {until}"
    )
