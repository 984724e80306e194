"""Whether remote clusters that are reached by certificates are named in the stack file: asked in every preview.

Their nodes and ours verify each other on the transport layer. One that is not named is not waited for when our CA is
replaced, and what its nodes present is not trusted once *retire* is through. It is only said, and not refused: it may
be one that is no more. Source: deploy-manage/remote-clusters/remote-clusters-cert.
"""

from collections.abc import Mapping, Sequence

from components.nodes.cluster_facts import ClusterFacts
from components.rollout.preflight import Gate, Sign

NOT_KNOWN = "may be reached without an API key (the node that was asked has no role `remote_cluster_client`)"
APART = "a new transport CA would keep its nodes and ours apart"


def remote_clusters_missed(
    facts: ClusterFacts, vouched: Mapping[str, Sequence[str]], named: Sequence[str]
) -> tuple[Gate, ...]:
    """Return a gate to be minded for each remote cluster that the stack file does not name.

    Args:
        facts: what the cluster's API says.
        vouched: what the transport leaf of each node names; without such leaves there is no transport CA of ours.
        named: the remote clusters that the stack file names, by alias.
    """
    if not vouched:
        return ()
    known = (_gate(alias, "is reached without an API key") for alias in facts.remote_clusters if alias not in named)
    perhaps = (_gate(alias, NOT_KNOWN) for alias in facts.perhaps_remote_clusters if alias not in named)
    return (*known, *perhaps)


def _gate(alias: str, how: str) -> Gate:
    text = f"remote cluster {alias} {how}, and `remote_clusters` does not name it: {APART}"
    return Gate("RemoteClusterNotNamed", Sign.MIND, text)
