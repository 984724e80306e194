"""The stack file as a typed model: the rooms' specs, composed. `docs/configuration.md` is made from it."""

from typing import Annotated

from pydantic import Field, StrictBool, StringConstraints

from components.clients.remote_clusters import RemoteClusterSpec
from components.clients.spec import KibanaSpec
from components.clients.unmanaged import UnmanagedClientSpec
from components.hooks.spec import HooksSpec
from components.nodes.spec import MachineSpec, NodeSpec
from components.pki.sans import Host
from components.pki.spec import AuthoritiesSpec, CertificatesSpec
from components.rollout.spec import ConsentSpec, RolloutSpec, TakeoverSpec
from components.settings.scenarios import Scenario, VerificationMode
from components.users.spec import UsersSpec
from components.values import Spec

NAMESPACE = "elasticsearch-security"
"""The project's name, and so the prefix of every key in a stack file."""

CLUSTER_NAME = r"^[^\s\x00-\x1f\x7f:/\\]([^\x00-\x1f\x7f:/\\]{0,98}[^\s\x00-\x1f\x7f:/\\])?$"
"""What Elasticsearch takes (any text without `:`) and what its log's file, which bears the name, can be called."""
ClusterName = Annotated[str, StringConstraints(pattern=CLUSTER_NAME)]


class ClusterSpec(Spec):
    """Section `cluster`: which cluster, and how far it is to be secured."""

    name: ClusterName = Field(description="The cluster's name, as in its `cluster.name`.")
    scenario: Scenario = Field(
        description="How far: `minimal` (passwords only, for one node on its own machine), `basic` (transport TLS as "
        "well; HTTP stays plain) or `basic-https` (HTTPS as well)."
    )
    production: StrictBool = Field(
        False, description="Whether people depend on it: a preview warns of choices that are unwise then."
    )
    fips: StrictBool = Field(
        False,
        description="Run the nodes in FIPS mode: PEM files only, and a keystore with a password. The JVM and its FIPS "
        "provider are yours to set up.",
    )
    running: StrictBool = Field(
        True,
        description="Whether the nodes run. `false` writes files and settings only, before the first start: "
        "nothing is restarted, and passwords wait for the first `up` with `true`.",
    )


class TransportSpec(Spec):
    """Section `transport`: the layer on which nodes talk to each other."""

    verification_mode: VerificationMode = Field(
        VerificationMode.FULL,
        description="`full` checks that a peer's certificate names its address; `certificate` does not.",
    )


class HttpSpec(Spec):
    """Section `http`: the layer on which clients call."""

    names: tuple[Host, ...] = Field(
        (), description="What clients dial besides the nodes' addresses, such as a load balancer; in every HTTP leaf."
    )


class ExposureSpec(Spec):
    """Section `exposure`: dangers that are refused unless they are named here."""

    allow_public_addresses: StrictBool = Field(
        False, description="Let a node have an address of the public internet. Elastic: never expose Elasticsearch."
    )
    allow_wildcard_bind: StrictBool = Field(
        False, description="Let a node `bind` to every address of its machine (`0.0.0.0`, `::`, `_global_`)."
    )


class StackModel(Spec):
    """A whole stack file."""

    cluster: ClusterSpec = Field(description="Which cluster, and how far it is to be secured.")
    nodes: tuple[NodeSpec, ...] = Field(min_length=1, description="Every node of the cluster.")
    machine: MachineSpec = Field(
        default_factory=MachineSpec, description="How to find Elasticsearch on a machine: the default for every node."
    )
    transport: TransportSpec = Field(default_factory=TransportSpec, description="The layer between nodes.")
    http: HttpSpec = Field(default_factory=HttpSpec, description="The layer for clients.")
    authorities: AuthoritiesSpec = Field(
        default_factory=AuthoritiesSpec, description="The CAs of the two layers; raise a generation to rotate one."
    )
    certificates: CertificatesSpec = Field(default_factory=CertificatesSpec, description="Every leaf.")
    users: UsersSpec = Field(
        default_factory=UsersSpec, description="Built-in users; raise a version for a new password."
    )
    kibana: tuple[KibanaSpec, ...] = Field((), description="Every Kibana of the cluster.")
    unmanaged_clients: tuple[UnmanagedClientSpec, ...] = Field(
        (), description="Clients of others on the HTTP layer: no node presents a leaf of a new CA before they trust it."
    )
    remote_clusters: tuple[RemoteClusterSpec, ...] = Field(
        (),
        description="Other clusters that verify our nodes on the transport layer, and ours theirs (remote clusters by "
        "certificates): no node presents a leaf of a new transport CA before they trust it.",
    )
    rollout: RolloutSpec = Field(
        default_factory=RolloutSpec, description="How patient a rollout is, and how many machines at a time."
    )
    hooks: HooksSpec = Field(default_factory=HooksSpec, description="Commands of yours before and after a rollout.")
    consent: ConsentSpec = Field(default_factory=ConsentSpec, description="What may be done that hurts.")
    takeover: TakeoverSpec | None = Field(
        None, description="Take over a cluster that is secured already; without it that is refused."
    )
    exposure: ExposureSpec = Field(default_factory=ExposureSpec, description="Dangers that you accept.")
