"""Authorities and leaves in the program."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import pulumi

from components.cluster import Cluster, wire
from components.nodes.spec import Machine
from components.pki.names import authority_subject
from components.pki.reissue import times_asked
from components.pki.rotation import WaveName
from components.pki.sample import sample_pem, sampled_node
from components.pki.sans import Sans
from components.pki.spec import FileFormat, Layer
from components.resource import Component, Out, Resource


class CertificateRequest(Resource):
    """A key that is made here, and the request that somebody else signs."""

    token = "essecurity:pki:CertificateRequest"  # noqa: S105 (a resource type, not a secret)
    key_pem = Out[str]("keyPem")
    request_pem = Out[str]("requestPem")

    def __init__(self, cluster: Cluster, node: str, layer: Layer) -> None:
        sans, key = cluster.requested[node, layer], cluster.certificates.key.value
        inputs: dict[str, Any] = {"node": node, "layer": layer.value, "dns": list(sans.dns), "ips": list(sans.ips)}
        answer = cluster.answers.get((node, layer))
        inputs |= {"keyType": key, **({"answer": wire(answer)} if answer else {})}
        super().__init__(f"{node}-{layer}-request", inputs, None)


Requests: TypeAlias = Mapping[tuple[str, Layer], CertificateRequest]
NONE: Requests = MappingProxyType({})


def certificate_requests(cluster: Cluster) -> Requests:
    """Make the keys and requests of leaves that are signed elsewhere, and hand the requests out as a stack output."""
    requests = {place: CertificateRequest(cluster, *place) for place in cluster.requested}
    if requests:
        pems = {f"{node} {layer}": request.request_pem for (node, layer), request in requests.items()}
        pulumi.export("certificateRequests", pems)
    return requests


class CertificateAuthority(Resource):
    """The CA of one layer's trust domain."""

    token = "essecurity:pki:CertificateAuthority"  # noqa: S105 (a resource type, not a secret)
    signer_certificate_pem = Out[str]("signerCertificatePem")
    signer_key_pem = Out[str]("signerKeyPem")
    bundle_pem = Out[str]("bundlePem")
    not_after = Out[str]("notAfter")
    serial = Out[str]("serial")
    generations = Out[list[object]]("generations")
    covering_certificate_pem = Out[str]("coveringCertificatePem")
    covering_key_pem = Out[str]("coveringKeyPem")
    signer_generation = Out[int]("signerGeneration")
    trusted_generations = Out[list[int]]("trustedGenerations")
    trusted_beside = Out[list[Any]]("trustedBeside")
    retired = Out[list[Any]]("retired")
    signer_chain = Out[list[str]]("signerChain")
    held_waves = Out[list[str]]("heldWaves")

    def __init__(
        self,
        cluster: Cluster,
        layer: Layer,
        requests: Requests = NONE,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        self.layer, self.cluster = layer, cluster
        self.spec, self.own = cluster.authorities[layer], cluster.own.get(layer)
        inputs: dict[str, Any] = {
            "cluster": cluster.name,
            "layer": layer.value,
            "generation": self.spec.generation,
            "keyType": self.spec.key.value,
            "validFor": self.spec.valid_for,
            "leafValidFor": cluster.certificates.valid_for,
            "renewInLast": str(cluster.certificates.renew_in_last),
            "holdAfter": cluster.holds_after(layer),
            "waitsFor": list(cluster.waits_for(layer)) or None,
            "awaits": list(cluster.awaits(layer)) or None,
            "verifiers": cluster.verifiers_of(layer),
            "presenters": cluster.wire_nodes(),
        }
        if self.own is not None:
            found = {
                "Certificate": self.own.certificate_pem,
                "Chain": self.own.chain_pem,
                "Key": self.own.private_key_pem,
            }
            inputs |= {f"own{name}Pem": pulumi.Output.secret(pem) for name, pem in found.items() if pem}
            inputs["samplePem"] = self._sample(requests)
        others = "".join(cluster.remote_authorities.values()) if layer is Layer.TRANSPORT else ""
        inputs |= {"remoteAuthoritiesPem": pulumi.Output.secret(others)} if others else {}
        super().__init__(f"{layer}-ca", inputs, opts)

    @property
    def knocks_with_a_sample(self) -> bool:
        """Whether no probe leaf of the generation that is asked for can be signed here."""
        return self.own is not None and not self.own.is_at_hand

    def sample_of(self, generation: pulumi.Input[int]) -> pulumi.Output[str | None]:
        """Return the leaf that knocks for a generation whose key is elsewhere; None for any other."""
        return pulumi.Output.all(self.generations, generation).apply(
            lambda found: next((one.get("samplePem") for one in found[0] if one["number"] == found[1]), None)
        )

    @property
    def retired_pem(self) -> pulumi.Output[str | None]:
        """The CAs that are trusted no more, of the last rotation, with those above them."""
        parts = ("certificatePem", "chainPem")
        return self.retired.apply(
            lambda found: "".join(pem for one in found or () for part in parts if (pem := one.get(part))) or None
        )

    @property
    def retire_is_held(self) -> pulumi.Output[bool]:
        """Whether what is trusted too much stays for now."""
        return self.held_waves.apply(lambda waves: WaveName.RETIRE in waves)

    def once_it_signs(self, value: pulumi.Input[Any], until_then: pulumi.Input[Any]) -> pulumi.Output[Any]:
        """Return a value of the generation that is asked for, and another one while a rotation to it is held."""
        return pulumi.Output.all(self.signer_generation, value, until_then).apply(
            lambda found: found[1] if int(found[0]) == self.spec.generation else found[2]
        )

    def entries(self) -> pulumi.Output[list[object]]:
        """Return the CA's lines of the stack output `certificates`: of what signs, then of what is trusted beside."""
        signer = pulumi.Output.from_input(self._entry(self.signer_generation, self.serial, self.not_after))
        beside = self.trusted_beside.apply(
            lambda found: [self._entry(one["number"], one["serial"], one["notAfter"]) for one in found or ()]
        )
        return pulumi.Output.all(signer, beside).apply(lambda found: [found[0], *found[1]])

    def _entry(self, number: pulumi.Input[int], serial: pulumi.Input[str], ends: pulumi.Input[str]) -> dict[str, Any]:
        return {
            "name": pulumi.Output.from_input(number).apply(lambda known: self._title(int(known))),
            "node": None,
            "layer": self.layer.value,
            "serial": serial,
            "notAfter": ends,
            "issuerGeneration": number,
        }

    def _sample(self, requests: Requests) -> pulumi.Output[str] | None:
        """Return a leaf that was signed elsewhere, with its key, for verifiers that are nodes to be asked with."""
        given = {node: one for (node, layer), one in self.cluster.given.items() if layer is self.layer}
        node = sampled_node(given) if self.layer is Layer.TRANSPORT and self.knocks_with_a_sample else None
        if node is None:
            return None
        request, leaf = requests.get((node, self.layer)), given[node]
        key = request.key_pem if request else pulumi.Output.secret(leaf.private_key_pem)
        return pulumi.Output.secret(key.apply(lambda pem: sample_pem(pem, leaf.certificate_pem + leaf.chain_pem)))

    def _title(self, number: int) -> str:
        """Return what a person calls a generation of this CA."""
        ours = authority_subject(self.cluster.name, self.layer, number)
        return self.own.facts.subject or ours if self.own and number == self.spec.generation else ours


class Certificate(Resource):
    """One leaf with its key file."""

    token = "essecurity:pki:Certificate"  # noqa: S105 (a resource type, not a secret)
    certificate_pem = Out[str]("certificatePem")
    key_file = Out[str]("keyFile")
    key_file_password = Out[str]("keyFilePassword")
    serial = Out[str]("serial")
    not_before = Out[str]("notBefore")
    not_after = Out[str]("notAfter")

    def __init__(
        self,
        cluster: Cluster,
        node: str,
        authority: CertificateAuthority,
        opts: pulumi.ResourceOptions,
        *,
        title: str = "",
        sans: Sans | None = None,
        key_format: FileFormat | None = None,
        request: CertificateRequest | None = None,
        machine: Machine | None = None,
    ) -> None:
        self.node, self.authority = node, authority
        self.title = title or f"{node}-{authority.layer}"
        sans = sans or cluster.sans[node, authority.layer]
        inputs: dict[str, Any] = {
            "subject": node,
            "node": node,
            "layer": authority.layer.value,
            "dns": list(sans.dns),
            "ips": list(sans.ips),
            "keyType": cluster.certificates.key.value,
            "validFor": cluster.certificates.valid_for,
            "renewInLast": str(cluster.certificates.renew_in_last),
            "keyFormat": (key_format or cluster.choices.key_format).value,
            "generation": authority.signer_generation,
            "reissue": times_asked(cluster.certificates.reissue, node, authority.layer),
            "signerCertificatePem": authority.signer_certificate_pem,
            "signerKeyPem": authority.signer_key_pem,
            "chainPem": authority.signer_chain.apply(lambda pems: "".join(pems) or None),
            **({"machine": wire(machine)} if machine else {}),
        }
        files: dict[str, Any] = {
            name: pulumi.Output.secret(pem) for name, pem in self._from_files(cluster).items() if pem
        }
        if files:
            dialled = cluster.dialled[node, authority.layer]
            files |= {"dns": list(dialled.dns), "ips": list(dialled.ips)}
            if request is not None:
                files["givenKeyPem"] = request.key_pem
            if authority.layer is Layer.TRANSPORT:  # nodes bring the CA that signs, and those above it vouch for nobody
                files.setdefault("chainPem", None)
        inputs |= {name: authority.once_it_signs(value, inputs.get(name)) for name, value in files.items()}
        super().__init__(f"{self.title}-leaf", inputs, opts)

    def entry(self) -> pulumi.Output[object]:
        """Return the leaf's line of the stack output `certificates`."""
        return pulumi.Output.from_input(
            {
                "name": self.title,
                "node": self.node,
                "layer": self.authority.layer.value,
                "serial": self.serial,
                "notAfter": self.not_after,
                "issuerGeneration": self.authority.signer_generation,
            }
        )

    def _from_files(self, cluster: Cluster) -> dict[str, str]:
        """Return what comes out of the operator's files; empty texts stand for nothing."""
        own, given = self.authority.own, cluster.given.get((self.node, self.authority.layer))
        if own is None or given is None:
            return {}
        return {
            "chainPem": given.chain_pem,
            "givenCertificatePem": given.certificate_pem,
            "givenKeyPem": given.private_key_pem,
            "givenTrustPem": own.trusted_pem(self.authority.layer),
        }


class NodeCertificates(Component):
    """A leaf for every node on one layer, signed by that layer's CA."""

    def __init__(
        self,
        cluster: Cluster,
        authority: CertificateAuthority,
        requests: Requests = NONE,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("pki", f"{authority.layer}-certificates", opts)
        self.authority = authority
        self.leaves = {
            node.name: Certificate(
                cluster,
                node.name,
                authority,
                self.child(),
                request=requests.get((node.name, authority.layer)),
                machine=node.machine,
            )
            for node in cluster.nodes
        }
        self.register_outputs({"notAfter": {name: leaf.not_after for name, leaf in self.leaves.items()}})

    @property
    def layer(self) -> Layer:
        """The layer."""
        return self.authority.layer

    def entries(self) -> pulumi.Output[list[object]]:
        """Return the lines of the stack output `certificates`: every CA that is trusted, then the leaf of each node."""
        leaves = pulumi.Output.all(*(leaf.entry() for leaf in self.leaves.values()))
        return pulumi.Output.all(self.authority.entries(), leaves).apply(lambda found: [*found[0], *found[1]])
