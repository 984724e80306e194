"""Who knocks at a node's transport layer with a leaf of the cluster's own authority."""

from components.clock import Clock, SystemClock
from components.nodes.probes import Identity
from components.pki.issue import IssuedAuthority
from components.pki.probe import probe_leaf
from drill.state import plain
from tests.cluster.stack_run import StackRun


def probe_of(run: StackRun, clock: Clock | None = None) -> Identity:
    """Issue a leaf of the transport authority out of a stack's state, as the operator could, by a clock of theirs."""
    for resource in run.clear_state()["deployment"]["resources"]:
        if resource["urn"].endswith("::transport-ca"):
            outputs = {key: plain(value) for key, value in resource["outputs"].items()}
            signer = IssuedAuthority(outputs["signerKeyPem"], outputs["signerCertificatePem"])
            leaf = probe_leaf(signer, (clock or SystemClock()).now())
            return Identity(leaf.certificate_pem, leaf.private_key_pem)
    raise AssertionError("no transport authority in the state")
