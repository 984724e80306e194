"""Other clusters that ours talks to on the transport layer, as remote clusters: their nodes and ours verify each other.

Source: deploy-manage/remote-clusters/remote-clusters-cert (TLS certificate authentication).
"""

from pydantic import Field

from components.clients.unmanaged import Label
from components.pki.spec import MOST_GENERATIONS
from components.values import Spec


class RemoteClusterSpec(Spec):
    """One cluster, what its nodes present, and the generation of our transport CA that they are said to trust."""

    name: Label = Field(description="What the cluster is called in plans: its alias, as in `cluster.remote.ALIAS`.")
    owner: Label = Field(description="Who runs it, and has to be asked.")
    authorities: str = Field(
        description="The PEM file with the CAs that sign its nodes' transport certificates, relative to the project's "
        "folder. Our nodes trust them beside our own: whoever has a certificate of theirs can call our nodes as one."
    )
    confirmed_generation: int = Field(
        ge=0,
        le=MOST_GENERATIONS,
        strict=True,
        description="The newest generation of our transport CA that its nodes trust, as its owner confirmed; 0 for "
        "none. A rotation to a higher one is held after *cover*.",
    )

    def __str__(self) -> str:
        return f"remote cluster {self.name} (owner {self.owner})"
