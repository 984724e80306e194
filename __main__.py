"""Manually configure security in a self-managed Elasticsearch cluster: Elastic's page, as infrastructure.

Read from top to bottom, this is the page; `stacks/Pulumi.<environment>.yaml` says which cluster and how far.
"""

from pathlib import Path

import pulumi

from components.hooks.resources import Hooks
from components.pki.resources import CertificateAuthority, NodeCertificates, certificate_requests
from components.pki.spec import Layer
from components.scenarios import handed_out, not_secured_yet, secured
from components.sdk import all_begun
from components.verification.resources import verified
from stacks.load import load_cluster

cluster = load_cluster(Path(__file__).parent)
transport, http, requests = None, None, certificate_requests(cluster)

if cluster.waits_to_begin:  # somebody else has yet to sign what admits nodes to the cluster
    not_secured_yet()
else:
    # From `basic` on: a certificate authority that admits nodes to the cluster, and a certificate for every node.
    if cluster.transport_tls:
        transport = NodeCertificates(cluster, CertificateAuthority(cluster, Layer.TRANSPORT, requests), requests)

    # With `basic-https`: another authority, which clients trust.
    if cluster.https:
        http = NodeCertificates(cluster, CertificateAuthority(cluster, Layer.HTTP), requests)
        pulumi.export("caCertificatePem", pulumi.Output.unsecret(http.authority.bundle_pem))

    # Security itself: settings, one restart for them all, passwords, Kibana. Then the proof. Hooks before and after it.
    certificates = [each for each in (transport, http) if each]
    hooks = Hooks(cluster, certificates)
    security, done = secured(cluster, transport, http)
    hooks.finish(verified(cluster, certificates, security.restart, done))
    handed_out(cluster, certificates, security)
pulumi.run(all_begun)
