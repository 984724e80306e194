"""`essecurity:pki:CertificateRequest`: a key that is made here, and the request that somebody else signs."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import SecretStr

from components.errors import ConfigurationRefused
from components.findings import Finding
from components.handling import Change, Context, Handler, Recorded
from components.pki.given import Answer
from components.pki.issue import LeafRequest
from components.pki.keys import key_type_of, load_private_key, new_private_key, pem_of_key
from components.pki.profiles import PROFILES, ProfileName
from components.pki.sans import Sans
from components.pki.signers import SignedElsewhere, proof_of_key
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
        key_type: type of a key that is made; one that is there keeps its own.
        answer: what came back, to be judged before it is presented; None once that is done.
    """

    node: str
    layer: Layer
    dns: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()
    key_type: KeyType
    answer: Answer | None = None


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
    """Makes a key once, whatever type is asked for later, and its request again when it shall say something else.

    What was signed for a key is of no use with another one.
    """

    token = "essecurity:pki:CertificateRequest"  # noqa: S105 (a resource type, not a secret)
    summary = "A key, and the certificate request that somebody else signs."
    inputs = RequestInputs
    outputs = RequestOutputs
    replace_on: ClassVar[frozenset[str]] = frozenset({"layer", "node"})
    places: ClassVar[frozenset[str]] = frozenset({"answer"})

    def name(self, wanted: RequestInputs) -> str:
        """Return the id."""
        return f"{wanted.node}/{wanted.layer}/request"

    def changes(self, recorded: RequestRecord, wanted: RequestInputs, context: Context) -> Sequence[Change]:
        """Say that a changed request has to be signed anew, that its key stays, and what is wrong with its answer."""
        wrong = _against_the_answer(recorded, wanted, context.clock.now())
        if wrong:
            context.warn(
                f"{self.name(wanted)}: the certificate that came back could not be presented: {wrong}; have the "
                f"request signed again (output certificateRequests), and put what comes back into the file that "
                f"`authorities.{wanted.layer}.own.leaves` names for {wanted.node}"
            )
        if _without_answer(recorded.inputs) == _without_answer(wanted):
            return ()
        stays = _key_stays(recorded, wanted)
        if stays:
            context.warn(f"{self.name(wanted)}: {stays}")
        if _says_the_same(recorded, wanted):
            return [
                Change(Finding("KeyTypeStays", f"{self.name(wanted)}: its key and what it says stay"), on="keyType")
            ]
        text = f"{self.name(wanted)}: another request has to be signed (output certificateRequests)"
        return [Change(Finding("RequestDiffers", text), on="requestPem")]

    def preview(self, recorded: RequestRecord | None, wanted: RequestInputs, context: Context) -> RequestOutputs:
        """Return what there is; the next request is not known before it is made."""
        if recorded is None:
            return RequestOutputs(key_pem=UNKNOWN, request_pem=UNKNOWN)
        if _says_the_same(recorded, wanted):
            return recorded.outputs
        return RequestOutputs(key_pem=recorded.outputs.key_pem, request_pem=UNKNOWN)

    def converge(self, recorded: RequestRecord | None, wanted: RequestInputs, context: Context) -> RequestOutputs:
        """Make the request, of the key that there is."""
        if recorded is not None and _says_the_same(recorded, wanted):
            return recorded.outputs
        key = load_private_key(reveal(recorded.outputs.key_pem)) if recorded else new_private_key(wanted.key_type)
        sans, profile = Sans(dns=wanted.dns, ips=wanted.ips), PROFILES[ProfileName(wanted.layer.value)]
        proof = proof_of_key(LeafRequest(wanted.node, sans, profile, wanted.key_type, ANY_LIFE), key)
        return RequestOutputs(key_pem=SecretStr(pem_of_key(key)), request_pem=proof.public_bytes(Encoding.PEM).decode())


def _without_answer(inputs: RequestInputs) -> RequestInputs:
    return inputs.model_copy(update={"answer": None})


def _says_the_same(recorded: RequestRecord, wanted: RequestInputs) -> bool:
    """Tell whether the request can stay: only the type of a new key may differ."""
    return _without_answer(recorded.inputs.model_copy(update={"key_type": wanted.key_type})) == _without_answer(wanted)


def _against_the_answer(recorded: RequestRecord, wanted: RequestInputs, now: datetime) -> str:
    """Return why a node could not present what came back, with every reason; empty where nothing is against it."""
    answer = wanted.answer
    if answer is None:
        return ""
    names, profile = Sans(dns=answer.dns, ips=answer.ips), PROFILES[ProfileName(wanted.layer.value)]
    request = LeafRequest(wanted.node, names, profile, wanted.key_type, ANY_LIFE)
    proof = proof_of_key(request, load_private_key(reveal(recorded.outputs.key_pem)))
    try:
        SignedElsewhere(answer.certificate_pem, answer.chain_pem, answer.trusted_pem).sign(request, proof, now)
    except ConfigurationRefused as error:
        return error.why
    return ""


def _key_stays(recorded: RequestRecord, wanted: RequestInputs) -> str:
    """Return what is to be said of a key that is not of the type that is asked for now; empty where it is."""
    there = key_type_of(load_private_key(reveal(recorded.outputs.key_pem)).public_key())
    if there == wanted.key_type:
        return ""
    return (
        f"its key stays {there}, since certificates are signed for it; `certificates.key: {wanted.key_type}` is for "
        "new keys. For another one, make it yourself, have a certificate signed for it, and name both files as `key` "
        f"and `certificate` of {wanted.node} in `authorities.{wanted.layer}.own.leaves`"
    )
