"""The verification in the program."""

from collections.abc import Sequence

import pulumi

from components.cluster import Cluster
from components.pki.resources import NodeCertificates
from components.pki.spec import Layer
from components.resource import Out, Resource
from components.rollout.resources import ClusterRestart


class ClusterVerification(Resource):
    """Every finding after the fact."""

    token = "essecurity:verification:ClusterVerification"  # noqa: S105 (a resource type, not a secret)
    findings = Out[list[str]]("findings")
    checks = Out[int]("checks")

    def __init__(
        self,
        cluster: Cluster,
        certificates: Sequence[NodeCertificates],
        restart: ClusterRestart,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        by_layer = {each.layer: each.authority for each in certificates}
        transport, http = by_layer.get(Layer.TRANSPORT), by_layer.get(Layer.HTTP)
        inputs = {
            "cluster": cluster.name,
            "scenario": cluster.scenario.value,
            "nodes": cluster.wire_nodes(),
            "leaves": [
                {"node": name, "layer": each.layer.value, "serial": leaf.serial}
                for each in certificates
                for name, leaf in each.leaves.items()
            ],
            "transportCertificatePem": transport.signer_certificate_pem if transport else None,
            "transportKeyPem": transport.signer_key_pem if transport else None,
            "transportSamplePem": transport.sample_of(transport.signer_generation) if transport else None,
            "httpCertificatePem": http.signer_certificate_pem if http else None,
            "httpAuthoritiesPem": http.bundle_pem if http else None,
            "documentsBefore": restart.documents_before,
            "documentsAfter": restart.documents_after,
            "processes": restart.processes,
        }
        super().__init__("verification", inputs, opts)


def verified(
    cluster: Cluster,
    certificates: Sequence[NodeCertificates],
    restart: ClusterRestart,
    done: Sequence[pulumi.Resource],
) -> Sequence[pulumi.Resource]:
    """Verify a cluster that runs, once the rest is done; return what everything ends with."""
    if not cluster.running:
        return done
    return [ClusterVerification(cluster, certificates, restart, pulumi.ResourceOptions(depends_on=list(done)))]
