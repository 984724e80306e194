"""A whole cluster as the components get it: what the stack file says, with every default filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from components.clients.remote_clusters import RemoteClusterSpec
from components.clients.spec import Kibana, KibanaPaths
from components.clients.unmanaged import UnmanagedClientSpec
from components.hooks.spec import Hook
from components.nodes.spec import Node
from components.pki.given import Answer, GivenLeaf
from components.pki.inspect import leaf_facts
from components.pki.own import OwnAuthority
from components.pki.reversal import Verifier
from components.pki.sans import Sans
from components.pki.spec import AuthoritySpec, CertificatesSpec, FileFormat, HoldAfter, Layer
from components.rollout.spec import ConsentSpec, RolloutSpec, TakeoverSpec
from components.settings.scenarios import Choices, Scenario, secure_entry_of_trust_file, trust_file_of
from components.users.spec import UsersSpec
from components.values import Wire


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster, and how it is to be secured.

    Attributes:
        name: its `cluster.name`.
        scenario: how far it is to be secured.
        running: whether its nodes run.
        nodes: every node.
        sans: what the leaf of each node and layer must name.
        dialled: what it must name at least, if it was signed elsewhere: what others dial.
        binds: `network.host` of the nodes that are to get one.
        authorities: the CA of each layer.
        certificates: every leaf.
        choices: what the stack file chose within the scenario.
        users: versions of the built-in users' passwords.
        rollout: how patient a rollout is.
        consent: what may be done although it hurts.
        takeover: how a cluster that somebody else secured is taken over; None where that is refused.
        kibana: every Kibana of the cluster.
        kibana_sans: what the leaf of each Kibana must name.
        strict_transport_security: names of the Kibanas that tell browsers to use HTTPS only.
        unmanaged_clients: clients of others, which have to trust a new HTTP CA before it is presented.
        remote_clusters: other clusters, which have to trust a new transport CA before it is presented.
        remote_authorities: the CAs of each of them, as PEM, by its name.
        own: the operator's own CAs, of the layers that have one.
        given: the leaves that were signed elsewhere, of the nodes and layers that have one.
        requested: the nodes and layers whose leaf is signed elsewhere, and its key made here, with what it shall name.
        awaited: the nodes whose leaf is not signed yet, by layer.
        answers: what came back so far for the requests of a layer where others are awaited.
        waits_to_begin: whether nothing can be secured before they are signed.
        hooks: the operator's commands before and after a rollout.
        folder: the project's folder.
        plan: what the driver carries out, as JSON, for the hooks; empty where none runs, None without it.
    """

    name: str
    scenario: Scenario
    running: bool
    nodes: tuple[Node, ...]
    sans: Mapping[tuple[str, Layer], Sans]
    dialled: Mapping[tuple[str, Layer], Sans]
    binds: Mapping[str, str]
    authorities: Mapping[Layer, AuthoritySpec]
    certificates: CertificatesSpec
    choices: Choices
    users: UsersSpec
    rollout: RolloutSpec
    consent: ConsentSpec
    takeover: TakeoverSpec | None = None
    kibana: tuple[Kibana, ...] = ()
    kibana_sans: Mapping[str, Sans] = field(default_factory=dict)
    strict_transport_security: frozenset[str] = frozenset()
    unmanaged_clients: tuple[UnmanagedClientSpec, ...] = ()
    remote_clusters: tuple[RemoteClusterSpec, ...] = ()
    remote_authorities: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[Layer, OwnAuthority] = field(default_factory=dict)
    given: Mapping[tuple[str, Layer], GivenLeaf] = field(default_factory=dict)
    requested: Mapping[tuple[str, Layer], Sans] = field(default_factory=dict)
    awaited: Mapping[Layer, tuple[str, ...]] = field(default_factory=dict)
    answers: Mapping[tuple[str, Layer], Answer] = field(default_factory=dict)
    waits_to_begin: bool = False
    hooks: tuple[Hook, ...] = ()
    folder: str = ""
    plan: str | None = None

    @property
    def transport_tls(self) -> bool:
        """Whether the transport layer speaks TLS."""
        return self.scenario.contains(Scenario.BASIC)

    @property
    def https(self) -> bool:
        """Whether the HTTP layer speaks TLS."""
        return self.scenario.contains(Scenario.BASIC_HTTPS)

    def waits_for(self, layer: Layer) -> tuple[str, ...]:
        """Return who else verifies our nodes on a layer, and does not trust the CA that is asked for."""
        wanted = self.authorities[layer].generation
        verifiers = self.unmanaged_clients if layer is Layer.HTTP else self.remote_clusters
        return tuple(str(one) for one in verifiers if one.confirmed_generation < wanted)

    def awaits(self, layer: Layer) -> tuple[str, ...]:
        """Return the nodes whose leaf of a layer is not signed yet."""
        return self.awaited.get(layer, ())

    def holds_after(self, layer: Layer) -> HoldAfter | None:
        """Return the wave after which a rotation of the layer's CA waits: for certificates, clients or a person."""
        return HoldAfter.COVER if self.waits_for(layer) or self.awaits(layer) else self.rollout.hold_after

    def verifiers_of(self, layer: Layer) -> list[dict[str, Any]]:
        """Return who verifies leaves of a layer, as a resource input: every node, or on the HTTP layer every Kibana."""
        if layer is Layer.HTTP:
            trust = [Verifier(name=one.name, machine=one.machine, file=KibanaPaths.TRUST_FILE) for one in self.kibana]
            return [wire(one) for one in trust]
        found, pkcs12 = self.choices.trust_format, self.choices.trust_format is FileFormat.PKCS12
        entry = secure_entry_of_trust_file(layer) if pkcs12 else None
        file = trust_file_of(layer, self.choices)
        return [
            wire(Verifier(name=node.name, machine=node.machine, file=file, format=found, password_entry=entry))
            for node in self.nodes
        ]

    def vouched(self) -> dict[str, list[str]]:
        """Return what the transport leaf of each node names; nothing where that layer is plain."""
        if not self.transport_tls:
            return {}
        return {node.name: sorted(self._sans_of(node.name).hosts()) for node in self.nodes}

    def _sans_of(self, node: str) -> Sans:
        given = self.given.get((node, Layer.TRANSPORT))
        return leaf_facts(given.certificate_pem).sans if given else self.sans[node, Layer.TRANSPORT]

    def places(self) -> dict[str, list[str]]:
        """Return where everything is reached, and what of it is in clear, by the name of its stack output."""
        kibana = {"kibanaUrls": self.kibana_urls()} if self.kibana else {}
        return {
            "httpUrls": self.http_urls(),
            "transportAddresses": self.transport_addresses(),
            **kibana,
            "unencryptedChannels": self.channels_in_clear(),
        }

    def wire_nodes(self) -> list[dict[str, Any]]:
        """Return every node as a resource input."""
        return [wire(node) for node in self.nodes]

    def http_urls(self) -> list[str]:
        """Return where clients reach each node."""
        scheme = "https" if self.https else "http"
        return [f"{scheme}://{_host(node.address)}:{node.http_port}" for node in self.nodes]

    def kibana_urls(self) -> list[str]:
        """Return what people type in a browser."""
        scheme = "https" if self.https else "http"
        return [one.public_url or f"{scheme}://{_host(one.address)}:{one.port}" for one in self.kibana]

    def channels_in_clear(self) -> list[str]:
        """Return what anybody on the way can read. Source: set-up-minimal-security (traffic stays unencrypted)."""
        layers = {"transport layer": self.transport_tls, "HTTP layer": self.https}
        in_clear = [layer for layer, encrypted in layers.items() if not encrypted]
        return [*in_clear, *(url for url in self.kibana_urls() if url.startswith("http://"))]

    def transport_addresses(self) -> list[str]:
        """Return where nodes reach each other."""
        return [f"{_host(node.address)}:{node.transport_port}" for node in self.nodes]


def wire(one: Wire) -> dict[str, Any]:
    """Return a node, or what else travels, as a resource input."""
    return one.model_dump(by_alias=True, mode="json", exclude_none=True)


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address
