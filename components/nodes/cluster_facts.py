"""What a preflight asks the cluster's API, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from components.nodes.remote_clusters import aliases

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """How the cluster is.

    Attributes:
        status: health: green, yellow or red.
        unassigned: shards without a place.
        versions: Elasticsearch's version by node.
        licence: its type and status; None where the API does not tell.
        disk_used: used share of the data disk by node, from 0 to 1.
        skew: seconds that a node's clock is ahead of ours, by node.
        voters: the nodes that may be elected, and so make up the quorum.
        without_replicas: open indices that have no second copy by their own settings, hidden ones left out.
        published: what each node publishes for the transport layer, as peers dial it: a name where one is published.
        remote_clusters: aliases of the remote clusters that are reached without an API key, so by certificates.
        perhaps_remote_clusters: those of which the node that was asked cannot tell how they are reached.
        held: what a rollout of ours that did not end left of its hold on replicas, in words; empty where nothing.
    """

    status: str
    unassigned: int
    versions: Mapping[str, str]
    licence: tuple[str, str] | None
    disk_used: Mapping[str, float]
    skew: Mapping[str, float]
    voters: frozenset[str]
    without_replicas: tuple[str, ...]
    published: Mapping[str, str] = field(default_factory=dict)
    remote_clusters: tuple[str, ...] = ()
    perhaps_remote_clusters: tuple[str, ...] = ()
    held: str = ""


def ask_facts(client: "Elasticsearch", now: float) -> ClusterFacts:
    """Ask an open line.

    Args:
        client: the official client.
        now: this machine's time, in seconds since 1970.
    """
    health = client.cluster.health(timeout="5s").body
    nodes = client.nodes.info(metric="os").body["nodes"].values()
    stats = client.nodes.stats(metric="fs").body["nodes"].values()
    remote, perhaps = remote_clusters(client)
    indices = client.cat.indices(format="json", h="index,rep", expand_wildcards="open").body
    return ClusterFacts(
        status=health["status"],
        unassigned=health["unassigned_shards"],
        versions={node["name"]: node["version"] for node in nodes},
        licence=_licence(client),
        disk_used={node["name"]: _used(node["fs"]["total"]) for node in stats if "total" in node.get("fs", {})},
        skew={node["name"]: node["timestamp"] / 1000 - now for node in stats},
        voters=frozenset(node["name"] for node in nodes if "master" in node["roles"]),
        without_replicas=tuple(sorted(str(one["index"]) for one in indices if one["rep"] == "0")),  # type: ignore[index]  # typed as text, is JSON
        published={node["name"]: node["host"] for node in nodes},
        remote_clusters=remote,
        perhaps_remote_clusters=perhaps,
    )


def _licence(client: "Elasticsearch") -> tuple[str, str] | None:
    from elasticsearch import ApiError

    try:
        found: dict[str, Any] = client.license.get().body["license"]
    except ApiError:
        return None
    return str(found["type"]), str(found["status"])


def remote_clusters(client: "Elasticsearch") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the aliases of those that are reached without an API key, and of those of which that cannot be told.

    A node without the role `remote_cluster_client` refuses to tell; of those that were set by the API it knows, too.
    Source: the API "Get remote cluster information": with an API key there are `cluster_credentials`.

    Args:
        client: the official client.
    """
    from elasticsearch import BadRequestError

    try:
        found: dict[str, dict[str, Any]] = client.cluster.remote_info().body
    except BadRequestError:
        settings = client.cluster.get_settings(flat_settings=True, master_timeout="5s").body
        return (), tuple(sorted(aliases({**settings["persistent"], **settings["transient"]})))
    return tuple(sorted(alias for alias, each in found.items() if "cluster_credentials" not in each)), ()


def _used(total: Mapping[str, int]) -> float:
    return 1 - total["available_in_bytes"] / total["total_in_bytes"] if total.get("total_in_bytes") else 0.0
