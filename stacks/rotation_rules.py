"""Rules on those who have to be asked before a rotation goes on."""

from collections.abc import Callable, Iterator, Mapping

from components.settings.scenarios import Scenario
from stacks.mistakes import Mistake, names_given_twice
from stacks.model import StackModel


def unmanaged_clients_are_distinct(model: StackModel) -> Iterator[Mistake]:
    """Who is asked is named once, so that nobody's answer stands for somebody else's."""
    yield from names_given_twice("unmanaged_clients", [client.name for client in model.unmanaged_clients])


def unmanaged_clients_need_https(model: StackModel) -> Iterator[Mistake]:
    """Nobody can trust a CA that is not made."""
    if model.unmanaged_clients and not model.cluster.scenario.contains(Scenario.BASIC_HTTPS):
        yield Mistake(
            "unmanaged_clients",
            f"is set, and scenario `{model.cluster.scenario}` has no HTTP CA",
            "remove it, or use scenario `basic-https`",
        )


def remote_clusters_are_distinct(model: StackModel) -> Iterator[Mistake]:
    """A name stands for one cluster: its CAs, its owner, its confirmation."""
    yield from names_given_twice("remote_clusters", [one.name for one in model.remote_clusters])


def remote_clusters_need_tls(model: StackModel) -> Iterator[Mistake]:
    """Nobody verifies nodes that present nothing."""
    if model.remote_clusters and not model.cluster.scenario.contains(Scenario.BASIC):
        yield Mistake(
            "remote_clusters",
            f"is set, and scenario `{model.cluster.scenario}` has no transport CA",
            "remove it, or use scenario `basic` or `basic-https`",
        )


ROTATION_RULES: Mapping[Callable[[StackModel], Iterator[Mistake]], tuple[str, ...]] = {
    unmanaged_clients_are_distinct: ("unmanaged_clients",),
    unmanaged_clients_need_https: ("unmanaged_clients", "cluster"),
    remote_clusters_are_distinct: ("remote_clusters",),
    remote_clusters_need_tls: ("remote_clusters", "cluster"),
}
"""Each rule, and the sections that it reads."""
