"""What a person calls a resource, in the place of its name in the engine."""

from collections.abc import Mapping

from components.layer_words import spelled
from stacks.plan_rows import Seen

NOUNS = {
    "Announcement": "announcement to the hooks",
    "CertificateAuthority": "CA",
    "CertificateRequest": "certificate request",
    "Certificate": "leaf",
    "NodeTrust": "trust file",
    "NodeAdoption": "key file",
    "NodeIdentity": "key file",
    "NodeTrustExclusive": "trust file",
    "NodeSettings": "elasticsearch.yml",
    "Wave": "proof by handshakes",
    "ClusterRestart": "what the nodes run with",
    "GeneratedPassword": "password",
    "UserPassword": "login",
    "KibanaTrust": "trust file",
    "KibanaSettings": "kibana.yml",
    "KibanaRestart": "what Kibana runs with",
    "ClusterVerification": "verification",
}
"""What each type of resource is about."""


def called(resource: Seen) -> str:
    """Return a resource in words, such as `transport leaf of es-1`; one that is none of ours by its name."""
    noun = NOUNS.get(resource.token.rpartition(":")[2])
    if noun is None:
        return resource.name
    whom = holder(resource) or str(resource.inputs.get("purpose") or resource.inputs.get("user") or "")
    return " ".join(filter(None, [spelled(resource.inputs.get("layer") or ""), noun, f"of {whom}" if whom else ""]))


def holder(resource: Seen) -> str:
    """Return the node, or the Kibana, that a resource is about; empty where it is about the cluster."""
    node = resource.inputs.get("node") or resource.inputs.get("kibana")
    return str(node["name"] if isinstance(node, Mapping) else node or "")
