"""Manually configure security in a self-managed Elasticsearch cluster: Elastic's page, as infrastructure.

Read from top to bottom, this is the page; `stacks/Pulumi.<environment>.yaml` says which cluster and how far.
"""

from pathlib import Path

import pulumi

from components.pki.resources import CertificateAuthority, NodeCertificates, certificate_requests
from components.pki.spec import Layer
from components.scenarios import secured
from components.verification.resources import ClusterVerification
from stacks.load import load_cluster

cluster = load_cluster(Path(__file__).parent)
transport, http, requests = None, None, certificate_requests(cluster)

# From `basic` on: a certificate authority that admits nodes to the cluster, and a certificate for every node.
if cluster.transport_tls:
    transport = NodeCertificates(cluster, CertificateAuthority(cluster, Layer.TRANSPORT, requests), requests)

# With `basic-https`: another authority, which clients trust.
if cluster.https:
    http = NodeCertificates(cluster, CertificateAuthority(cluster, Layer.HTTP), requests)
    pulumi.export("caCertificatePem", pulumi.Output.unsecret(http.authority.bundle_pem))

# Security itself: settings, one restart for them all, passwords, Kibana. Then the proof.
security, done = secured(cluster, transport, http)
certificates = [each for each in (transport, http) if each]
if cluster.running:
    ClusterVerification(cluster, certificates, security.restart, pulumi.ResourceOptions(depends_on=done))

pulumi.export("scenario", cluster.scenario)
for name, places in cluster.places().items():
    pulumi.export(name, places)
pulumi.export("elasticPassword", security.elastic_password)
pulumi.export("userPasswords", security.user_passwords())
pulumi.export("certificates", [entry for owner in (*certificates, security) for entry in owner.entries()])
