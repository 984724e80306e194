"""`essecurity:pki:CertificateRequest`: a key that is made here, and the request that somebody else signs."""

from collections.abc import Sequence
from typing import ClassVar

from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import SecretStr

from components.findings import Finding
from components.handling import Change, Context, Handler, Recorded
from components.pki.issue import LeafRequest
from components.pki.keys import load_private_key, new_private_key, pem_of_key
from components.pki.profiles import PROFILES, ProfileName
from components.pki.sans import Sans
from components.pki.signers import proof_of_key
from components.pki.spec import KeyType, Layer
from components.values import UNKNOWN, MaybeUnknown, Wire, reveal

ANY_LIFE = "1y"
"""A request does not say how long the certificate shall live: that is for whoever signs it."""


class RequestInputs(Wire):
    """What the certificate shall say.

    Attributes:
        node: the node, which is also the subject.
        layer: the layer.
        dns: DNS names that it must carry.
        ips: IP addresses that it must carry.
        key_type: type of the key.
    """

    node: str
    layer: Layer
    dns: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()
    key_type: KeyType


class RequestOutputs(Wire):
    """A key, and the request to be signed.

    Attributes:
        key_pem: the key; it stays here.
        request_pem: PKCS#10, which is no secret. It may be signed again and again.
    """

    key_pem: MaybeUnknown[SecretStr]
    request_pem: MaybeUnknown[str]


RequestRecord = Recorded[RequestInputs, RequestOutputs]


class CertificateRequestHandler(Handler[RequestInputs, RequestOutputs]):
    """Makes a key once, and its request again when it shall say something else."""

    token = "essecurity:pki:CertificateRequest"  # noqa: S105 (a resource type, not a secret)
    summary = "A key, and the certificate request that somebody else signs."
    inputs = RequestInputs
    outputs = RequestOutputs
    replace_on: ClassVar[frozenset[str]] = frozenset({"layer", "node"})

    def name(self, wanted: RequestInputs) -> str:
        """Return the id."""
        return f"{wanted.node}/{wanted.layer}/request"

    def changes(self, recorded: RequestRecord, wanted: RequestInputs, context: Context) -> Sequence[Change]:
        """Say that a changed request has to be signed anew."""
        if recorded.inputs == wanted:
            return ()
        text = f"{self.name(wanted)}: another request has to be signed (output certificateRequests)"
        return [Change(Finding("RequestDiffers", text), on="requestPem")]

    def preview(self, recorded: RequestRecord | None, wanted: RequestInputs, context: Context) -> RequestOutputs:
        """Return what there is; the next request is not known before it is made."""
        if recorded is None or recorded.inputs.key_type is not wanted.key_type:
            return RequestOutputs(key_pem=UNKNOWN, request_pem=UNKNOWN)
        if recorded.inputs == wanted:
            return recorded.outputs
        return RequestOutputs(key_pem=recorded.outputs.key_pem, request_pem=UNKNOWN)

    def converge(self, recorded: RequestRecord | None, wanted: RequestInputs, context: Context) -> RequestOutputs:
        """Make the request, of the key that there is unless it is of another type."""
        if recorded is not None and recorded.inputs == wanted:
            return recorded.outputs
        if recorded is not None and recorded.inputs.key_type is wanted.key_type:
            key = load_private_key(reveal(recorded.outputs.key_pem))
        else:
            key = new_private_key(wanted.key_type)
        sans, profile = Sans(dns=wanted.dns, ips=wanted.ips), PROFILES[ProfileName(wanted.layer.value)]
        proof = proof_of_key(LeafRequest(wanted.node, sans, profile, wanted.key_type, ANY_LIFE), key)
        return RequestOutputs(key_pem=SecretStr(pem_of_key(key)), request_pem=proof.public_bytes(Encoding.PEM).decode())
