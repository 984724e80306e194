"""The stack's configuration as the cluster that the components get."""

from pathlib import Path

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from components.cluster import Cluster
from components.errors import ConfigurationRefused
from components.pki.spec import Layer, short_lifetimes
from components.settings.scenarios import Choices
from stacks.config import model_from, sections_of_engine
from stacks.inventory import nodes_of, sans_of
from stacks.model import StackModel


def load_cluster(root: Path) -> Cluster:
    """Return the cluster of the stack that the engine runs; to be called in a program.

    Args:
        root: the project's folder, to which relative paths are relative.

    Raises:
        pulumi.RunError: with every mistake in the stack file, in one list.
    """
    configuration = CONFIG.get() or get_config_env()
    try:
        model = model_from(sections_of_engine(configuration), where=f"stack {pulumi.get_stack()}")
    except ConfigurationRefused as error:
        raise pulumi.RunError(str(error)) from None
    for advice in short_lifetimes(model.certificates, model.authorities):
        pulumi.log.warn(advice.message)
    return cluster_of(model, root)


def cluster_of(model: StackModel, root: Path) -> Cluster:
    """Return a checked stack file as a cluster."""
    return Cluster(
        name=model.cluster.name,
        scenario=model.cluster.scenario,
        running=model.cluster.running,
        nodes=nodes_of(model, root),
        sans={(node.name, layer): sans_of(node, layer, model) for node in model.nodes for layer in Layer},
        binds={node.name: node.bind for node in model.nodes if node.bind is not None},
        authorities={Layer.TRANSPORT: model.authorities.transport, Layer.HTTP: model.authorities.http},
        certificates=model.certificates,
        choices=Choices(model.transport.verification_mode, model.certificates.trust_format),
        users=model.users,
        rollout=model.rollout,
        consent=model.consent,
    )
