"""Manually configure security in a self-managed Elasticsearch cluster: Elastic's page, as infrastructure.

Read from top to bottom, this is the page; `stacks/Pulumi.<environment>.yaml` says which cluster and how far.
"""

from pathlib import Path

import pulumi

from components.pki.resources import CertificateAuthority, NodeCertificates
from components.pki.spec import Layer
from components.scenarios import BasicHttpsSecurity, BasicSecurity
from components.verification.resources import ClusterVerification
from stacks.load import load_cluster

cluster = load_cluster(Path(__file__).parent)

# A certificate authority that admits nodes to the cluster, and a certificate for every node.
transport = NodeCertificates(cluster, CertificateAuthority(cluster, Layer.TRANSPORT))
certificates = [transport]

# With HTTPS: another authority, which clients trust. Then security itself, as far as the scenario goes.
security: BasicSecurity | BasicHttpsSecurity
if cluster.https:
    http = NodeCertificates(cluster, CertificateAuthority(cluster, Layer.HTTP))
    certificates.append(http)
    security = BasicHttpsSecurity(cluster, transport, http)
    pulumi.export("caCertificatePem", pulumi.Output.unsecret(http.authority.bundle_pem))
else:
    security = BasicSecurity(cluster, transport)

if cluster.running:
    ClusterVerification(cluster, certificates, security.restart, pulumi.ResourceOptions(depends_on=security.done))

pulumi.export("scenario", cluster.scenario)
pulumi.export("httpUrls", cluster.http_urls())
pulumi.export("transportAddresses", cluster.transport_addresses())
pulumi.export("elasticPassword", security.elastic_password)
pulumi.export("certificates", [entry for layer in certificates for entry in layer.entries()])
