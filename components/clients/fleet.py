"""Whom Elastic Agents trust by kibana.yml: Fleet hands them the fingerprint of a CA, which Kibana's enrolment writes.

An agent takes a CA by its fingerprint only where the node sends that CA with its leaf, so for a root of ours, which
nobody sends, agents need the certificate itself. Source: reference/fleet/certificate-fingerprints.
"""

from collections.abc import Collection, Iterator

from components.settings.scalars import read_scalar
from components.settings.yaml_text import Mapping, Scalar, Sequence, YamlNode

OUTPUTS = "xpack.fleet.outputs"
FINGERPRINT = "ca_trusted_fingerprint"
ADVICE = (
    f"give these outputs the certificate of the HTTP CA (output caCertificatePem) as `ssl.certificate_authorities`, "
    f"and take {FINGERPRINT} out: in kibana.yml, or in Fleet (Settings > Outputs) once `{OUTPUTS}` is no longer there"
)


def fingerprints(part: YamlNode | None) -> Iterator[str]:
    """Yield the fingerprints of CAs that a part of kibana.yml tells agents to trust, in lower-case hex."""
    if isinstance(part, Sequence):
        for item in part.items:
            yield from fingerprints(item)
    elif isinstance(part, Mapping):
        for entry in part.entries:
            if isinstance(entry.value, Scalar) and entry.key.text.rpartition(".")[2] == FINGERPRINT:
                yield (read_scalar(entry.value, in_list=True) or "").replace(":", "").lower()
            else:
                yield from fingerprints(entry.value)


def agents_lose_the_cluster(named: Collection[str], sent: Collection[str]) -> str:
    """Return what becomes of agents that trust by fingerprint, and what to do; empty where they go on.

    Args:
        named: the fingerprints that agents trust, in hex.
        sent: the fingerprints of the CAs that nodes will send with their leaves.
    """
    lost = [each for each in dict.fromkeys(named) if each and each not in sent]
    if not lost:
        return ""
    shown = ", ".join(f"{each[:8]}…" for each in lost)
    return (
        f"Elastic Agents trust Elasticsearch by {FINGERPRINT} in `{OUTPUTS}` ({shown}), and no node sends that CA with "
        f"a leaf of the HTTP CA: they lose the cluster when nodes present one. Before that, {ADVICE}"
    )
