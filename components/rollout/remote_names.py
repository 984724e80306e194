"""Whether remote clusters that are reached by certificates are named in the stack file: asked in every preview.

Their nodes and ours verify each other on the transport layer. One that is not named is not waited for when our CA is
replaced, and what its nodes present is not trusted once *retire* is through. It is only said, and not refused: it may
be one that is no more. Source: deploy-manage/remote-clusters/remote-clusters-cert.
"""

from collections.abc import Mapping, Sequence

from components.nodes.cluster_facts import ClusterFacts
from components.rollout.preflight import Gate, Sign
from components.settings.concerns import is_on
from components.settings.scalars import Value
from components.settings.scenarios import T


def remote_clusters_missed(
    facts: ClusterFacts, settings: Mapping[str, Mapping[str, Value]], named: Sequence[str]
) -> tuple[Gate, ...]:
    """Return a gate to be minded for each remote cluster that the stack file does not name.

    Args:
        facts: what the cluster's API says.
        settings: what each node is to start with, by its name; without TLS on the transport layer nobody is verified.
        named: the remote clusters that it names, by alias.
    """
    if not any(is_on(each, f"{T}enabled") for each in settings.values()):
        return ()
    return tuple(_gate(alias) for alias in facts.remote_clusters if alias not in named)


def _gate(alias: str) -> Gate:
    return Gate(
        "RemoteClusterNotNamed",
        Sign.MIND,
        f"remote cluster {alias} is reached without an API key, and `remote_clusters` does not name it: a new "
        "transport CA would keep its nodes and ours apart",
    )
