"""Kibana in the program: whom it trusts, what it is configured with, and that it runs with it."""

from collections.abc import Sequence
from typing import Any

import pulumi

from components.clients.content import (
    ENCRYPTION_KEYS,
    PASSPHRASE,
    PASSWORD,
    Case,
    absent_of,
    defaults_of,
    secure_absent_of,
    settings_of,
)
from components.clients.spec import Kibana
from components.cluster import Cluster
from components.pki.resources import Certificate, CertificateAuthority
from components.pki.spec import FileFormat
from components.resource import Component, Out, Resource
from components.users.resources import GeneratedPassword


class KibanaTrust(Resource):
    """A Kibana trusts at least the CA of the HTTP layer."""

    token = "essecurity:clients:KibanaTrust"  # noqa: S105 (a resource type, not a secret)
    trusted = Out[list[str]]("trusted")
    steps = Out[list[str]]("steps")

    def __init__(
        self, cluster: Cluster, kibana: Kibana, authority: CertificateAuthority, opts: pulumi.ResourceOptions
    ) -> None:
        inputs = {
            "kibana": wire(kibana),
            "authoritiesPem": authority.bundle_pem,
            "generation": authority.spec.generation,
            "readyTimeout": cluster.rollout.join_timeout,
        }
        super().__init__(f"{kibana.name}-kibana-trust", inputs, opts)


class KibanaSettings(Resource):
    """Our settings of one Kibana, on its machine."""

    token = "essecurity:clients:KibanaSettings"  # noqa: S105 (a resource type, not a secret)
    start_files = Out[str]("startFiles")
    steps = Out[list[str]]("steps")

    def __init__(
        self,
        kibana: Kibana,
        content: dict[str, Any],
        authority: CertificateAuthority | None,
        leaf: Certificate | None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        inputs: dict[str, Any] = {"kibana": wire(kibana), "content": content}
        if authority is not None:
            inputs |= {
                "authoritiesPem": authority.bundle_pem,
                "generation": authority.signer_generation,
                "held": authority.retire_is_held,
            }
        if leaf is not None:
            inputs |= {
                "keyFile": leaf.key_file,
                "certificatePem": leaf.certificate_pem,
                "notAfter": leaf.not_after,
            }
        super().__init__(f"{kibana.name}-kibana-settings", inputs, opts)


class KibanaRestart(Resource):
    """A Kibana runs with its settings, and is available."""

    token = "essecurity:clients:KibanaRestart"  # noqa: S105 (a resource type, not a secret)
    steps = Out[list[str]]("steps")
    status = Out[str]("status")

    def __init__(
        self,
        cluster: Cluster,
        kibana: Kibana,
        settings: KibanaSettings,
        leaf: Certificate | None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        inputs = {
            "kibana": wire(kibana),
            "startFiles": settings.start_files,
            "readyTimeout": cluster.rollout.join_timeout,
        }
        if leaf is not None:
            inputs |= {"serial": leaf.serial, "authoritiesPem": leaf.authority.bundle_pem}
        super().__init__(f"{kibana.name}-kibana-restart", inputs, opts)


def kibana_trusts(cluster: Cluster, authority: CertificateAuthority, parent: Component) -> tuple[KibanaTrust, ...]:
    """Return the wave *cover* of the HTTP layer: one Kibana after the other, since it may take a restart."""
    trusts: tuple[KibanaTrust, ...] = ()
    for kibana in cluster.kibana:
        trusts = (*trusts, KibanaTrust(cluster, kibana, authority, parent.child(*trusts[-1:])))
    return trusts


class KibanaSecurity(Component):
    """Every Kibana logs in as `kibana_system`, and speaks TLS where the HTTP layer does.

    Source: set-up-minimal-security and set-up-basic-security-plus-https (Kibana).
    """

    def __init__(
        self,
        cluster: Cluster,
        password: GeneratedPassword,
        authority: CertificateAuthority | None,
        ready: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("clients", "kibana-security", opts)
        self.cluster, self.password, self.authority = cluster, password, authority
        self.leaves = {
            kibana.name: self._leaf(kibana, authority)
            for kibana in cluster.kibana
            if authority and not kibana.own_certificate
        }
        self.keys = {key: GeneratedPassword(purpose, 1, self.child()) for purpose, key in self._purposes()}
        self.settings = [
            KibanaSettings(kibana, self._content(kibana), authority, self.leaves.get(kibana.name), self.child(*ready))
            for kibana in cluster.kibana
        ]
        self.restarts: tuple[KibanaRestart, ...] = ()
        self.register_outputs({})

    def run_with_settings(self, users: Sequence[pulumi.Resource]) -> tuple[KibanaRestart, ...]:
        """Let every Kibana run with its settings once the users have their passwords, one after the other."""
        for kibana, settings in zip(self.cluster.kibana, self.settings, strict=True):
            after = self.child(settings, *users, *self.restarts[-1:])
            leaf = self.leaves.get(kibana.name)
            self.restarts = (*self.restarts, KibanaRestart(self.cluster, kibana, settings, leaf, after))
        return self.restarts

    def entries(self) -> list[pulumi.Output[object]]:
        """Return the lines of the stack output `certificates`."""
        return [leaf.entry() for leaf in self.leaves.values()]

    def _leaf(self, kibana: Kibana, authority: CertificateAuthority) -> Certificate:
        """Return the leaf that Kibana serves; in PEM, since out of PKCS#12 Kibana reads RSA keys alone."""
        return Certificate(
            self.cluster,
            kibana.name,
            authority,
            self.child(),
            title=f"{kibana.name}-kibana",
            sans=self.cluster.kibana_sans[kibana.name],
            key_format=FileFormat.PEM,
        )

    def _purposes(self) -> Sequence[tuple[str, str]]:
        return tuple(ENCRYPTION_KEYS.items()) if self.authority else ()

    def _content(self, kibana: Kibana) -> dict[str, Any]:
        leaf = self.leaves.get(kibana.name)
        case = Case(
            kibana,
            tuple(self.cluster.http_urls()),
            outbound=self.authority is not None,
            inbound=leaf is not None,
            strict_transport_security=kibana.name in self.cluster.strict_transport_security,
        )
        secure = {PASSWORD: self.password.value}
        if leaf is not None:
            secure[PASSPHRASE] = leaf.key_file_password
        return {
            "settings": {key: _plain(value) for key, value in settings_of(case).items()},
            "absent": list(absent_of(case)),
            "defaults": {key: _plain(value) for key, value in defaults_of(case).items()},
            "secure": secure,
            "secureDefaults": {key: generated.value for key, generated in self.keys.items()},
            "secureAbsent": list(secure_absent_of(case)),
        }


def wire(kibana: Kibana) -> dict[str, Any]:
    """Return a Kibana as a resource input."""
    return kibana.model_dump(by_alias=True, mode="json", exclude_none=True)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
