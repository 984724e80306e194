"""Rules on `certificates.reissue` in a stack file, each with every mistake it finds; `REISSUE_RULES` lists them."""

from collections.abc import Callable, Iterator, Mapping

from components.pki.reissue import names_for
from components.pki.spec import Layer
from components.settings.scenarios import Scenario
from stacks.mistakes import Mistake, close_to
from stacks.model import StackModel

LEAST = {Layer.TRANSPORT: Scenario.BASIC, Layer.HTTP: Scenario.BASIC_HTTPS}
"""The lowest scenario in which a layer has leaves."""


def a_forced_reissue_names_leaves_that_there_are(model: StackModel) -> Iterator[Mistake]:
    """Whoever wants a leaf anew must not believe that it was done because the name has a slip."""
    holders = _holders(model)
    known = list(dict.fromkeys(name for holder, layer in holders for name in reversed(names_for(holder, layer))))
    for name in model.certificates.reissue:
        if name not in known:
            yield Mistake(f"certificates.reissue.{name}", "names no leaf of this cluster", _advice(name, known, model))


def _holders(model: StackModel) -> list[tuple[str, Layer]]:
    """Return who has a leaf on which layer."""
    scenario = model.cluster.scenario
    layers = [layer for layer, least in LEAST.items() if scenario.contains(least)]
    found = [(node.name, layer) for node in model.nodes for layer in layers]
    kibanas = [kibana.name for kibana in model.kibana if not kibana.own_certificate and Layer.HTTP in layers]
    return found + [(name, Layer.HTTP) for name in kibanas]


def _advice(name: str, known: list[str], model: StackModel) -> str:
    if not known:
        return f"remove it: scenario `{model.cluster.scenario}` has no certificates"
    if name in _names_of_http_leaves(model):  # a leaf that is close to it would be another one
        return f"remove it: scenario `{model.cluster.scenario}` has no HTTP leaves"
    meant = close_to(name, known)
    return f"did you mean `{meant}`?" if meant else f"known are {', '.join(f'`{each}`' for each in known)}"


def _names_of_http_leaves(model: StackModel) -> set[str]:
    """Return how leaves of the HTTP layer could be named, where the scenario has none."""
    if model.cluster.scenario.contains(LEAST[Layer.HTTP]):
        return set()
    holders = [node.name for node in model.nodes] + [one.name for one in model.kibana if not one.own_certificate]
    return {name for holder in holders for name in names_for(holder, Layer.HTTP)}


REISSUE_RULES: Mapping[Callable[[StackModel], Iterator[Mistake]], tuple[str, ...]] = {
    a_forced_reissue_names_leaves_that_there_are: ("certificates", "cluster", "nodes", "kibana"),
}
"""Each rule, and the sections that it reads."""
