"""The stack's configuration as the cluster that the components get."""

from dataclasses import replace
from pathlib import Path

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, get_config_secret_keys_env, is_config_secret

from components.cluster import Cluster
from components.errors import ConfigurationRefused
from components.pki.spec import Layer
from components.settings.scenarios import Choices
from stacks.advice import advice_on
from stacks.announcing import announced_plan
from stacks.awaiting import answers, awaited, requested, told, until_signed, waits_to_begin
from stacks.config import PREFIX, model_from, sections_of_engine
from stacks.hook_inventory import hooks_of
from stacks.inventory import kibana_of, kibana_sans_of, least_sans_of, nodes_of, sans_of
from stacks.model import StackModel
from stacks.own_authorities import FromFiles, files_so_far, read_files
from stacks.passphrase import open_to_others

NO_FILES = FromFiles()


def load_cluster(root: Path) -> Cluster:
    """Return the cluster of the stack that the engine runs; to be called in a program.

    Args:
        root: the project's folder, to which relative paths are relative.

    Raises:
        pulumi.RunError: with every mistake in the stack file, in one list.
    """
    configuration = CONFIG.get() or get_config_env()
    encrypted = get_config_secret_keys_env()
    secret = {key.removeprefix(PREFIX) for key in configuration if is_config_secret(key) or key in encrypted}
    where = f"stacks/Pulumi.{pulumi.get_stack()}.yaml"
    try:
        model = model_from(sections_of_engine(configuration, where, secret), where=where, secret=secret)
        carried_out = until_signed(model)
        files = read_files(carried_out, root, where=where)
    except ConfigurationRefused as error:
        raise pulumi.RunError(str(error)) from None
    for advice in advice_on(model):
        pulumi.log.warn(advice.message)
    for line in (*told(model), *open_to_others()):
        pulumi.log.warn(line)
    return replace(
        cluster_of(carried_out, root, files),
        requested=requested(model),
        awaited=awaited(model),
        answers=answers(model, files if carried_out is model else _come_so_far(model, root)),
        waits_to_begin=waits_to_begin(model),
    )


def _come_so_far(model: StackModel, root: Path) -> FromFiles:
    """Return what is in files that nothing is made of yet; what is wrong with one is told, and does no harm."""
    found, mistakes = files_so_far(model, root)
    for mistake in mistakes:
        pulumi.log.warn(f"a file that is not needed yet could not be used: {mistake}; this run goes on without it")
    return found


def cluster_of(model: StackModel, root: Path, files: FromFiles = NO_FILES) -> Cluster:
    """Return a checked stack file as a cluster, with what the operator's own CAs and leaves are."""
    sans = {(node.name, layer): sans_of(node, layer, model) for node in model.nodes for layer in Layer}
    dialled = {(node.name, layer): least_sans_of(node, layer, model) for node in model.nodes for layer in Layer}
    return Cluster(
        name=model.cluster.name,
        scenario=model.cluster.scenario,
        running=model.cluster.running,
        nodes=nodes_of(model, root),
        sans=sans,
        dialled=dialled,
        binds={node.name: node.bind for node in model.nodes if node.bind is not None},
        authorities={Layer.TRANSPORT: model.authorities.transport, Layer.HTTP: model.authorities.http},
        certificates=model.certificates,
        choices=Choices(
            model.transport.verification_mode,
            model.certificates.trust_format,
            several_nodes=len(model.nodes) > 1,
            traffic_in_clear=model.consent.traffic_in_clear,
            key_format=model.certificates.key_format,
            fips=model.cluster.fips,
        ),
        users=model.users,
        rollout=model.rollout,
        consent=model.consent,
        takeover=model.takeover,
        kibana=tuple(kibana_of(spec, root) for spec in model.kibana),
        kibana_sans={spec.name: kibana_sans_of(spec) for spec in model.kibana},
        unmanaged_clients=model.unmanaged_clients,
        remote_clusters=model.remote_clusters,
        remote_authorities=files.remote,
        strict_transport_security=frozenset(spec.name for spec in model.kibana if spec.strict_transport_security),
        own=files.own,
        given=files.given,
        hooks=hooks_of(model, root),
        folder=str(root.absolute()),
        plan=announced_plan(),
    )
