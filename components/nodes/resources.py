"""The three waves of one layer in the program: every node trusts, every node presents, nothing else is trusted."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import pulumi

from components.cluster import Cluster, wire
from components.nodes.layers import LAYERS
from components.nodes.spec import Node
from components.pki.resources import Certificate, CertificateAuthority, NodeCertificates
from components.pki.spec import FileFormat, Layer
from components.resource import Component, Out, Resource
from components.settings.scenarios import secure_entry_of_key_file, secure_entry_of_trust_file, trust_file_of
from components.users.resources import GeneratedPassword


class NodeTrust(Resource):
    """A node trusts at least a layer's CA."""

    token = "essecurity:nodes:NodeTrust"  # noqa: S105 (a resource type, not a secret)
    trusted = Out[list[str]]("trusted")
    steps = Out[list[str]]("steps")
    times_written = Out[int]("timesWritten")

    def __init__(self, name: str, inputs: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(f"{name}-trust", inputs, opts)

    @property
    def told(self) -> pulumi.Output[list[str]]:
        """What was done to the file last; a number tells it from the same at another time."""
        return pulumi.Output.all(self.steps, self.times_written).apply(
            lambda found: [f"{step} ({found[1]:.0f})" if found[1] else step for step in found[0] or ()]
        )


class NodeTrustExclusive(Resource):
    """A node trusts nothing but a layer's CA."""

    token = "essecurity:nodes:NodeTrustExclusive"  # noqa: S105 (a resource type, not a secret)
    trusted = Out[list[str]]("trusted")
    steps = Out[list[str]]("steps")

    def __init__(self, name: str, inputs: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(f"{name}-trust-exclusive", inputs, opts)


TrustWave = TypeVar("TrustWave", NodeTrust, NodeTrustExclusive)


class NodeIdentity(Resource):
    """A node presents a leaf."""

    token = "essecurity:nodes:NodeIdentity"  # noqa: S105 (a resource type, not a secret)
    presented_serial = Out[str]("presentedSerial")
    steps = Out[list[str]]("steps")

    def __init__(self, node: Node, leaf: Certificate, key_format: FileFormat, opts: pulumi.ResourceOptions) -> None:
        layer = leaf.authority.layer
        pem = key_format is FileFormat.PEM
        file, leaf_file = LAYERS[layer].pem_files if pem else (LAYERS[layer].key_file, None)
        inputs = {
            "node": wire(node),
            "layer": layer.value,
            "file": file,
            "keyFile": leaf.key_file,
            "leafFile": leaf_file,
            "certificatePem": leaf.certificate_pem if pem else None,
            "serial": leaf.serial,
            "notAfter": leaf.not_after,
            "generation": leaf.authority.signer_generation,
        }
        super().__init__(f"{leaf.title}-identity", inputs, opts)


class Wave(Resource):
    """Every node has reached a wave: what waits for this waits for all of them."""

    token = "essecurity:nodes:Wave"  # noqa: S105 (a resource type, not a secret)

    def __init__(
        self, cluster: Cluster, layer: Layer, wave: str, proof: Mapping[str, Any], opts: pulumi.ResourceOptions
    ) -> None:
        inputs = {"layer": layer.value, "wave": wave, "nodes": cluster.wire_nodes(), **proof}
        super().__init__(f"{layer}-{wave}-wave", inputs, opts)


class NodeAdoption(Resource):
    """A node that is taken over goes on presenting its leaf, out of our key file."""

    token = "essecurity:nodes:NodeAdoption"  # noqa: S105 (a resource type, not a secret)
    steps = Out[list[str]]("steps")

    def __init__(self, node: Node, leaf: Certificate, opts: pulumi.ResourceOptions) -> None:
        layer = leaf.authority.layer
        inputs = {
            "node": wire(node),
            "layer": layer.value,
            "file": LAYERS[layer].key_file,
            "keyFile": leaf.key_file,
            "password": leaf.key_file_password,
        }
        super().__init__(f"{leaf.title}-adoption", inputs, opts)


class LayerFiles(Component):
    """The waves *cover* and *present* of one layer, on every node, and what *retire* needs.

    Where nodes verify nobody (HTTP without client certificates), clients are who must be covered. Where a cluster is
    taken over, nodes that verify each other present ours once all of them were restarted: *present* then comes later.
    """

    def __init__(
        self,
        cluster: Cluster,
        certificates: NodeCertificates,
        opts: pulumi.ResourceOptions | None = None,
        clients: tuple[pulumi.Resource, ...] = (),
    ) -> None:
        layer = certificates.layer
        super().__init__("nodes", f"{layer}-files", opts)
        self.cluster, self.certificates, self.layer = cluster, certificates, layer
        verifies = LAYERS[layer].trust_file is not None
        pkcs12 = verifies and cluster.choices.trust_format is FileFormat.PKCS12
        self.trust_password = GeneratedPassword(f"{layer}-trust-file", 1, self.child()) if pkcs12 else None
        self.takes_over = verifies and cluster.takeover is not None
        self.trusts = self._wave(NodeTrust, ()) if verifies else ()
        covered = (Wave(cluster, layer, "cover", self._proof(), self.child(*self.trusts)),) if verifies else clients
        self.ready = self.presented = self._adopt(covered) if self.takes_over else self._present(covered)
        self.register_outputs({})

    def secure_settings(self, node: Node) -> dict[str, pulumi.Output[str]]:
        """Return the keystore entries that a node needs to read its files of this layer."""
        leaf = self.certificates.leaves[node.name]
        entries = {secure_entry_of_key_file(self.layer, self.cluster.choices): leaf.key_file_password}
        if self.trust_password is not None:
            entries[secure_entry_of_trust_file(self.layer)] = self.trust_password.value
        return entries

    def retire(self, parent: Component, restart: pulumi.Resource) -> tuple[Wave, ...]:
        """Add the wave *retire*, after the restart; where the cluster is taken over, *present* comes between them."""
        if self.takes_over:
            self.presented = self._present((restart,))
        if not self.trusts:
            return ()
        authority = self.certificates.authority
        exclusive = self._wave(NodeTrustExclusive, (restart, self.presented), parent, held=authority.retire_is_held)
        proof = {
            "file": trust_file_of(self.layer, self.cluster.choices),
            "retired": authority.retired,
            **self._remote_authorities(),
        }
        return (Wave(self.cluster, self.layer, "retire", proof, parent.child(*exclusive)),)

    def _adopt(self, after: tuple[pulumi.Resource, ...]) -> Wave:
        opts, leaves = self.child(*after), self.certificates.leaves
        adopted = [NodeAdoption(node, leaves[node.name], opts) for node in self.cluster.nodes]
        return Wave(self.cluster, self.layer, "adopt", {}, self.child(*adopted))

    def _present(self, after: tuple[pulumi.Resource, ...]) -> Wave:
        opts, leaves = self.child(*after), self.certificates.leaves
        identities = [
            NodeIdentity(node, leaves[node.name], self.cluster.choices.key_format, opts) for node in self.cluster.nodes
        ]
        return Wave(self.cluster, self.layer, "present", {}, self.child(*identities))

    def _wave(
        self, kind: type[TrustWave], after: tuple[pulumi.Resource, ...], parent: Component | None = None, **extra: Any
    ) -> tuple[TrustWave, ...]:
        opts = (parent or self).child(*after)
        extra |= {"takesOver": True} if self.takes_over and kind is NodeTrust else {}
        return tuple(
            kind(f"{node.name}-{self.layer}", self._trust_inputs(node, self.certificates.authority) | extra, opts)
            for node in self.cluster.nodes
        )

    def _proof(self) -> dict[str, Any]:
        """Return what a probe needs that knocks with a leaf of the CA, and which leaves come after it."""
        authority, leaves = self.certificates.authority, self.certificates.leaves.values()
        number = authority.spec.generation
        sample = {"signerSamplePem": authority.sample_of(number)} if authority.knocks_with_a_sample else {}
        return {
            **sample,
            "file": trust_file_of(self.layer, self.cluster.choices),
            "generation": number,
            "signerCertificatePem": authority.covering_certificate_pem,
            "signerKeyPem": authority.covering_key_pem,
            "leaves": pulumi.Output.all(*(leaf.serial for leaf in leaves)),
            "written": pulumi.Output.all(*(one.told for one in self.trusts)).apply(self._told_of_each),
        }

    def _told_of_each(self, steps: Sequence[Sequence[str]]) -> list[str]:
        """Return what was done to the trust files, told apart by the nodes: on each it is the same file."""
        return [f"{node.name}: {step}" for node, one in zip(self.cluster.nodes, steps, strict=True) for step in one]

    def _trust_inputs(self, node: Node, authority: CertificateAuthority) -> dict[str, Any]:
        return {
            "node": wire(node),
            "layer": self.layer.value,
            "file": trust_file_of(self.layer, self.cluster.choices),
            "format": self.cluster.choices.trust_format.value,
            "password": self.trust_password.value if self.trust_password else None,
            "authoritiesPem": authority.bundle_pem,
            "generations": authority.trusted_generations,
            **({"remoteClusters": list(self._of_others)} if self._of_others else {}),
            **self._remote_authorities(),
        }

    def _remote_authorities(self) -> dict[str, Any]:
        """Return what is trusted beside the layer's CA."""
        pem = "".join(self._of_others.values())
        return {"remoteAuthoritiesPem": pulumi.Output.secret(pem)} if pem else {}

    @property
    def _of_others(self) -> Mapping[str, str]:
        """The CAs of remote clusters, by their names; they call the transport layer alone."""
        return self.cluster.remote_authorities if self.layer is Layer.TRANSPORT else {}
