"""Which rows of a plan stand late, behind those of the restart: read from its top, a plan is the order of the work.

They are the wave *retire*, and *present* where a cluster is taken over, for there a node goes on presenting its old
leaf until all of them were restarted (`components/nodes/resources.py`).
"""

from collections.abc import Collection, Iterable
from typing import Any

from components.pki.rotation import WaveName
from stacks.plan_rows import Row, Seen

ORDER = ("key file", "trust file", "proof")
"""The order of such rows: that of the waves."""


def names_of_late(resources: Iterable[Seen]) -> frozenset[str]:
    """Return the names of the resources whose rows stand late; what is forgotten is not to be among them."""
    found = tuple(resources)
    adopted = {resource.inputs.get("layer") for resource in found if resource.token.endswith(":NodeAdoption")}
    return frozenset(resource.name for resource in found if _is_late(resource, adopted))


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Return late rows in the order of their work."""
    return sorted(rows, key=lambda row: ORDER.index(row.what))


def _is_late(resource: Seen, adopted: Collection[Any]) -> bool:
    kind = resource.token.rpartition(":")[2]
    if kind == "Wave":
        return resource.inputs.get("wave") == WaveName.RETIRE
    return kind == "NodeTrustExclusive" or (kind == "NodeIdentity" and resource.inputs.get("layer") in adopted)
