"""The cluster's restart in the program."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from components.cluster import Cluster
from components.nodes.process import STOP_TIMEOUT
from components.pki.resources import CertificateAuthority
from components.pki.spec import Layer
from components.resource import Out, Resource
from components.rollout.spec import FIRST_GENERATION, HEALTH_TIMEOUT, OldFiles, RolloutSpec, TakeoverSpec
from components.settings.resources import NodeSettings


class ClusterRestart(Resource):
    """Every node runs with its settings; restarted together or one by one, and only where they do not yet."""

    token = "essecurity:rollout:ClusterRestart"  # noqa: S105 (a resource type, not a secret)
    procedure = Out[str]("procedure")
    steps = Out[list[str]]("steps")
    timed_steps = Out[list[Any]]("timedSteps")
    full_stop_seconds = Out[float]("fullStopSeconds")
    documents_before = Out[int]("documentsBefore")
    documents_after = Out[int]("documentsAfter")
    processes = Out[list[str]]("processes")
    running_nodes = Out[list[Any]]("runningNodes")

    def __init__(
        self,
        cluster: Cluster,
        settings: Sequence[NodeSettings],
        line: dict[str, Any],
        opts: pulumi.ResourceOptions,
        authorities: Mapping[Layer, CertificateAuthority],
    ) -> None:
        inputs = {
            "cluster": cluster.name,
            "nodes": [{"node": each.node, "content": each.content} for each in settings],
            "line": line,
            "fullClusterRestart": cluster.consent.full_cluster_restart,
            "running": cluster.running,
            "joinTimeout": cluster.rollout.join_timeout,
            **_waiting_longer_or_shorter(cluster.rollout),
            "vouched": cluster.vouched(),
            "waivers": [waiver.model_dump(mode="json") for waiver in cluster.rollout.waivers],
            **({"remoteClusters": list(cluster.remote_authorities)} if cluster.remote_authorities else {}),
            **_rotated(authorities),
            **({} if cluster.takeover is None else _taking_over(cluster.takeover)),
        }
        super().__init__("restart", inputs, opts)


def _waiting_longer_or_shorter(spec: RolloutSpec) -> dict[str, Any]:
    """Return how many seconds things get, but for defaults: records made before there was a choice stay."""
    chosen = {
        "startTimeout": (spec.start_timeout, None),
        "stopTimeout": (spec.stop_timeout, STOP_TIMEOUT),
        "healthTimeout": (spec.health_timeout, HEALTH_TIMEOUT),
    }
    return {key: seconds for key, (seconds, default) in chosen.items() if seconds != default}


def _rotated(authorities: Mapping[Layer, CertificateAuthority]) -> dict[str, Any]:
    """Return whose leaves nodes present, and may have presented; of a CA that was never rotated there is nothing."""
    found: dict[str, Any] = {}
    if Layer.TRANSPORT in authorities:
        signs = authorities[Layer.TRANSPORT].signer_generation
        found["transportGeneration"] = signs.apply(
            lambda number: int(number) if int(number) != FIRST_GENERATION else None
        )
    if Layer.HTTP in authorities:
        found["retiredAuthoritiesPem"] = authorities[Layer.HTTP].retired_pem
    return found


def _taking_over(spec: TakeoverSpec) -> dict[str, Any]:
    """Return what only a stack that takes a cluster over says; no other one gets another record for it."""
    return {"takesOver": True, "removesOld": spec.old_files is OldFiles.REMOVE}
