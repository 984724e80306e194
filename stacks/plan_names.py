"""What new leaves and certificate requests will name, as a plan lists it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.runtime import rpc

from components.pki.sans import Sans
from stacks.called import holder
from stacks.certificate_plan import request_stays, stays
from stacks.plan_rows import Seen

LEAF, KIBANA_LEAF, REQUEST = "leaf", "Kibana leaf", "certificate request"
GIVEN = "givenCertificatePem"
"""The input of a leaf that was signed elsewhere: what it names stands in it, and is no decision of a plan."""


@dataclass(frozen=True, slots=True)
class NewNames:
    """The SANs of one leaf that is issued or reissued, or of one certificate request that is made.

    Attributes:
        what: a leaf of a node, one of a Kibana, or a request.
        node: the node, or the Kibana.
        layer: the layer.
        names: every DNS name, then every IP address.
        as_before: whether what it takes the place of names the same.
    """

    what: str
    node: str
    layer: str
    names: tuple[str, ...]
    as_before: bool


def names_in(resources: Iterable[Seen]) -> tuple[NewNames, ...]:
    """Return what new leaves and requests among resources will name, as far as it is known, in their order."""
    return tuple(found for resource in resources if (found := _of(resource)))


def _of(resource: Seen) -> NewNames | None:
    what = _what(resource)
    sans = _sans(resource.inputs) if what else None
    if sans is None:
        return None
    names = (*sans.dns, *sans.ips)
    as_before = not resource.before.get(GIVEN) and _sans(resource.before) == sans
    return NewNames(what, holder(resource), str(resource.inputs["layer"]), names, as_before)


def _what(resource: Seen) -> str:
    """Return what is made; nothing for what goes, stays, or was made by others."""
    kind, inputs = resource.token.rpartition(":")[2], resource.inputs
    if resource.goes:
        return ""
    if kind == "CertificateRequest":
        return "" if request_stays(resource) else REQUEST
    if kind != "Certificate" or stays(resource) or inputs.get(GIVEN):
        return ""
    return LEAF if resource.name == f"{holder(resource)}-{inputs['layer']}-leaf" else KIBANA_LEAF


def _sans(properties: Mapping[str, Any]) -> Sans | None:
    """Return the names in a resource's properties; None where not all of them are known yet."""
    dns, ips = properties.get("dns"), properties.get("ips")
    if not isinstance(dns, list) or not isinstance(ips, list) or rpc.UNKNOWN in (*dns, *ips):
        return None
    return Sans.as_found(dns, ips)
